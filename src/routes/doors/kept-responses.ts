import * as z from "zod";
import { readKeptId, withKeptIds } from "../../domain/completions/response-ids.ts";
import type { AppContext } from "../../middleware/context.ts";
import { createRouter, json, securedRoute } from "../router.ts";
import { forwarded } from "./forwarded.ts";

const anyObject = z.record(z.string(), z.unknown());
const params = z.object({ id: z.string().regex(/^[\w~.-]{1,512}$/, "is not the id of a response") });
const responses = { 200: json(anyObject, "What the provider says, in its own form") };

const read = securedRoute("executions:write", {
  method: "get",
  path: "/v1/responses/{id}",
  summary: "Read a response that OpenAI keeps",
  request: { params },
  responses,
});
const items = securedRoute("executions:write", {
  method: "get",
  path: "/v1/responses/{id}/input_items",
  summary: "List what a response was asked",
  request: { params },
  responses,
});
const remove = securedRoute("executions:write", {
  method: "delete",
  path: "/v1/responses/{id}",
  summary: "Delete a response that OpenAI keeps",
  request: { params },
  responses,
});
const cancel = securedRoute("executions:write", {
  method: "post",
  path: "/v1/responses/{id}/cancel",
  summary: "Cancel a response that is made in the background",
  request: { params },
  responses,
});

/** What OpenAI keeps of its responses: only the key that made a response can reach it. */
export const keptResponseRoutes = createRouter()
  .openapi(read, async (c) => askKeeper(c, c.req.valid("param").id, "GET"))
  .openapi(items, async (c) => askKeeper(c, c.req.valid("param").id, "GET", "/input_items"))
  .openapi(remove, async (c) => askKeeper(c, c.req.valid("param").id, "DELETE"))
  .openapi(cancel, async (c) => askKeeper(c, c.req.valid("param").id, "POST", "/cancel"));

async function askKeeper(c: AppContext, seen: string, method: "GET" | "POST" | "DELETE", rest = ""): Promise<Response> {
  const { id, keeper } = readKeptId(seen);
  const { tenant_id } = c.get("principal");
  const provider = keeper?.provider ?? "openai";
  const path = `/responses/${encodeURIComponent(id)}${rest}${new URL(c.req.url).search}`;
  const request = { method, path };
  const reply = await c.var.services.askProvider({ tenant_id, provider, key: keeper?.key, isOwn: true, request });
  return forwarded(c, keeper ? { ...reply, body: withKeptIds(reply.body, keeper) } : reply);
}
