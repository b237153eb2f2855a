import * as z from "zod";
import { wireOf } from "../../domain/completions/upstream.ts";
import { notFound } from "../../domain/errors.ts";
import { createRouter, json, securedRoute } from "../router.ts";
import { forwarded } from "./forwarded.ts";

const anyObject = z.record(z.string(), z.unknown());
const headers = z.object({
  "anthropic-version": z.string().max(64).optional().describe("Where it is given, the list has Anthropic's form"),
});

const list = securedRoute("executions:write", {
  method: "get",
  path: "/v1/models",
  summary: "List the models that the tenant's providers have",
  request: {
    headers,
    query: z.object({
      limit: z.string().max(16).optional(),
      after_id: z.string().max(256).optional(),
      before_id: z.string().max(256).optional(),
    }),
  },
  responses: { 200: json(anyObject, "OpenAI's list, or Anthropic's") },
});

const read = securedRoute("executions:write", {
  method: "get",
  path: "/v1/models/{id}",
  summary: "Read a model, as its provider describes it",
  request: { headers, params: z.object({ id: z.string().min(1).max(256) }) },
  responses: { 200: json(anyObject, "OpenAI's form, or Anthropic's") },
});

/**
 * The lists of models of both providers' APIs. Their paths are the same, so a header tells them
 * apart.
 */
export const modelRoutes = createRouter()
  .openapi(list, async (c) => {
    const version = c.req.valid("header")["anthropic-version"];
    const { tenant_id } = c.get("principal");
    if (version !== undefined) {
      const query = new URLSearchParams(c.req.valid("query")).toString();
      const path = `/v1/models${query === "" ? "" : `?${query}`}`;
      const request = { method: "GET" as const, path, headers: { "anthropic-version": version } };
      return forwarded(c, await c.var.services.askProvider({ tenant_id, provider: "anthropic", request }));
    }
    const models = await c.var.services.listModels(tenant_id);
    const data = models.map((model) => ({ object: "model", ...model }));
    return forwarded(c, { status: 200, body: JSON.stringify({ object: "list", data }) });
  })
  .openapi(read, async (c) => {
    const { id } = c.req.valid("param");
    const version = c.req.valid("header")["anthropic-version"];
    const candidate = await c.var.services.findModel(c.get("principal").tenant_id, id);
    if (!candidate) throw notFound("model");
    const { provider, model } = candidate;
    const path = `${wireOf(candidate) === "anthropic" ? "/v1/models" : "/models"}/${encodeURIComponent(model)}`;
    const request = {
      method: "GET" as const,
      path,
      ...(version !== undefined && { headers: { "anthropic-version": version } }),
    };
    const { tenant_id } = c.get("principal");
    return forwarded(c, await c.var.services.askProvider({ tenant_id, provider, request }));
  });
