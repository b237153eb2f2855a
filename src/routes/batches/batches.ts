import * as z from "zod";
import { BATCH_STATUSES, batchStatus, isSettled } from "../../domain/batches/batch.ts";
import type { BatchRecord } from "../../domain/batches/batch-record.ts";
import { sseEvent } from "../../lib/sse.ts";
import { streamOf } from "../../lib/stream-of.ts";
import type { AppContext } from "../../middleware/context.ts";
import { traceOf } from "../../middleware/trace.ts";
import { batchBody, batchItem, batchQuery, readBatchBody } from "./batch-body.ts";
import { batchView, resultView, toBatchView, toResultView } from "./batch-views.ts";
import { replayHeaders } from "../executions/execution-headers.ts";
import { usd } from "../executions/execution-views.ts";
import { idempotencyKey } from "../executions/idempotency-key.ts";
import { createChecks } from "../route-checks.ts";
import { createRouter, documentRoute, json, pageOf, pageQuery, securedRoute } from "../router.ts";

/** The path where batches are created. Only this route reads its body as a stream. */
export const BATCHES_PATH = "/v1/batches";

const createdView = batchView.extend({
  webhook_secret: z.string().optional().describe("Signs this batch's webhook; shown once"),
});

const createBatch = securedRoute("executions:write", {
  method: "post",
  path: BATCHES_PATH,
  summary: "Execute a prompt for up to 50,000 items",
  description:
    "Up to 100 MB, read as a stream. NDJSON has one item a line and takes the other fields as query parameters. Items with the same variables are executed once. Repeating a request with its `Idempotency-Key` returns the first answer, without its webhook_secret. All items run the version that the label names at acceptance.",
  request: {
    headers: z.object({ "idempotency-key": idempotencyKey }),
    query: batchQuery.partial(),
    body: {
      required: true,
      description: "The prompt and its items",
      content: {
        "application/json": { schema: batchBody.extend({ items: z.array(batchItem).min(1) }) },
        "application/x-ndjson": { schema: z.string() },
      },
    },
  },
  responses: { 202: json(createdView, "Accepted: the batch is committed and will be executed") },
});

const idPath = z.object({ id: z.string().max(64) });

const getBatch = securedRoute("executions:read", {
  method: "get",
  path: "/v1/batches/{id}",
  summary: "Read the state of a batch",
  request: { params: idPath },
  responses: { 200: json(batchView, "The batch") },
});

const listBatches = securedRoute("executions:read", {
  method: "get",
  path: BATCHES_PATH,
  summary: "List batches, newest first",
  request: {
    query: pageQuery.extend({ status: z.enum(BATCH_STATUSES).optional().describe("Only batches that stand so") }),
  },
  responses: { 200: json(pageOf(batchView), "A page of batches; they are kept for a time after their end") },
});

const getResults = securedRoute("executions:read", {
  method: "get",
  path: "/v1/batches/{id}/results",
  summary: "The results in the order of the items, each in its present state",
  request: { params: idPath },
  responses: {
    200: { description: "One JSON object a line", content: { "application/x-ndjson": { schema: resultView } } },
  },
});

const getEvents = securedRoute("executions:read", {
  method: "get",
  path: "/v1/batches/{id}/events",
  summary: "The progress of a batch as server-sent events",
  description:
    "`progress {status, counts, cost_usd}` at each change, and `done` with the batch at its end. After five minutes the stream ends without `done`: connect again.",
  request: { params: idPath },
  responses: { 200: { description: "The events", content: { "text/event-stream": { schema: z.string() } } } },
});

const cancelBatch = securedRoute("executions:write", {
  method: "post",
  path: "/v1/batches/{id}/cancel",
  summary: "Cancel a batch: no further item starts",
  request: { params: idPath },
  responses: { 200: json(batchView, "Queued items are cancelled; running items end by themselves") },
});

const redriveBatch = securedRoute("executions:write", {
  method: "post",
  path: "/v1/batches/{id}/redrive",
  summary: "Queue a batch's failed items again",
  request: { params: idPath },
  responses: { 202: json(batchView, "The failed items are queued again") },
});

/** The routes of batches: accept, list, read, watch, cancel, redrive. */
export const batchRoutes = createRouter()
  .openapi(listBatches, async (c) => {
    const page = await c.var.services.listBatches(c.var.principal.tenant_id, c.req.valid("query"));
    return c.json({ ...page, data: page.data.map(toBatchView) }, 200);
  })
  .openapi(getBatch, async (c) => {
    const record = await c.var.services.readBatch(c.var.principal.tenant_id, c.req.valid("param").id);
    return c.json(toBatchView(record), 200);
  })
  .openapi(getResults, async (c) => {
    const { readBatchResults } = c.var.services;
    const results = await readBatchResults(c.var.principal.tenant_id, c.req.valid("param").id);
    c.header("content-type", "application/x-ndjson; charset=utf-8");
    return c.body(
      streamOf(results, (result) => encoder.encode(`${JSON.stringify(toResultView(result))}\n`)),
      200,
    );
  })
  .openapi(getEvents, async (c) => {
    const records = await c.var.services.followBatch(c.var.principal.tenant_id, c.req.valid("param").id);
    c.header("content-type", "text/event-stream; charset=utf-8");
    return c.body(streamOf(records, encodeProgress), 200);
  })
  .openapi(cancelBatch, async (c) => {
    const record = await c.var.services.cancelBatch(c.var.principal.tenant_id, c.req.valid("param").id);
    return c.json(toBatchView(record), 200);
  })
  .openapi(redriveBatch, async (c) => {
    const record = await c.var.services.redriveBatch(c.var.principal.tenant_id, c.req.valid("param").id);
    return c.json(toBatchView(record), 202);
  });

// `.openapi()` is not used here: its checks would read the whole body first.
documentRoute(batchRoutes, createBatch);
const checkCaller = createChecks({ ...createBatch, request: undefined });
batchRoutes.post(BATCHES_PATH, async (c) => {
  await checkCaller(c);
  return acceptBatch(c);
});

async function acceptBatch(c: AppContext): Promise<Response> {
  const { tenant_id, key_id } = c.var.principal;
  const { acceptBatch: accept, acceptBatchOnce } = c.var.services;
  const submission = { tenant_id, key_id, trace: traceOf(c), ...readBatchBody(c) };
  const key = c.req.header("idempotency-key");
  const accepted =
    key === undefined ? { ...(await accept(submission)), replayed: false } : await acceptBatchOnce(key, submission);
  const { record, webhook_secret } = accepted;
  const view = { ...toBatchView(record), ...(webhook_secret === null ? {} : { webhook_secret }) };
  return c.json(view, 202, { location: `${BATCHES_PATH}/${record.id}`, ...replayHeaders(accepted) });
}

const encoder = new TextEncoder();

function encodeProgress(record: BatchRecord): Uint8Array {
  const { counts, cost_nanousd, state } = record;
  const status = batchStatus(counts, state === "cancelled");
  const progress = sseEvent("progress", { status, counts, cost_usd: usd(cost_nanousd) });
  if (!isSettled(counts)) return progress;
  return Uint8Array.from([...progress, ...sseEvent("done", toBatchView(record))]);
}
