import type { MessageBatch } from "@anthropic-ai/sdk/resources/messages/batches";
import { readJsonLines } from "../../lib/json-lines.ts";
import {
  type BatchProgress,
  type BatchProvider,
  type BatchLineResult,
  CLOCK_SKEW_MS,
  type EncodedLine,
  MAX_LISTED,
  MAX_RESULT_LINE_BYTES,
  type SubmissionFound,
  type SubmissionIntent,
} from "../batch-provider.ts";
import { AppError } from "../../domain/errors.ts";
import { errorInBody, type FailureContext, malformed } from "../errors.ts";
import type { ProviderCall } from "../provider.ts";
import { batchProvider, completionResult } from "../batch-calls.ts";
import { type ApiRequest, ProviderApi, segment, bodyOf } from "../provider-api.ts";
import { isRecord, textOr } from "../wire.ts";
import { ANTHROPIC_FORMAT, type AnthropicOptions } from "./api.ts";
import { toAnthropicRequest } from "./request.ts";
import { toCompletion } from "./response.ts";

const PATH = "/v1/messages/batches";

/**
 * Anthropic's Message Batches API. Source:
 * platform.claude.com/docs/en/build-with-claude/batch-processing.
 */
export function createAnthropicBatches(options: AnthropicOptions): BatchProvider {
  const { now = Date.now } = options;
  const api = new ProviderApi(ANTHROPIC_FORMAT, options);
  const headers = { accept: "application/binary" };
  const open = (id: string, call: ProviderCall) => api.open({ path: `${PATH}/${segment(id)}/results`, headers }, call);
  return batchProvider({
    provider: "anthropic",
    now,
    encode: ({ custom_id, request }) => {
      const { body, headers } = toAnthropicRequest(request);
      return { json: JSON.stringify({ custom_id, params: body }), headers };
    },
    async submit(_nonce, lines, call) {
      return idOf(await api.json<MessageBatch>(await toSubmission(lines), call));
    },
    async find(intent, call) {
      let found: SubmissionFound = "none";
      let seen = 0;
      for await (const batch of api.list<MessageBatch>(PATH, "after_id", call)) {
        if (Date.parse(batch.created_at) < intent.since - CLOCK_SKEW_MS) return found;
        seen += 1;
        if (seen >= MAX_LISTED) return "unsure";
        if (!mayBe(batch, intent)) continue;
        if (batch.processing_status !== "ended") found = "unsure";
        else {
          const isOurs = await beginsWith(await open(idOf(batch), call), intent.nonce);
          if (isOurs === true) return { id: idOf(batch) };
          if (isOurs === null) found = "unsure";
        }
      }
      return found;
    },
    async poll(id, call) {
      return toProgress(await api.json<MessageBatch>({ path: `${PATH}/${segment(id)}` }, call));
    },
    async cancel(id, call) {
      await api.json({ method: "POST", path: `${PATH}/${segment(id)}/cancel` }, call);
    },
    open,
    toResult,
  });
}

/**
 * The submission, whose body is generated while it is sent. Requests for one model need the same
 * headers, so it has those of the first request.
 */
async function toSubmission(lines: AsyncIterable<EncodedLine>): Promise<ApiRequest> {
  const iterator = lines[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done === true) throw new AppError("internal_error", "A batch without requests was to be submitted.");
  async function* json(): AsyncGenerator<string> {
    let separator = '{"requests":[';
    for (let next: IteratorResult<EncodedLine> = first; next.done !== true; next = await iterator.next()) {
      yield separator + next.value.json;
      separator = ",\n";
    }
    yield "]}";
  }
  const headers = { ...first.value.headers, "content-type": "application/json" };
  return { method: "POST", path: PATH, headers, body: bodyOf(json()) };
}

function idOf({ id }: MessageBatch): string {
  if (typeof id !== "string" || id === "") throw malformed("anthropic", "a batch without an id");
  return id;
}

/**
 * Whether a listed batch may be the wanted submission. The list shows neither custom_ids nor a mark
 * of ours; only the results of a batch that has ended show them. So a search must wait for every
 * batch that looks like the submission: one of this key's workspace, not older, not larger and not
 * another submission.
 */
function mayBe({ id, request_counts }: MessageBatch, { at_most, others }: SubmissionIntent): boolean {
  return totalOf(request_counts) <= at_most && !others.has(id);
}

function totalOf({ processing, succeeded, errored, canceled, expired }: MessageBatch["request_counts"]): number {
  return processing + succeeded + errored + canceled + expired;
}

/** Whether results are those of a nonce; null where there are some, and none can be read. */
async function beginsWith({ body }: Response, nonce: string): Promise<boolean | null> {
  let isOurs: boolean | null = false;
  if (body === null) return isOurs;
  for await (const line of readJsonLines(body, MAX_RESULT_LINE_BYTES)) {
    const custom_id = isRecord(line) ? textOr(line["custom_id"], "") : "";
    if (custom_id !== "") return custom_id.startsWith(nonce);
    isOurs = null;
  }
  return isOurs;
}

function toProgress(batch: MessageBatch): BatchProgress {
  const total = totalOf(batch.request_counts);
  const counts = { total, done: total - batch.request_counts.processing };
  if (batch.processing_status !== "ended") return { status: "running", counts };
  return { status: "ended", counts, sources: [idOf(batch)] };
}

/** Converts a line of the results. */
function toResult(line: unknown, context: FailureContext): BatchLineResult {
  const custom_id = isRecord(line) ? line["custom_id"] : undefined;
  const result = isRecord(line) ? line["result"] : undefined;
  if (typeof custom_id !== "string" || !isRecord(result)) throw malformed("anthropic", "a result without a custom_id");
  switch (result["type"]) {
    case "succeeded":
      return completionResult(custom_id, context, () => toCompletion(result["message"], ""));
    case "expired":
      return { custom_id, type: "expired" };
    case "canceled":
      return { custom_id, type: "cancelled" };
    default: {
      const error = errorInBody({ error: result["error"] }, undefined, context);
      return { custom_id, type: "error", error: error ?? malformed("anthropic", "a result without an answer") };
    }
  }
}
