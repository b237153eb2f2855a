import { behaviourOf, resultsOf } from "./batch-answer.ts";
import { resourceHandler } from "./resource-handler.ts";
import type { ResourceReply } from "./resource-handler.ts";
import { readBatchPage } from "./batch-page.ts";
import type { ItemResult, MockBatch, MockFile } from "./batch-store.ts";
import { isObject } from "./json.ts";
import { ENDPOINTS, readItems, readLines } from "./openai-batch-input.ts";
import { openaiError } from "./openai-error.ts";
import type { MockState } from "./mock-state.ts";
import { openaiWire } from "./openai-wire.ts";
import type { Profile } from "./profile.ts";
import { parseBody } from "./provider-call.ts";
import type { CallHandler, LoggedCall } from "./provider-call.ts";
import { CallRefused } from "./wire.ts";

const MAX_FILE_BYTES = 200 * 2 ** 20;
const DAY_S = 86_400;
const NOT_EXECUTED = {
  expired: {
    code: "batch_expired",
    message: "This request could not be executed before the completion window expired.",
  },
  canceled: { code: "batch_cancelled", message: "The batch was cancelled before this request executed." },
};

/**
 * The handler of a route below /v1 of OpenAI's files and batches
 * (https://platform.openai.com/docs/api-reference/batch).
 */
export function openaiBatchHandler(method: string, resource: string, rest: string[]): CallHandler | undefined {
  const [id = "", action = ""] = rest;
  const route = `${method} ${resource}${id === "" ? "" : "/:id"}${action === "" ? "" : `/${action}`}`;
  switch (route) {
    case "POST files":
      return resourceHandler(uploadFile);
    case "GET files/:id":
      return resourceHandler((call) => ({ json: fileObject(fileOf(call, id)) }));
    case "GET files/:id/content":
      return resourceHandler((call) => contentOf(call, id));
    case "POST batches":
      return resourceHandler(createBatch);
    case "GET batches":
      return resourceHandler(listBatches);
    case "GET batches/:id":
      return resourceHandler((call) => ({ json: batchObject(call.state, batchOf(call, id)) }));
    case "POST batches/:id/cancel":
      return resourceHandler((call) => cancelBatch(call, batchOf(call, id)));
    default:
      return undefined;
  }
}

async function uploadFile(call: LoggedCall): Promise<ResourceReply> {
  const { file, purpose } = await readForm(call);
  if (purpose === "") refuse("Missing required parameter: 'purpose'.", "purpose", "missing_required_parameter");
  if (file === null) refuse("Missing required parameter: 'file'.", "file", "missing_required_parameter");
  if (file.bytes.length > MAX_FILE_BYTES) throw new CallRefused({ status: 413 });
  const { state, record } = call;
  return {
    json: fileObject(state.batches.addFile({ id: `file-${state.newId()}`, key: record.key, purpose, ...file })),
  };
}

async function readForm({ request, body }: LoggedCall): Promise<{
  file: { name: string; bytes: Buffer } | null;
  purpose: string;
}> {
  const type = request.headers["content-type"] ?? "";
  if (!type.startsWith("multipart/form-data")) refuse("Content-Type must be multipart/form-data.");
  let form: FormData;
  try {
    form = await new Response(new Uint8Array(body), { headers: { "content-type": type } }).formData();
  } catch {
    return refuse("Could not parse multipart form.");
  }
  const file = form.get("file");
  const purpose = form.get("purpose");
  return {
    purpose: typeof purpose === "string" ? purpose : "",
    file: file instanceof File ? { name: file.name, bytes: Buffer.from(await file.arrayBuffer()) } : null,
  };
}

function fileObject(file: MockFile): object {
  return {
    id: file.id,
    object: "file",
    bytes: file.bytes.length,
    created_at: seconds(file.createdAt),
    expires_at: null,
    filename: file.name,
    purpose: file.purpose,
    status: "processed",
    status_details: null,
  };
}

function fileOf({ state, record }: LoggedCall, id: string): MockFile {
  const file = state.batches.file(record.key, id);
  if (file === undefined) {
    throw new CallRefused({ status: 404, code: "", message: `No such File object: ${id}`, param: "id" });
  }
  return file;
}

/** The content of an uploaded file, or of one of the two result files of an ended batch. */
function contentOf(call: LoggedCall, id: string): ResourceReply {
  const { state, record } = call;
  const batch = state.batches
    .list(openaiWire, record.key)
    .find((each) => outputId(each) === id || errorId(each) === id);
  if (batch === undefined || state.batches.phaseOf(batch) !== "ended") {
    return { lines: readLines(fileOf(call, id).bytes).map((line) => JSON.parse(line) as object) };
  }
  const wanted = outputId(batch) === id;
  const results = resultsOf(state, batch).filter(({ outcome }) => (outcome.type === "succeeded") === wanted);
  return { lines: results.map((result) => lineOf(state, result)) };
}

function lineOf(state: MockState, { customId, outcome }: ItemResult): object {
  const head = { id: `batch_req_${state.newId()}`, custom_id: customId };
  const response = (status: number, body: object) => ({
    ...head,
    response: { status_code: status, request_id: state.newId(), body },
    error: null,
  });
  if (outcome.type === "succeeded") return response(200, outcome.body);
  if (outcome.type === "errored") return response(outcome.failure.status, openaiError(outcome.failure));
  return { ...head, response: null, error: NOT_EXECUTED[outcome.type] };
}

function createBatch(call: LoggedCall, profile: Profile): ResourceReply {
  const body = parseBody(call);
  if (!isObject(body)) throw new CallRefused(openaiWire.badJson);
  const { input_file_id: inputFileId, endpoint, completion_window: window, metadata } = body;
  if (typeof inputFileId !== "string") {
    refuse("Missing required parameter: 'input_file_id'.", "input_file_id", "missing_required_parameter");
  }
  const itemWire = ENDPOINTS.get(String(endpoint));
  if (typeof endpoint !== "string" || !itemWire)
    refuse(`Invalid value: '${String(endpoint)}'.`, "endpoint", "invalid_value");
  if (window !== "24h") refuse("Invalid value: supported values are: '24h'.", "completion_window", "invalid_value");
  const file = fileOf(call, inputFileId);
  if (file.purpose !== "batch") refuse("Invalid file purpose: expected 'batch'.", "input_file_id", "invalid_purpose");
  const { state, record, request } = call;
  const { items, fault } = readItems(readLines(file.bytes), endpoint);
  const batch = state.batches.add({
    id: `batch_${state.newId()}`,
    wire: openaiWire,
    key: record.key,
    headers: request.headers,
    items,
    itemWire,
    endpoint,
    behaviour: behaviourOf(itemWire, request.headers, items, profile),
    inputFileId,
    metadata: isObject(metadata) ? (metadata as Record<string, string>) : null,
    fault,
  });
  record.batch_items = items.length;
  return { json: batchObject(state, batch, "validating") };
}

function listBatches(call: LoggedCall): ResourceReply {
  const { batches, firstId, lastId, hasMore } = readBatchPage(call, "after");
  const data = batches.map((batch) => batchObject(call.state, batch));
  return { json: { object: "list", data, first_id: firstId, last_id: lastId, has_more: hasMore } };
}

function cancelBatch({ state }: LoggedCall, batch: MockBatch): ResourceReply {
  if (state.batches.phaseOf(batch) === "ended") {
    throw new CallRefused({ status: 409, code: "", message: "Cannot cancel a batch that has ended." });
  }
  state.batches.cancel(batch);
  return { json: batchObject(state, batch, "cancelling") };
}

function batchOf({ state, record }: LoggedCall, id: string): MockBatch {
  const batch = state.batches.find(openaiWire, record.key, id);
  if (batch === undefined) throw new CallRefused({ status: 404, code: "", message: `No batch found with id '${id}'.` });
  return batch;
}

function outputId(batch: MockBatch): string {
  return `file-out-${batch.id}`;
}

function errorId(batch: MockBatch): string {
  return `file-err-${batch.id}`;
}

/** `as` is the status in replies to creation and cancellation, even where the batch has ended. */
function batchObject(state: MockState, batch: MockBatch, as?: "validating" | "cancelling"): object {
  const ended = as === undefined && state.batches.phaseOf(batch) === "ended";
  const results = ended ? resultsOf(state, batch) : [];
  const completed = results.filter(({ outcome }) => outcome.type === "succeeded").length;
  const expired = results.some(({ outcome }) => outcome.type === "expired");
  const status = as ?? statusOf(batch, ended, expired);
  const created = seconds(batch.createdAt);
  const at = (when: string) => (status === when ? seconds(state.batches.endOf(batch)) : null);
  return {
    id: batch.id,
    object: "batch",
    endpoint: batch.endpoint,
    errors: batch.fault === null ? null : { object: "list", data: [{ ...batch.fault, param: null }] },
    input_file_id: batch.inputFileId,
    completion_window: "24h",
    status,
    output_file_id: completed > 0 ? outputId(batch) : null,
    error_file_id: results.length > completed ? errorId(batch) : null,
    created_at: created,
    in_progress_at: status === "failed" ? null : created,
    expires_at: created + DAY_S,
    finalizing_at: at("completed"),
    completed_at: at("completed"),
    failed_at: at("failed"),
    expired_at: at("expired"),
    cancelling_at: at("cancelled"),
    cancelled_at: at("cancelled"),
    request_counts: { total: batch.items.length, completed, failed: results.length - completed },
    metadata: batch.metadata,
  };
}

function statusOf(batch: MockBatch, ended: boolean, expired: boolean): string {
  if (batch.fault !== null) return "failed";
  if (!ended) return "in_progress";
  if (batch.canceledAt !== null) return "cancelled";
  return expired ? "expired" : "completed";
}

function seconds(ms: number): number {
  return Math.floor(ms / 1_000);
}

function refuse(message: string, param?: string, code?: string): never {
  throw new CallRefused({ status: 400, message, param, code });
}
