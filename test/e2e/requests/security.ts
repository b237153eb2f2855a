import { issueKey, type RecordedRequest, type Room, unknownId } from "./recorded-request.ts";

/** Each operation behind a key, with the scope that it needs. */
const OPERATIONS: [method: string, path: string, scope: string][] = [
  ["POST", "/v1/tenants", "root"],
  ["POST", "/v1/keys", "admin"],
  ["GET", "/v1/keys", "admin"],
  ["POST", `/v1/keys/${unknownId("key")}/rotate`, "admin"],
  ["DELETE", `/v1/keys/${unknownId("key")}`, "admin"],
  ["PUT", "/v1/providers/none", "admin"],
  ["GET", "/v1/providers", "admin"],
  ["GET", "/v1/providers/none", "admin"],
  ["DELETE", "/v1/providers/none", "admin"],
  ["PUT", "/v1/providers/openai/keys/main", "admin"],
  ["GET", "/v1/providers/openai/keys", "admin"],
  ["GET", "/v1/providers/openai/keys/main", "admin"],
  ["DELETE", "/v1/providers/openai/keys/main", "admin"],
  ["PUT", "/v1/prompts/none", "prompts:write"],
  ["GET", "/v1/prompts", "prompts:read"],
  ["GET", "/v1/prompts/none", "prompts:read"],
  ["GET", "/v1/prompts/none/versions", "prompts:read"],
  ["DELETE", "/v1/prompts/none", "prompts:write"],
  ["PUT", "/v1/prompts/none/labels/production", "prompts:write"],
  ["POST", "/v1/prompts/none/render", "prompts:read"],
  ["POST", "/v1/prompts/none/execute", "executions:write"],
  ["PUT", "/v1/aliases/none", "prompts:write"],
  ["GET", "/v1/aliases", "prompts:read"],
  ["GET", "/v1/aliases/none", "prompts:read"],
  ["DELETE", "/v1/aliases/none", "prompts:write"],
  ["GET", "/v1/gate", "admin"],
  ["POST", "/v1/executions", "executions:write"],
  ["GET", "/v1/executions", "executions:read"],
  ["GET", `/v1/executions/${unknownId("exe")}`, "executions:read"],
  ["POST", `/v1/executions/${unknownId("exe")}/feedback`, "executions:write"],
  ["GET", "/v1/usage", "usage:read"],
  ["GET", "/v1/insights/anomalies", "usage:read"],
  ["GET", "/v1/insights/forecast", "usage:read"],
  ["GET", "/v1/insights/sla", "usage:read"],
  ["DELETE", "/v1/cache?prompt=none", "prompts:write"],
  ["POST", "/v1/batches", "executions:write"],
  ["GET", `/v1/batches/${unknownId("bat")}`, "executions:read"],
  ["GET", `/v1/batches/${unknownId("bat")}/results`, "executions:read"],
  ["GET", `/v1/batches/${unknownId("bat")}/events`, "executions:read"],
  ["POST", `/v1/batches/${unknownId("bat")}/cancel`, "executions:write"],
  ["POST", `/v1/batches/${unknownId("bat")}/redrive`, "executions:write"],
];

/** A key of the right form, with a wrong checksum. */
const MADE_UP = `pbt_dev_${"0".repeat(32)}_${"0".repeat(39)}`;

/** A key that lacks the scope: it can do one other thing only. */
function keyWithout(scope: string): string {
  return scope === "usage:read" ? "prompts-reader" : "usage-reader";
}

function attempts([method, path, scope]: (typeof OPERATIONS)[number]): RecordedRequest[] {
  const operation = `${method} ${path}`;
  return [
    { name: `${operation} without a key`, method, path, as: null },
    {
      name: `${operation} with a made-up key`,
      method,
      path,
      as: null,
      headers: { authorization: `Bearer ${MADE_UP}` },
    },
    { name: `${operation} without the scope`, method, path, as: keyWithout(scope) },
  ];
}

/** Paths with a method that they do not have. */
const WRONG_METHODS: [method: string, path: string][] = [
  ["PATCH", "/v1/tenants"],
  ["PATCH", "/v1/keys"],
  ["GET", `/v1/keys/${unknownId("key")}/rotate`],
  ["PUT", `/v1/keys/${unknownId("key")}`],
  ["POST", "/v1/providers/openai/keys"],
  ["PATCH", "/v1/providers/openai/keys/main"],
  ["POST", "/v1/prompts"],
  ["PATCH", "/v1/prompts/none"],
  ["PUT", "/v1/prompts/none/versions"],
  ["GET", "/v1/prompts/none/labels/production"],
  ["GET", "/v1/prompts/none/render"],
  ["GET", "/v1/prompts/none/execute"],
  ["POST", "/v1/aliases"],
  ["PATCH", "/v1/aliases/none"],
  ["POST", "/v1/gate"],
  ["DELETE", "/v1/executions"],
  ["DELETE", `/v1/executions/${unknownId("exe")}`],
  ["GET", `/v1/executions/${unknownId("exe")}/feedback`],
  ["POST", "/v1/usage"],
  ["GET", "/v1/cache"],
  ["GET", "/v1/batches"],
  ["DELETE", `/v1/batches/${unknownId("bat")}`],
  ["POST", `/v1/batches/${unknownId("bat")}/results`],
  ["POST", `/v1/batches/${unknownId("bat")}/events`],
  ["GET", `/v1/batches/${unknownId("bat")}/cancel`],
  ["GET", `/v1/batches/${unknownId("bat")}/redrive`],
  ["POST", "/health"],
  ["POST", "/ready"],
  ["POST", "/openapi.json"],
  ["POST", "/docs"],
];

/** What each operation answers to those who may not call it. */
export const security: Room = {
  name: "security",
  setup: [issueKey("usage-reader", ["usage:read"]), issueKey("prompts-reader", ["prompts:read"])],
  requests: [
    ...OPERATIONS.flatMap(attempts),
    {
      name: "an authorization that is no bearer key",
      path: "/v1/prompts",
      as: null,
      headers: { authorization: "Basic YTpi" },
    },
    { name: "x-api-key in place of a bearer key", path: "/v1/prompts", as: null, headers: { "x-api-key": "$admin" } },
    { name: "the root key on a tenant's route", path: "/v1/prompts", as: "root" },
    { name: "the root key executing a prompt", path: "/v1/executions", as: "root", body: { prompt: "none" } },
    { name: "an admin key creating a tenant", path: "/v1/tenants", body: { name: "more" } },
    ...WRONG_METHODS.map(([method, path]) => ({ name: `${method} ${path} is no operation`, method, path })),
  ],
};
