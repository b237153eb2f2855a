import * as z from "zod";
import { aliasSchema } from "../../domain/name.ts";
import type { PromptAlias } from "../../services/prompts/alias-records.ts";
import { MAX_ALIASES } from "../../services/prompts/manage-aliases.ts";
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

/** The longest cursor: an alias of 1,024 bytes and the name of its list, in base64. */
const MAX_CURSOR = 1_376;

const aliasPath = z.object({ alias: aliasSchema.describe("Percent-encoded; not `.` or `..`") });
const aliasView = z.object({
  alias: z.string(),
  prompt: z.string(),
  version: z.int().optional(),
  label: z.string().optional(),
  created_at: z.string(),
  updated_at: z.string(),
});

const putAlias = securedRoute("prompts:write", {
  method: "put",
  path: "/v1/aliases/{alias}",
  summary: "Give a prompt another name",
  request: {
    params: aliasPath,
    body: json(
      z.strictObject({
        prompt: promptNameSchema,
        version: z.int().min(1).max(2_147_483_647).optional(),
        label: nameSchema.optional(),
      }),
      "A prompt, and either one version or one label of it or neither; they must exist",
    ),
  },
  responses: {
    200: json(aliasView, "Replaced, or the same as before"),
    201: json(aliasView, `A new alias; a tenant has at most ${MAX_ALIASES}`),
  },
});

const listAliases = securedRoute("prompts:read", {
  method: "get",
  path: "/v1/aliases",
  summary: "List the aliases in the order of their code points",
  request: { query: pageQuery.extend({ cursor: z.string().max(MAX_CURSOR).optional() }) },
  responses: { 200: json(pageOf(aliasView), "A page of aliases") },
});

const getAlias = securedRoute("prompts:read", {
  method: "get",
  path: "/v1/aliases/{alias}",
  summary: "Read an alias",
  request: { params: aliasPath },
  responses: { 200: json(aliasView, "The alias") },
});

const deleteAlias = securedRoute("prompts:write", {
  method: "delete",
  path: "/v1/aliases/{alias}",
  summary: "Delete an alias; its prompt stays",
  request: { params: aliasPath },
  responses: { 204: { description: "Deleted" } },
});

/** Other names of prompts. */
export const aliasRoutes = createRouter()
  .openapi(putAlias, async (c) => {
    const { prompt: name, ...target } = c.req.valid("json");
    const setting = { ...c.req.valid("param"), reference: { name, ...target } };
    const { alias, created } = await c.var.services.putAlias(c.var.principal.tenant_id, setting);
    return c.json(toView(alias), created ? 201 : 200);
  })
  .openapi(listAliases, async (c) => {
    const page = await c.var.services.listAliases(c.var.principal.tenant_id, c.req.valid("query"));
    return c.json({ data: page.data.map(toView), next_cursor: page.next_cursor }, 200);
  })
  .openapi(getAlias, async (c) => {
    const alias = await c.var.services.findAlias(c.var.principal.tenant_id, c.req.valid("param").alias);
    return c.json(toView(alias), 200);
  })
  .openapi(deleteAlias, async (c) => {
    await c.var.services.deleteAlias(c.var.principal.tenant_id, c.req.valid("param").alias);
    return c.body(null, 204);
  });

function toView({ alias, prompt, version, label, created_at, updated_at }: PromptAlias): z.infer<typeof aliasView> {
  return {
    alias,
    prompt,
    ...(version !== null && { version }),
    ...(label !== null && { label }),
    created_at: rfc3339(created_at),
    updated_at: rfc3339(updated_at),
  };
}
