import { issueKey, type Room } from "./recorded-request.ts";
import { missingAndForeign } from "./neighbour.ts";

const FUTURE = "2099-01-01T00:00:00Z";

/** Tenants and API keys. */
export const keys: Room = {
  name: "keys",
  requests: [
    {
      name: "create a tenant",
      path: "/v1/tenants",
      as: "root",
      body: { name: "recorded" },
      keep: { fresh: "key.secret" },
    },
    { name: "the new tenant's key works", path: "/v1/prompts", as: "fresh" },
    { name: "create a tenant without a name", path: "/v1/tenants", as: "root", body: {} },
    { name: "create a tenant with a blank name", path: "/v1/tenants", as: "root", body: { name: "  " } },
    { name: "create a tenant with broken JSON", method: "POST", path: "/v1/tenants", as: "root", body: "{" },
    {
      name: "create a key with budgets and an expiry",
      path: "/v1/keys",
      body: {
        name: "reporter",
        scopes: ["usage:read", "executions:read"],
        expires_at: FUTURE,
        daily_budget_usd: 1.5,
        monthly_budget_usd: 20,
      },
      keep: { reporter: "id", reporter_secret: "secret" },
    },
    {
      name: "create a second key",
      path: "/v1/keys",
      body: { name: "writer", scopes: ["prompts:write"] },
      keep: { writer: "id" },
    },
    { name: "create a key with a name that is taken", path: "/v1/keys", body: { name: "writer", scopes: ["admin"] } },
    { name: "create a key without a body", method: "POST", path: "/v1/keys" },
    { name: "create a key with broken JSON", path: "/v1/keys", body: '{"name":' },
    { name: "create a key with JSON that is no object", path: "/v1/keys", body: [1] },
    {
      name: "create a key as a form",
      path: "/v1/keys",
      headers: { "content-type": "text/csv" },
      body: "name,scopes",
    },
    {
      name: "create a key with bad fields",
      path: "/v1/keys",
      body: { name: "Not A Name", scopes: ["everything"], daily_budget_usd: -1, expires_at: "tomorrow" },
    },
    { name: "create a key without scopes", path: "/v1/keys", body: { name: "none", scopes: [] } },
    {
      name: "create a key that has expired",
      path: "/v1/keys",
      body: { name: "old", scopes: ["admin"], expires_at: "2020-01-01T00:00:00Z" },
    },
    { name: "create a key with too large a body", path: "/v1/keys", bodyBytes: 1_048_577 },
    { name: "list keys", path: "/v1/keys" },
    { name: "list the first key", path: "/v1/keys?limit=1", keep: { next_keys: "next_cursor" } },
    { name: "list the keys after it", path: "/v1/keys?limit=1&cursor=$next_keys" },
    { name: "list keys with a bad limit", path: "/v1/keys?limit=0" },
    { name: "list keys with too high a limit", path: "/v1/keys?limit=201" },
    { name: "list keys with a bad cursor", path: "/v1/keys?cursor=%25" },
    { name: "rotate a key", path: "/v1/keys/$reporter/rotate", body: {}, keep: { rotated: "secret" } },
    { name: "rotate a key without a body", method: "POST", path: "/v1/keys/$writer/rotate" },
    { name: "the new secret works", path: "/v1/usage", as: "rotated" },
    { name: "the old secret works for a day", path: "/v1/usage", as: "reporter_secret" },
    {
      name: "rotate a key without an overlap",
      path: "/v1/keys/$reporter/rotate",
      body: { overlap_seconds: 0 },
      keep: { newest: "secret" },
    },
    { name: "the newest secret works", path: "/v1/usage", as: "newest" },
    { name: "rotate a key with a bad overlap", path: "/v1/keys/$reporter/rotate", body: { overlap_seconds: -1 } },
    { name: "rotate a key with broken JSON", path: "/v1/keys/$reporter/rotate", body: "{" },
    ...missingAndForeign(
      "rotate a key",
      { method: "POST", path: (id) => `/v1/keys/${id}/rotate`, body: {} },
      "key",
      "$neighbour_key",
    ),
    ...missingAndForeign("revoke a key", { method: "DELETE", path: (id) => `/v1/keys/${id}` }, "key", "$neighbour_key"),
    { name: "revoke a key", method: "DELETE", path: "/v1/keys/$writer" },
    { name: "revoke a key that is revoked", method: "DELETE", path: "/v1/keys/$writer" },
    { name: "list the keys that are left", path: "/v1/keys" },
    { ...issueKey("unused", ["prompts:read"]), keep: { unused: "id", unused_secret: "secret" } },
    { name: "revoke a key that was never used", method: "DELETE", path: "/v1/keys/$unused" },
    { name: "a revoked key is refused", path: "/v1/prompts", as: "unused_secret" },
  ],
};
