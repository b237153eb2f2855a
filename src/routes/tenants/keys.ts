import * as z from "zod";
import { JURISDICTIONS } from "../../domain/object-names.ts";
import { SCOPES } from "../../domain/tenants/api-key.ts";
import type { ApiKey, IssuedKey } from "../../services/tenants/issue-key.ts";
import { createRouter, json, nameSchema, pageOf, pageQuery, rfc3339, securedRoute, timeSchema } from "../router.ts";

const DAY_MS = 86_400_000;
const scopes = z.array(z.enum(SCOPES));

const keyView = z.object({
  id: z.string(),
  name: z.string(),
  scopes,
  created_at: z.string(),
  expires_at: z.string().nullable(),
  previous_secret_expires_at: z.string().nullable(),
  daily_budget_usd: z.number().nullable(),
  monthly_budget_usd: z.number().nullable(),
});
const issuedView = keyView.extend({ secret: z.string() });

function toView(key: ApiKey): z.infer<typeof keyView> {
  return {
    id: key.id,
    name: key.name,
    scopes: key.scopes,
    created_at: rfc3339(key.created_at),
    expires_at: key.expires_at === null ? null : rfc3339(key.expires_at),
    previous_secret_expires_at: key.previous_expires_at === null ? null : rfc3339(key.previous_expires_at),
    daily_budget_usd: key.daily_budget_usd,
    monthly_budget_usd: key.monthly_budget_usd,
  };
}

function toIssuedView({ key, secret }: IssuedKey): z.infer<typeof issuedView> {
  return { ...toView(key), secret };
}

const newTenant = z.object({
  name: z.string().trim().min(1).max(200),
  jurisdiction: z
    .enum(JURISDICTIONS)
    .optional()
    .describe("Where its Durable Objects stay, for ever. It moves no database, KV, R2 or queue of the deployment"),
});

const createTenant = securedRoute("root", {
  method: "post",
  path: "/v1/tenants",
  summary: "Create a tenant and its first key",
  request: { body: json(newTenant, "The tenant") },
  responses: {
    201: json(
      z.object({
        tenant: z.object({ id: z.string(), name: z.string(), created_at: z.string() }),
        key: issuedView,
      }),
      "The tenant; `key.secret` is its bearer key, shown this once",
    ),
  },
});

const newKey = z.object({
  name: nameSchema,
  scopes: scopes.min(1).max(SCOPES.length),
  expires_at: timeSchema.optional(),
  daily_budget_usd: z.number().nonnegative().optional(),
  monthly_budget_usd: z.number().nonnegative().optional(),
});

const createKey = securedRoute("admin", {
  method: "post",
  path: "/v1/keys",
  summary: "Create a key",
  request: {
    body: json(
      newKey.refine((key) => key.expires_at === undefined || Date.parse(key.expires_at) > Date.now(), {
        path: ["expires_at"],
        message: "must be in the future",
      }),
      "The key",
    ),
  },
  responses: { 201: json(issuedView, "The key; `secret` is shown this once") },
});

const listKeys = securedRoute("admin", {
  method: "get",
  path: "/v1/keys",
  summary: "List the live keys, newest first",
  request: { query: pageQuery },
  responses: { 200: json(pageOf(keyView), "A page of keys, without secrets") },
});

const keyPath = z.object({ id: z.string().max(64) });

const rotateKey = securedRoute("admin", {
  method: "post",
  path: "/v1/keys/{id}/rotate",
  summary:
    "Give a key a new secret; the old one stays good for `overlap_seconds` (a day by default, 0 ends it at once)",
  request: {
    params: keyPath,
    body: {
      content: {
        "application/json": { schema: z.object({ overlap_seconds: z.int().min(0).max(604_800).optional() }) },
      },
    },
  },
  responses: { 200: json(issuedView, "The key with its new secret, shown this once") },
});

const revokeKey = securedRoute("admin", {
  method: "delete",
  path: "/v1/keys/{id}",
  summary: "Revoke a key",
  request: { params: keyPath },
  responses: { 204: { description: "Revoked" } },
});

/** Tenants and API keys. */
export const keyRoutes = createRouter()
  .openapi(createTenant, async (c) => {
    const wanted = c.req.valid("json");
    const { tenant, ...issued } = await c.var.services.createTenant(wanted.name, wanted.jurisdiction);
    const { id, name, created_at } = tenant;
    return c.json({ tenant: { id, name, created_at: rfc3339(created_at) }, key: toIssuedView(issued) }, 201);
  })
  .openapi(createKey, async (c) => {
    const { expires_at, ...wanted } = c.req.valid("json");
    const expiry = expires_at === undefined ? {} : { expires_at: Date.parse(expires_at) };
    const issued = await c.var.services.createKey(c.var.principal, { ...wanted, ...expiry });
    return c.json(toIssuedView(issued), 201);
  })
  .openapi(listKeys, async (c) => {
    const page = await c.var.services.listKeys(c.var.principal.tenant_id, c.req.valid("query"));
    return c.json({ data: page.data.map(toView), next_cursor: page.next_cursor }, 200);
  })
  .openapi(rotateKey, async (c) => {
    const { overlap_seconds = DAY_MS / 1000 } = c.req.valid("json");
    const overlapMs = overlap_seconds * 1000;
    const { tenant_id } = c.var.principal;
    return c.json(toIssuedView(await c.var.services.rotateKey(tenant_id, c.req.valid("param").id, overlapMs)), 200);
  })
  .openapi(revokeKey, async (c) => {
    await c.var.services.revokeKey(c.var.principal.tenant_id, c.req.valid("param").id);
    return c.body(null, 204);
  });
