import * as z from "zod";
import { parseIfMatch } from "../prompts/if-match.ts";
import { versionView } from "../prompts/prompt-views.ts";
import {
  createRouter,
  json,
  nameSchema,
  pageOf,
  pageQuery,
  problem,
  promptNameSchema,
  rfc3339,
  securedRoute,
} from "../router.ts";
import { chainView, publishedChainView, toChainView } from "./chain-views.ts";

const chainPath = z.object({ name: promptNameSchema });
const positive = z.coerce.number().int().min(1).max(2_147_483_647);

const putChain = securedRoute("prompts:write", {
  method: "put",
  path: "/v1/chains/{name}",
  summary: "Publish a version of a chain",
  request: {
    params: chainPath,
    headers: z.object({
      "if-match": z.string().max(1024).optional().describe('The newest version must be this one, such as `"3"`'),
    }),
    body: {
      required: true,
      description: "A `.chain.yaml` file, or the same as JSON",
      content: {
        "application/yaml": { schema: z.string() },
        "application/json": { schema: z.record(z.string(), z.unknown()) },
      },
    },
  },
  responses: {
    200: json(publishedChainView, "The newest version has this content already"),
    201: json(publishedChainView, "A new version"),
    412: problem("The newest version is not the one of `If-Match`"),
  },
});

const listRoute = securedRoute("prompts:read", {
  method: "get",
  path: "/v1/chains",
  summary: "List chains by name",
  request: { query: pageQuery },
  responses: {
    200: json(
      pageOf(
        z.object({
          name: z.string(),
          version: z.int(),
          content_hash: z.string(),
          created_at: z.string(),
          updated_at: z.string(),
        }),
      ),
      "A page of chains",
    ),
  },
});

const getChain = securedRoute("prompts:read", {
  method: "get",
  path: "/v1/chains/{name}",
  summary: "Read a version of a chain; `Accept: application/yaml` gives the file back",
  request: { params: chainPath, query: z.object({ version: positive.optional(), label: nameSchema.optional() }) },
  responses: {
    200: {
      description: "The version",
      content: { "application/json": { schema: chainView }, "application/yaml": { schema: z.string() } },
    },
  },
});

const listVersions = securedRoute("prompts:read", {
  method: "get",
  path: "/v1/chains/{name}/versions",
  summary: "List versions of a chain, newest first",
  request: { params: chainPath, query: pageQuery },
  responses: { 200: json(pageOf(versionView), "A page of versions") },
});

const deleteRoute = securedRoute("prompts:write", {
  method: "delete",
  path: "/v1/chains/{name}",
  summary: "Delete a chain with all its versions and labels; its runs go on",
  request: { params: chainPath },
  responses: { 204: { description: "Deleted" } },
});

/** Chains: publish, read, list, delete. */
export const chainRoutes = createRouter()
  .openapi(putChain, async (c) => {
    const { text, type } = c.get("body");
    const { name } = c.req.valid("param");
    const format = type === "application/json" ? "json" : "yaml";
    const { row, pointer, created } = await c.var.services.publishChain(c.var.principal.tenant_id, {
      name,
      source: text.replace(/^\uFEFF/, ""),
      format,
      expected: parseIfMatch(c.req.header("if-match")),
    });
    const { definition: _definition, ...body } = toChainView(row, pointer);
    return c.json(body, created ? 201 : 200);
  })
  .openapi(listRoute, async (c) => {
    const page = await c.var.services.listChains(c.var.principal.tenant_id, c.req.valid("query"));
    const data = page.data.map(({ name, latest_version, latest_hash, created_at, updated_at }) => ({
      name,
      version: latest_version,
      content_hash: latest_hash,
      created_at: rfc3339(created_at),
      updated_at: rfc3339(updated_at),
    }));
    return c.json({ data, next_cursor: page.next_cursor }, 200);
  })
  .openapi(getChain, async (c) => {
    const wanted = { ...c.req.valid("param"), ...c.req.valid("query") };
    const { row, pointer } = await c.var.services.findChain(c.var.principal.tenant_id, wanted, Math.random());
    c.header("vary", "accept");
    c.header("etag", `"${row.content_hash}"`);
    // JSON is YAML as well.
    if (/\byaml\b/i.test(c.req.header("accept") ?? "")) {
      return c.body(row.source, 200, { "content-type": "application/yaml; charset=utf-8" });
    }
    return c.json(toChainView(row, pointer), 200);
  })
  .openapi(listVersions, async (c) => {
    const query = { ...c.req.valid("param"), ...c.req.valid("query") };
    const { data, next_cursor } = await c.var.services.listChainVersions(c.var.principal.tenant_id, query);
    return c.json({ data: data.map((row) => ({ ...row, created_at: rfc3339(row.created_at) })), next_cursor }, 200);
  })
  .openapi(deleteRoute, async (c) => {
    const { tenant_id, key_id } = c.var.principal;
    await c.var.services.deleteChain(tenant_id, c.req.valid("param").name, key_id);
    return c.body(null, 204);
  });
