import * as z from "zod";
import type { StoredProviderKey } from "../../services/tenants/provider-keys.ts";
import { createRouter, json, nameSchema, rfc3339, securedRoute } from "../router.ts";

const provider = nameSchema.describe("A built-in provider, or an upstream of the tenant's own");
const limit = z.int().min(1).optional();

const providerKeyView = z.object({
  provider,
  name: z.string(),
  api_key: z.string().describe("Redacted: the last four characters"),
  weight: z.int(),
  rpm: z.int().nullable(),
  tpm: z.int().nullable(),
  max_concurrency: z.int().nullable(),
  created_at: z.string(),
  updated_at: z.string(),
});

function toView(row: StoredProviderKey): z.infer<typeof providerKeyView> {
  return {
    provider: provider.parse(row.provider),
    name: row.name,
    api_key: `…${row.hint}`,
    weight: row.weight,
    rpm: row.rpm,
    tpm: row.tpm,
    max_concurrency: row.max_concurrency,
    created_at: rfc3339(row.created_at),
    updated_at: rfc3339(row.updated_at),
  };
}

const keyPath = z.object({ provider, name: nameSchema });

const putKey = securedRoute("admin", {
  method: "put",
  path: "/v1/providers/{provider}/keys/{name}",
  summary: "Store a provider's key, encrypted",
  request: {
    params: keyPath,
    body: json(
      z.object({
        api_key: z
          .string()
          .min(8)
          .max(512)
          .regex(/^[\x21-\x7e]+$/, "must be printable ASCII without spaces"),
        weight: z.int().min(1).max(1000).optional(),
        rpm: limit,
        tpm: limit,
        max_concurrency: limit,
      }),
      "The key and its limits: requests and tokens a minute, calls at a time",
    ),
  },
  responses: { 200: json(providerKeyView, "Replaced"), 201: json(providerKeyView, "Stored") },
});

const listKeys = securedRoute("admin", {
  method: "get",
  path: "/v1/providers/{provider}/keys",
  summary: "List a provider's keys, redacted",
  request: { params: z.object({ provider }) },
  responses: { 200: json(z.object({ data: z.array(providerKeyView), next_cursor: z.null() }), "The keys") },
});

const getKey = securedRoute("admin", {
  method: "get",
  path: "/v1/providers/{provider}/keys/{name}",
  summary: "Read a provider's key, redacted",
  request: { params: keyPath },
  responses: { 200: json(providerKeyView, "The key") },
});

const deleteKey = securedRoute("admin", {
  method: "delete",
  path: "/v1/providers/{provider}/keys/{name}",
  summary: "Delete a provider's key",
  request: { params: keyPath },
  responses: { 204: { description: "Deleted" } },
});

/** The provider keys of tenants. */
export const providerRoutes = createRouter()
  .openapi(putKey, async (c) => {
    const { provider, name } = c.req.valid("param");
    const { providerKeys } = c.var.services;
    const { row, created } = await providerKeys.put(c.var.principal.tenant_id, provider, name, c.req.valid("json"));
    return c.json(toView(row), created ? 201 : 200);
  })
  .openapi(listKeys, async (c) => {
    const { provider } = c.req.valid("param");
    const rows = await c.var.services.providerKeys.list(c.var.principal.tenant_id, provider);
    return c.json({ data: rows.map(toView), next_cursor: null }, 200);
  })
  .openapi(getKey, async (c) => {
    const { provider, name } = c.req.valid("param");
    return c.json(toView(await c.var.services.providerKeys.get(c.var.principal.tenant_id, provider, name)), 200);
  })
  .openapi(deleteKey, async (c) => {
    const { provider, name } = c.req.valid("param");
    await c.var.services.providerKeys.delete(c.var.principal.tenant_id, provider, name);
    return c.body(null, 204);
  });
