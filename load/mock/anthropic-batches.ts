import { anthropicWire } from "./anthropic-wire.ts";
import { behaviourOf, resultsOf } from "./batch-answer.ts";
import { resourceHandler } from "./resource-handler.ts";
import type { ResourceReply } from "./resource-handler.ts";
import { readBatchPage } from "./batch-page.ts";
import type { BatchItem, ItemOutcome, MockBatch } from "./batch-store.ts";
import { isObject } from "./json.ts";
import type { MockState } from "./mock-state.ts";
import type { Profile } from "./profile.ts";
import { parseBody } from "./provider-call.ts";
import type { CallHandler, LoggedCall } from "./provider-call.ts";
import { CallRefused } from "./wire.ts";

const MAX_REQUESTS = 100_000;
const CUSTOM_ID = /^[a-zA-Z0-9_-]{1,64}$/;
const DAY_MS = 86_400_000;

/**
 * The handler of a route below /v1/messages/batches, Anthropic's message batches
 * (https://docs.claude.com/en/api/creating-message-batches).
 */
export function anthropicBatchHandler(method: string, rest: string[]): CallHandler | undefined {
  const [id = "", action = ""] = rest;
  switch (`${method} ${id === "" ? "" : ":id"}${action === "" ? "" : `/${action}`}`) {
    case "POST ":
      return resourceHandler(createBatch);
    case "GET ":
      return resourceHandler(listBatches);
    case "GET :id":
      return resourceHandler((call) => ({ json: batchObject(call, batchOf(call, id)) }));
    case "GET :id/results":
      return resourceHandler((call) => resultLines(call, batchOf(call, id)));
    case "POST :id/cancel":
      return resourceHandler((call) => cancelBatch(call, batchOf(call, id)));
    default:
      return undefined;
  }
}

function createBatch(call: LoggedCall, profile: Profile): ResourceReply {
  const { state, record, request } = call;
  if (request.headers["anthropic-version"] === undefined) refuse("anthropic-version: header is required");
  const body = parseBody(call);
  const requests = isObject(body) ? body["requests"] : undefined;
  if (!Array.isArray(requests)) refuse("requests: Field required");
  if (requests.length === 0) refuse("requests: List should have at least 1 item after validation, not 0");
  if (requests.length > MAX_REQUESTS) throw new CallRefused({ status: 413 });
  const items = readItems(requests);
  const batch = state.batches.add({
    id: `msgbatch_${state.newId()}`,
    wire: anthropicWire,
    key: record.key,
    headers: request.headers,
    items,
    behaviour: behaviourOf(anthropicWire, request.headers, items, profile),
    inputFileId: "",
    metadata: null,
    fault: null,
  });
  record.batch_items = batch.items.length;
  // The reply says in_progress even where the batch has already ended.
  return { json: batchObject(call, batch, "in_progress") };
}

function readItems(requests: unknown[]): BatchItem[] {
  const ids = new Set<string>();
  return requests.map((item, index) => {
    if (!isObject(item)) refuse(`requests.${index}: Input should be an object`);
    const { custom_id: customId, params } = item;
    if (typeof customId !== "string") refuse(`requests.${index}.custom_id: Field required`);
    if (!CUSTOM_ID.test(customId))
      refuse(`requests.${index}.custom_id: String should match pattern '${CUSTOM_ID.source}'`);
    if (ids.has(customId)) refuse(`requests: Duplicate custom_id found: ${customId}`);
    if (!isObject(params)) refuse(`requests.${index}.params: Field required`);
    ids.add(customId);
    // The body is validated when the item is executed.
    return { customId, body: params };
  });
}

function listBatches(call: LoggedCall): ResourceReply {
  const { batches, firstId, lastId, hasMore } = readBatchPage(call, "after_id");
  const data = batches.map((batch) => batchObject(call, batch));
  return { json: { data, has_more: hasMore, first_id: firstId, last_id: lastId } };
}

function resultLines({ state, requestId }: LoggedCall, batch: MockBatch): ResourceReply {
  if (state.batches.phaseOf(batch) !== "ended") {
    throw new CallRefused({ status: 404, message: `Batch ${batch.id} has no available results.` });
  }
  const results = resultsOf(state, batch);
  return { lines: results.map((each) => ({ custom_id: each.customId, result: resultOf(each.outcome, requestId) })) };
}

function resultOf(outcome: ItemOutcome, requestId: string): object {
  if (outcome.type === "succeeded") return { type: "succeeded", message: outcome.body };
  if (outcome.type === "errored") return { type: "errored", error: anthropicWire.error(outcome.failure, requestId) };
  return { type: outcome.type };
}

function cancelBatch(call: LoggedCall, batch: MockBatch): ResourceReply {
  const { batches } = call.state;
  if (batches.phaseOf(batch) === "ended") return { json: batchObject(call, batch) };
  batches.cancel(batch);
  return { json: batchObject(call, batch, "canceling") };
}

function batchOf({ state, record }: LoggedCall, id: string): MockBatch {
  const batch = state.batches.find(anthropicWire, record.key, id);
  if (batch === undefined) throw new CallRefused({ status: 404, message: `Could not find message batch: ${id}` });
  return batch;
}

function batchObject({ state, request }: LoggedCall, batch: MockBatch, as?: "in_progress" | "canceling"): object {
  const phase = as ?? state.batches.phaseOf(batch);
  const ended = phase === "ended";
  const { createdAt, canceledAt } = batch;
  return {
    id: batch.id,
    type: "message_batch",
    processing_status: phase,
    request_counts: countsOf(state, batch, ended),
    ended_at: ended ? iso(state.batches.endOf(batch)) : null,
    created_at: iso(createdAt),
    expires_at: iso(createdAt + DAY_MS),
    archived_at: null,
    cancel_initiated_at: canceledAt === null ? null : iso(canceledAt),
    results_url: ended ? `http://${request.headers.host}/v1/messages/batches/${batch.id}/results` : null,
  };
}

/** All items count as `processing` until the whole batch has ended. */
function countsOf(state: MockState, batch: MockBatch, ended: boolean): Record<string, number> {
  const counts = { processing: 0, succeeded: 0, errored: 0, canceled: 0, expired: 0 };
  if (!ended) return { ...counts, processing: batch.items.length };
  for (const { outcome } of resultsOf(state, batch)) counts[outcome.type]++;
  return counts;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function refuse(message: string): never {
  throw new CallRefused({ status: 400, message });
}
