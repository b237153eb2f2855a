import * as z from "zod";
import { EXECUTION_STATUSES } from "../../domain/executions/execution.ts";
import { parseCacheControl } from "../../domain/executions/cache-control.ts";
import { invalid } from "../../domain/errors.ts";
import { requireLane } from "./require-lane.ts";
import type { AppContext } from "../../middleware/context.ts";
import {
  type ExecutionOptions,
  type ExecutionRequest,
  executionFields,
} from "../../domain/executions/execution-options.ts";
import { detailView, toDetailView } from "./execution-detail.ts";
import { executionView, recordedView, toExecutionView, toRecordedView } from "./execution-views.ts";
import { idempotencyKey } from "./idempotency-key.ts";
import { replyWhole } from "./reply.ts";
import { acceptExecution, acceptedView, pendingView, readPending } from "./async-executions.ts";
import { createRouter, json, promptNameSchema, pageOf, pageQuery, securedRoute, timeSchema } from "../router.ts";
import { streamExecution, streamRestart } from "./stream-execution.ts";

const executeNamed = z.strictObject(executionFields);
const executeBody = executeNamed.extend({ prompt: promptNameSchema });

const headers = z.object({
  "idempotency-key": idempotencyKey,
  "cache-control": z.string().optional().describe("no-store, no-cache, max-age=N, only-if-cached"),
  "x-pbt-stream-restart": streamRestart,
});

const answer = {
  description: "The execution; with `stream: true` the events start, delta, done and error",
  content: { "application/json": { schema: executionView }, "text/event-stream": { schema: z.string() } },
};

const accepted = json(acceptedView, "With `async: true`: accepted");

const execute = securedRoute("executions:write", {
  method: "post",
  path: "/v1/executions",
  summary: "Execute a prompt",
  request: { headers, body: json(executeBody, "What to execute, with which variables") },
  responses: { 200: answer, 202: accepted },
});

const executeByName = securedRoute("executions:write", {
  method: "post",
  path: "/v1/prompts/{name}/execute",
  summary: "Execute a prompt named in the path",
  request: { headers, params: z.object({ name: promptNameSchema }), body: json(executeNamed, "With which variables") },
  responses: { 200: answer, 202: accepted },
});

const idPath = z.object({ id: z.string().max(64) });

const getExecution = securedRoute("executions:read", {
  method: "get",
  path: "/v1/executions/{id}",
  summary: "Read an execution",
  request: { params: idPath },
  responses: { 200: json(z.union([detailView, pendingView]), "The execution as recorded, or where it waits") },
});

const listExecutions = securedRoute("executions:read", {
  method: "get",
  path: "/v1/executions",
  summary: "List executions, newest first",
  request: {
    query: pageQuery.extend({
      prompt: promptNameSchema.optional(),
      status: z.enum(EXECUTION_STATUSES).optional(),
      model: z.string().min(1).max(256).optional(),
      key: z.string().min(1).max(64).optional().describe("The id of the API key that it was executed with"),
      from: timeSchema.optional(),
      to: timeSchema.optional(),
    }),
  },
  responses: { 200: json(pageOf(recordedView), "A page of executions") },
});

const giveFeedback = securedRoute("executions:write", {
  method: "post",
  path: "/v1/executions/{id}/feedback",
  summary: "Say how good an answer was",
  request: {
    params: idPath,
    body: json(z.object({ score: z.number().min(0).max(1), comment: z.string().max(4096).optional() }), "The score"),
  },
  responses: { 200: json(z.object({ id: z.string(), score: z.number() }), "Recorded; a later score replaces it") },
});

/** The routes of executions: run, stream, read, list and rate. */
export const executionRoutes = createRouter()
  .openapi(execute, async (c) => {
    const { prompt, ...body } = c.req.valid("json");
    return respond(c, prompt, body);
  })
  .openapi(executeByName, async (c) => respond(c, c.req.valid("param").name, c.req.valid("json")))
  .openapi(getExecution, async (c) => {
    const { id } = c.req.valid("param");
    const pending = await readPending(c, id);
    if (pending) return c.json(pending, 200);
    return c.json(toDetailView(await c.var.services.readExecutions.get(c.var.principal.tenant_id, id)), 200);
  })
  .openapi(listExecutions, async (c) => {
    const { from, to, ...query } = c.req.valid("query");
    const page = await c.var.services.listExecutions(c.var.principal.tenant_id, {
      ...query,
      from: from === undefined ? undefined : Date.parse(from),
      to: to === undefined ? undefined : Date.parse(to),
    });
    return c.json({ data: page.data.map(toRecordedView), next_cursor: page.next_cursor }, 200);
  })
  .openapi(giveFeedback, async (c) => {
    const { id } = c.req.valid("param");
    const { score, comment } = c.req.valid("json");
    await c.var.services.readExecutions.giveFeedback(c.var.principal.tenant_id, id, score, comment ?? null);
    return c.json({ id, score }, 200);
  });

/** Runs, streams or accepts an execution, as its body asks. */
async function respond(c: AppContext, name: string, body: z.infer<typeof executeNamed>): Promise<Response> {
  const { stream, async: isAsync, priority: lane = "standard", variables, version, label, ...rest } = body;
  const principal = c.get("principal");
  const { tenant_id, key_id } = principal;
  requireLane(principal, lane);
  const cache_control = parseCacheControl(c.req.header("cache-control"));
  const options: ExecutionOptions = { ...rest, prompt: { name, version, label }, cache_control };
  const restarts = stream && c.req.header("x-pbt-stream-restart") === "continue";
  const request: ExecutionRequest = { tenant_id, key_id, lane, variables, options, ...(restarts && { restarts }) };
  if (isAsync) {
    if (stream) throw invalid([{ path: "stream", message: "an asynchronous execution cannot be streamed" }]);
    return acceptExecution(c, request);
  }
  if (stream) return streamExecution(c, request);
  return replyWhole(c, request, (execution) => JSON.stringify(toExecutionView(execution)));
}
