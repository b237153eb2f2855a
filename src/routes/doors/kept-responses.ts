import * as z from "zod";
import { readKeptId, withKeptIds } from "../../domain/completions/response-ids.ts";
import { executionOfResponse } from "../../domain/doors/responses/item-ids.ts";
import { invalid } from "../../domain/errors.ts";
import type { AppContext } from "../../middleware/context.ts";
import { createRouter, json, securedRoute } from "../router.ts";
import { toFieldErrors } from "../field-errors.ts";
import { BACKGROUND_ACTIONS } from "./background-responses.ts";
import { forwarded } from "./forwarded.ts";

const anyObject = z.record(z.string(), z.unknown());
const params = z.object({ id: z.string().regex(/^[\w~.-]{1,512}$/, "is not the id of a response") });
const responses = { 200: json(anyObject, "What the provider says, in its own form") };

const read = securedRoute("executions:write", {
  method: "get",
  path: "/v1/responses/{id}",
  summary: "Read a response that OpenAI keeps, or that was made in the background",
  request: { params },
  responses,
});
const items = securedRoute("executions:write", {
  method: "get",
  path: "/v1/responses/{id}/input_items",
  summary: "List what a response was asked",
  request: {
    params,
    // What is not ours is passed on as it came.
    query: z.object({ order: z.string().optional(), limit: z.string().optional(), after: z.string().optional() }),
  },
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

const NOT_REPLAYED = "is not possible, because the events of a response are not kept: read it without";

/**
 * Responses that are kept: by OpenAI, where only the key that made a response can reach it, or by
 * us, where it was made in the background.
 */
export const keptResponseRoutes = createRouter()
  .openapi(read, async (c) => {
    const { id } = c.req.valid("param");
    const own = executionOfResponse(id);
    // OpenAI replays the events of what was made in its background only, where we make nothing.
    if (c.req.query("stream") === "true") throw invalid([{ path: "stream", message: NOT_REPLAYED }]);
    return own === undefined ? askKeeper(c, id, "GET") : BACKGROUND_ACTIONS.read(c, own);
  })
  .openapi(items, async (c) => {
    const { id } = c.req.valid("param");
    const own = executionOfResponse(id);
    if (own === undefined) return askKeeper(c, id, "GET", "/input_items");
    return BACKGROUND_ACTIONS.listInput(c, own, readItemsQuery(c.req.valid("query")));
  })
  .openapi(remove, async (c) => {
    const { id } = c.req.valid("param");
    const own = executionOfResponse(id);
    return own === undefined ? askKeeper(c, id, "DELETE") : BACKGROUND_ACTIONS.remove(c, own);
  })
  .openapi(cancel, async (c) => {
    const { id } = c.req.valid("param");
    const own = executionOfResponse(id);
    return own === undefined ? askKeeper(c, id, "POST", "/cancel") : BACKGROUND_ACTIONS.cancel(c, own);
  });

const itemsQuery = z.object({
  order: z.enum(["asc", "desc"]).default("desc"),
  limit: z.coerce.number().pipe(z.int().min(1).max(100)).default(20),
  after: z.string().optional(),
});

function readItemsQuery(given: object): z.infer<typeof itemsQuery> {
  const read = itemsQuery.safeParse(given);
  if (!read.success) throw invalid(toFieldErrors(read.error));
  return read.data;
}

async function askKeeper(c: AppContext, seen: string, method: "GET" | "POST" | "DELETE", rest = ""): Promise<Response> {
  const { id, keeper } = readKeptId(seen);
  const { tenant_id } = c.get("principal");
  const provider = keeper?.provider ?? "openai";
  const path = `/responses/${encodeURIComponent(id)}${rest}${new URL(c.req.url).search}`;
  const request = { method, path };
  const reply = await c.var.services.askProvider({ tenant_id, provider, key: keeper?.key, isOwn: true, request });
  return forwarded(c, keeper ? { ...reply, body: withKeptIds(reply.body, keeper) } : reply);
}
