import * as z from "zod";
import { PROVIDERS } from "../../domain/completions/completion.ts";
import type { StoredUpstream } from "../../services/tenants/upstreams.ts";
import { createRouter, json, nameSchema, rfc3339, securedRoute } from "../router.ts";

const kind = z.enum(PROVIDERS).describe("The provider whose wire format the upstream speaks");

const upstreamView = z.object({
  name: z.string(),
  kind,
  base_url: z.string(),
  headers: z.array(z.string()).describe("Their names; values are not shown"),
  created_at: z.string(),
  updated_at: z.string(),
});

function toView(row: StoredUpstream): z.infer<typeof upstreamView> {
  return {
    name: row.name,
    kind: row.kind,
    base_url: row.base_url,
    headers: row.header_names,
    created_at: rfc3339(row.created_at),
    updated_at: rfc3339(row.updated_at),
  };
}

const upstreamPath = z.object({ name: nameSchema });

const putUpstream = securedRoute("admin", {
  method: "put",
  path: "/v1/providers/{name}",
  summary: "Set an upstream of the tenant's own",
  request: {
    params: upstreamPath,
    body: json(
      z.strictObject({
        kind,
        base_url: z.string().min(1).max(2_048).describe("Its origin is one that the deployment allows"),
        headers: z.record(z.string(), z.string()).optional().describe("Sent with each call; stored encrypted"),
      }),
      "A server that speaks a built-in provider's wire format. Its models are named `<name>/<model>`",
    ),
  },
  responses: { 200: json(upstreamView, "Replaced"), 201: json(upstreamView, "Stored") },
});

const listUpstreams = securedRoute("admin", {
  method: "get",
  path: "/v1/providers",
  summary: "List the tenant's upstreams",
  responses: { 200: json(z.object({ data: z.array(upstreamView), next_cursor: z.null() }), "The upstreams") },
});

const getUpstream = securedRoute("admin", {
  method: "get",
  path: "/v1/providers/{name}",
  summary: "Read an upstream",
  request: { params: upstreamPath },
  responses: { 200: json(upstreamView, "The upstream") },
});

const deleteUpstream = securedRoute("admin", {
  method: "delete",
  path: "/v1/providers/{name}",
  summary: "Delete an upstream with its keys and prices",
  request: { params: upstreamPath },
  responses: { 204: { description: "Deleted" } },
});

/** The upstreams of tenants. */
export const upstreamRoutes = createRouter()
  .openapi(putUpstream, async (c) => {
    const { name } = c.req.valid("param");
    const { tenant_id } = c.var.principal;
    const { row, created } = await c.var.services.upstreams.put(tenant_id, name, c.req.valid("json"));
    return c.json(toView(row), created ? 201 : 200);
  })
  .openapi(listUpstreams, async (c) => {
    const rows = await c.var.services.upstreams.list(c.var.principal.tenant_id);
    return c.json({ data: rows.map(toView), next_cursor: null }, 200);
  })
  .openapi(getUpstream, async (c) => {
    const { name } = c.req.valid("param");
    return c.json(toView(await c.var.services.upstreams.get(c.var.principal.tenant_id, name)), 200);
  })
  .openapi(deleteUpstream, async (c) => {
    const { name } = c.req.valid("param");
    await c.var.services.upstreams.delete(c.var.principal.tenant_id, name);
    return c.body(null, 204);
  });
