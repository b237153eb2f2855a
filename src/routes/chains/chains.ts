import * as z from "zod";
import { labelsView } from "../prompts/label-views.ts";
import { versionView } from "../prompts/prompt-views.ts";
import {
  createRouter,
  json,
  nameSchema,
  pageOf,
  pageQuery,
  promptNameSchema,
  rfc3339,
  securedRoute,
} from "../router.ts";
import { chainView, publishedChainView, toChainView } from "./chain-views.ts";

const chainPath = z.object({ name: promptNameSchema });
const positive = z.coerce.number().int().min(1).max(2_147_483_647);

const armSchema = z.object({
  version: z.int().min(1).max(2_147_483_647),
  weight: z.number().positive().max(1_000_000),
});
/** As for a label of a prompt, but without a reason: those of chains have no history. */
const splitSchema = z.union(
  [z.strictObject({ version: armSchema.shape.version }), z.strictObject({ split: z.array(armSchema).min(1).max(20) })],
  "give either `version` or `split: [{version, weight}]`",
);

const putChain = securedRoute("prompts:write", {
  method: "put",
  path: "/v1/chains/{name}",
  summary: "Publish a version of a chain",
  request: {
    params: chainPath,
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

const putLabel = securedRoute("prompts:write", {
  method: "put",
  path: "/v1/chains/{name}/labels/{label}",
  summary: "Point a label of a chain at a version, or split it among several",
  request: { params: chainPath.extend({ label: nameSchema }), body: json(splitSchema, "One version, or a split") },
  responses: { 200: json(labelsView, "The label") },
});

/** Chains: publish, read, list, label, delete. */
export const chainRoutes = createRouter()
  .openapi(putChain, async (c) => {
    const { text, type } = c.get("body");
    const { name } = c.req.valid("param");
    const format = type === "application/json" ? "json" : "yaml";
    const { row, pointer, created } = await c.var.services.publishChain(c.var.principal.tenant_id, {
      name,
      source: text.replace(/^\uFEFF/, ""),
      format,
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
    await c.var.services.deleteChain(c.var.principal.tenant_id, c.req.valid("param").name);
    return c.body(null, 204);
  })
  .openapi(putLabel, async (c) => {
    const { name, label } = c.req.valid("param");
    const wanted = c.req.valid("json");
    const split = "split" in wanted ? wanted.split : [{ version: wanted.version, weight: 1 }];
    await c.var.services.setChainLabel(c.var.principal.tenant_id, { name, label, split });
    return c.json({ name, label, ...wanted }, 200);
  });
