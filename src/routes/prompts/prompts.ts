import * as z from "zod";
import type { SourceFormat } from "../../domain/prompts/prompt.ts";
import { traceparentOf } from "../../domain/trace-context.ts";
import { estimateTokens } from "../../domain/completions/token-estimate.ts";
import { exportYaml } from "../../services/prompts/export-prompt.ts";
import { parseIfMatch } from "./if-match.ts";
import { meaningView, toMeaning } from "./label-views.ts";
import { promptView, publishedView, toPromptView, versionView } from "./prompt-views.ts";
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

const promptPath = z.object({ name: promptNameSchema });
const positive = z.coerce.number().int().min(1).max(2_147_483_647);
const reference = { version: positive.optional(), label: nameSchema.optional() };

const putPrompt = securedRoute("prompts:write", {
  method: "put",
  path: "/v1/prompts/{name}",
  summary: "Publish a version of a prompt",
  request: {
    params: promptPath,
    headers: z.object({
      "if-match": z.string().max(1024).optional().describe('The newest version must be this one, such as `"3"`'),
    }),
    body: {
      required: true,
      description:
        "A `.prompt.yaml` file, or the same as JSON; as YAML also a file of GitHub Models, prompty or dotprompt",
      content: {
        "application/yaml": { schema: z.string() },
        "application/json": { schema: z.record(z.string(), z.unknown()) },
      },
    },
  },
  responses: {
    200: json(publishedView, "The newest version has this content already"),
    201: json(publishedView, "A new version"),
    412: problem("The newest version is not the one of `If-Match`"),
  },
});

const listRoute = securedRoute("prompts:read", {
  method: "get",
  path: "/v1/prompts",
  summary: "List prompts by name",
  request: {
    query: pageQuery.extend({
      tag: z.string().min(1).max(128).optional(),
      label: nameSchema.optional().describe("Only prompts that have this label"),
      prefix: z
        .string()
        .min(1)
        .max(128)
        .optional()
        .describe("The beginning of the names, such as a folder: `support/`"),
      delimiter: z
        .literal("/")
        .optional()
        .describe("Names with a slash after the prefix are told by their folders, in `prefixes`"),
    }),
  },
  responses: {
    200: json(
      pageOf(
        z.object({
          name: z.string(),
          version: z.int(),
          content_hash: z.string(),
          tags: z.array(z.string()),
          labels: z
            .array(meaningView.extend({ label: z.string() }))
            .describe("What its labels mean, without `latest`: the first 50 by name"),
          created_at: z.string(),
          updated_at: z.string(),
        }),
      ).extend({
        prefixes: z
          .array(z.string())
          .optional()
          .describe("With `delimiter`: the folders of this page, which count in `limit`"),
      }),
      "A page of prompts",
    ),
  },
});

const getPrompt = securedRoute("prompts:read", {
  method: "get",
  path: "/v1/prompts/{name}",
  summary: "Read a version; `Accept: application/yaml` gives the file back",
  request: { params: promptPath, query: z.object(reference) },
  responses: {
    200: {
      description: "The version",
      content: { "application/json": { schema: promptView }, "application/yaml": { schema: z.string() } },
    },
  },
});

const listVersions = securedRoute("prompts:read", {
  method: "get",
  path: "/v1/prompts/{name}/versions",
  summary: "List versions, newest first",
  request: { params: promptPath, query: pageQuery },
  responses: { 200: json(pageOf(versionView), "A page of versions") },
});

const deletePrompt = securedRoute("prompts:write", {
  method: "delete",
  path: "/v1/prompts/{name}",
  summary: "Delete a prompt with all its versions and labels",
  request: { params: promptPath },
  responses: { 204: { description: "Deleted" } },
});

const renderRoute = securedRoute("prompts:read", {
  method: "post",
  path: "/v1/prompts/{name}/render",
  summary: "Render a prompt without calling a model",
  request: {
    params: promptPath,
    body: json(
      z.object({
        variables: z.record(z.string(), z.unknown()).default({}),
        version: z.int().min(1).optional(),
        label: nameSchema.optional(),
      }),
      "The variables",
    ),
  },
  responses: {
    200: json(
      z.object({
        messages: z.array(z.looseObject({ role: z.string(), content: z.unknown() })),
        tools: z.array(z.looseObject({ name: z.string() })).optional(),
        estimated_tokens: z.int(),
        version: z.int(),
        request: z
          .object({
            provider: z.string(),
            model: z.string(),
            path: z.string().describe("Below the provider's base URL"),
            headers: z.record(z.string(), z.string()),
            body: z.looseObject({}),
          })
          .optional()
          .describe("The request of a whole answer from the prompt's first model; absent where none would be made"),
      }),
      "What the model would be sent",
    ),
  },
});

/**
 * The file as it is stored. JSON loses a byte order mark, with which it could not be parsed again.
 */
function sourceOf(body: string, format: SourceFormat): string {
  return format === "json" ? body.replace(/^\uFEFF/, "") : body;
}

/** Prompts: publish, read, list, delete, render. */
export const promptRoutes = createRouter()
  .openapi(putPrompt, async (c) => {
    const { publishPrompt } = c.var.services;
    const { name } = c.req.valid("param");
    const { text, type } = c.get("body");
    const format = type === "application/json" ? "json" : "yaml";
    const published = await publishPrompt(c.var.principal.tenant_id, {
      name,
      source: sourceOf(text, format),
      format,
      expected: parseIfMatch(c.req.header("if-match")),
      traceparent: traceparentOf(c.get("trace")),
    });
    const { definition: _definition, ...body } = toPromptView(published.version, published.pointer);
    return c.json(body, published.created ? 201 : 200);
  })
  .openapi(listRoute, async (c) => {
    const page = await c.var.services.listPrompts(c.var.principal.tenant_id, c.req.valid("query"));
    const data = page.data.map((row) => ({
      ...row,
      labels: row.labels.map(({ label, split }) => ({ label, ...toMeaning(split) })),
      created_at: rfc3339(row.created_at),
      updated_at: rfc3339(row.updated_at),
    }));
    return c.json({ ...page, data }, 200);
  })
  .openapi(getPrompt, async (c) => {
    const { name } = c.req.valid("param");
    const found = await c.var.services.resolvePrompt(
      c.var.principal.tenant_id,
      { name, ...c.req.valid("query") },
      Math.random(),
      true,
    );
    c.header("vary", "accept");
    c.header("etag", `"${found.row.content_hash}"`);
    if (/\byaml\b/i.test(c.req.header("accept") ?? "")) {
      return c.body(exportYaml(found.row), 200, { "content-type": "application/yaml; charset=utf-8" });
    }
    return c.json(toPromptView(found.row, found.pointer), 200);
  })
  .openapi(listVersions, async (c) => {
    const query = { ...c.req.valid("param"), ...c.req.valid("query") };
    const { data, next_cursor } = await c.var.services.listVersions(c.var.principal.tenant_id, query);
    return c.json({ data: data.map((row) => ({ ...row, created_at: rfc3339(row.created_at) })), next_cursor }, 200);
  })
  .openapi(deletePrompt, async (c) => {
    const { tenant_id, key_id } = c.var.principal;
    await c.var.services.deletePrompt(tenant_id, c.req.valid("param").name, key_id);
    return c.body(null, 204);
  })
  .openapi(renderRoute, async (c) => {
    const { variables, ...wanted } = c.req.valid("json");
    const { resolvePrompt, showRequest } = c.var.services;
    const { tenant_id } = c.var.principal;
    const { row } = await resolvePrompt(tenant_id, { name: c.req.valid("param").name, ...wanted }, Math.random());
    const { definition, version } = row;
    const { input, request } = await showRequest({ tenant_id, definition, variables });
    const { messages, tools } = input;
    const body = {
      messages: messages.map((message) => ({ ...message })),
      ...(tools && { tools: tools.map((tool) => ({ ...tool })) }),
      ...(request && { request: { ...request, body: { ...request.body } } }),
    };
    return c.json({ ...body, estimated_tokens: estimateTokens(messages, tools), version }, 200);
  });
