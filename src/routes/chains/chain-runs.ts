import * as z from "zod";
import { CHAIN_RUN_STATUSES } from "../../domain/chains/chain-run.ts";
import { AppError, invalid } from "../../domain/errors.ts";
import { executionFields } from "../../domain/executions/execution-options.ts";
import { streamOf } from "../../lib/stream-of.ts";
import type { AppContext } from "../../middleware/context.ts";
import { traceOf } from "../../middleware/trace.ts";
import type { AcceptedChainRun, ChainRunRequest } from "../../services/chains/start-chain-run.ts";
import { replayHeaders } from "../executions/execution-headers.ts";
import { usdText } from "../executions/execution-views.ts";
import { requireLane } from "../executions/require-lane.ts";
import { createRouter, json, pageOf, pageQuery, promptNameSchema, securedRoute } from "../router.ts";
import { chainRunView, listedRunView, toChainRunView, toListedRun } from "./chain-views.ts";
import { encodeEvent, streamRun } from "./stream-run.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const NANOUSD_PER_USD = 1e9;
/** The wait to suggest while a run goes on, ms. */
const BUSY_RETRY_MS = 1_000;

const { version, label, user, metadata, cache, priority, stream, async: isAsync } = executionFields;

const executeBody = z.strictObject({
  version,
  label,
  inputs: z.record(z.string(), z.unknown()).optional().describe("The inputs that the chain declares"),
  variables: z.record(z.string(), z.unknown()).optional().describe("Another name of `inputs`"),
  user,
  metadata,
  cache: cache.describe("As for each of its executions"),
  priority,
  stream,
  async: isAsync.describe("Accept now, run later: 202, and the run's address in `Location`"),
  timeout_ms: z
    .int()
    .min(1)
    .max(DAY_MS)
    .default(HOUR_MS)
    .describe("No step begins after this time, and those under way end with it"),
  max_cost_usd: z.number().positive().max(1_000_000).optional().describe("The most that the run may spend"),
});

const execute = securedRoute("executions:write", {
  method: "post",
  path: "/v1/chains/{name}/execute",
  summary: "Run a chain",
  description:
    "Each step is an execution with a record of its own. A step that fails is told in the run, whose reply is a 200 all the same. With `stream: true`: the events start, step, delta, retry and done.",
  request: {
    headers: z.object({
      "idempotency-key": z
        .string()
        .optional()
        .describe("The same key and body give the same run again for a day; 409 while it goes on"),
    }),
    params: z.object({ name: promptNameSchema }),
    body: json(executeBody, "What to run it with"),
  },
  responses: {
    200: {
      description: "The run, which has ended",
      content: { "application/json": { schema: chainRunView }, "text/event-stream": { schema: z.string() } },
    },
    202: json(chainRunView, "The run, which goes on; `Location` has its address"),
  },
});

const runPath = z.object({ id: z.string().max(64) });

const getRun = securedRoute("executions:read", {
  method: "get",
  path: "/v1/chain-runs/{id}",
  summary: "Read a run of a chain",
  request: { params: runPath },
  responses: { 200: json(chainRunView, "The run, with what its steps gave so far") },
});

const listRuns = securedRoute("executions:read", {
  method: "get",
  path: "/v1/chain-runs",
  summary: "List runs of chains, newest first",
  request: {
    query: pageQuery.extend({ chain: promptNameSchema.optional(), status: z.enum(CHAIN_RUN_STATUSES).optional() }),
  },
  responses: { 200: json(pageOf(listedRunView), "A page of runs") },
});

const getEvents = securedRoute("executions:read", {
  method: "get",
  path: "/v1/chain-runs/{id}/events",
  summary: "Follow a run of a chain as server-sent events",
  description:
    "What `stream: true` tells, for a run that goes on elsewhere: `start`, `step` when a step has begun and when it has ended, the last step's text whole as `delta`, and `done` with the run. After five minutes the stream ends without `done`: connect again.",
  request: { params: runPath },
  responses: { 200: { description: "The events", content: { "text/event-stream": { schema: z.string() } } } },
});

const cancelRun = securedRoute("executions:write", {
  method: "post",
  path: "/v1/chain-runs/{id}/cancel",
  summary: "Cancel a run of a chain: no further step begins",
  request: { params: runPath },
  responses: { 200: json(chainRunView, "The run; one that had ended is as it was") },
});

/** The routes of runs of chains: start, read, follow, list, cancel. */
export const chainRunRoutes = createRouter()
  .openapi(execute, async (c) => {
    const request = requestOf(c, c.req.valid("param").name, c.req.valid("json"));
    const accepted = await c.var.services.startChainRun(request, c.req.header("idempotency-key"));
    const { run, replayed } = accepted;
    if (replayed && run.status === "running" && request.form !== "async") throw stillRunning();
    if (request.form === "stream") return streamRun(c, accepted);
    await finish(c, accepted);
    const read = await c.var.services.readChainRun(run);
    const view = toChainRunView(read);
    const headers = {
      location: `/v1/chain-runs/${run.id}`,
      ...(view.cost_usd !== null && { "x-pbt-cost-usd": usdText(Math.round(view.cost_usd * NANOUSD_PER_USD)) }),
      ...replayHeaders(accepted),
    };
    return c.json(view, read.run.status === "running" ? 202 : 200, headers);
  })
  .openapi(getRun, async (c) => {
    const { tenant_id } = c.var.principal;
    return c.json(toChainRunView(await c.var.services.readChainRun({ tenant_id, id: c.req.valid("param").id })), 200);
  })
  .openapi(getEvents, async (c) => {
    const { tenant_id } = c.var.principal;
    const events = await c.var.services.followChainRun({ tenant_id, id: c.req.valid("param").id });
    c.header("content-type", "text/event-stream; charset=utf-8");
    return c.body(streamOf(events, encodeEvent), 200);
  })
  .openapi(listRuns, async (c) => {
    const page = await c.var.services.listChainRuns(c.var.principal.tenant_id, c.req.valid("query"));
    return c.json({ data: page.data.map(toListedRun), next_cursor: page.next_cursor }, 200);
  })
  .openapi(cancelRun, async (c) => {
    const { tenant_id } = c.var.principal;
    return c.json(toChainRunView(await c.var.services.cancelChainRun({ tenant_id, id: c.req.valid("param").id })), 200);
  });

/** Works on a run as its first worker, to its end or until it goes on in the queue. */
async function finish(c: AppContext, { run, token }: AcceptedChainRun): Promise<void> {
  if (token === null) return;
  const work = c.get("services").runChain({ run, token });
  c.executionCtx.waitUntil(work.catch(() => undefined));
  await work;
}

function requestOf(c: AppContext, name: string, body: z.infer<typeof executeBody>): ChainRunRequest {
  const { version: of, label: named, inputs, variables, priority: lane = "standard", max_cost_usd, ...rest } = body;
  const { stream: isStream, async: isLater, ...options } = rest;
  const principal = c.get("principal");
  requireLane(principal, lane);
  if (isLater && isStream) throw invalid([{ path: "stream", message: "an asynchronous run cannot be streamed" }]);
  if (inputs && variables)
    throw invalid([{ path: "variables", message: "give either `inputs` or `variables`, not both" }]);
  const { tenant_id, key_id } = principal;
  return {
    ...options,
    tenant_id,
    key_id,
    lane,
    chain: { name, version: of, label: named },
    inputs: inputs ?? variables ?? {},
    ...(max_cost_usd !== undefined && { max_cost_nanousd: Math.round(max_cost_usd * NANOUSD_PER_USD) }),
    trace: traceOf(c),
    form: isLater ? "async" : isStream ? "stream" : "whole",
  };
}

function stillRunning(): AppError {
  const detail = "The run of this idempotency key goes on.";
  return new AppError("conflict", detail, { retryable: true, retryAfterMs: BUSY_RETRY_MS });
}
