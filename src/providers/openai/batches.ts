import type { Batch } from "openai/resources/batches";
import {
  type BatchProgress,
  type BatchProvider,
  type BatchLineResult,
  CLOCK_SKEW_MS,
  type EncodedLine,
  MAX_LISTED,
} from "../batch-provider.ts";
import { contextOf, errorInBody, type FailureContext, malformed } from "../errors.ts";
import type { ProviderCall } from "../provider.ts";
import { UnusableAnswer } from "../../domain/completions/unusable-answer.ts";
import { OPENAI_ENDPOINTS, type OpenAIEndpoint } from "../../domain/completions/openai-endpoint.ts";
import { batchProvider, completionResult } from "../batch-calls.ts";
import { type ApiRequest, ProviderApi, segment, bodyOf } from "../provider-api.ts";
import { isRecord, textOr } from "../wire.ts";
import { OPENAI_FORMAT, type OpenAIOptions } from "./api.ts";
import { toCompletion } from "./response.ts";
import { statedInResponse, toCompletionOfResponse } from "./responses-answer.ts";
import { toSentRequest } from "./sent-request.ts";

/** The path of a request in a batch. */
const pathOf = (endpoint: OpenAIEndpoint) => `/v1/${endpoint}` as const;
type Path = ReturnType<typeof pathOf>;
/** The key of the nonce in the metadata of a batch. */
const NONCE = "pbt_edge_submission";

/**
 * OpenAI's Batch API: a file of requests, a batch of that file, and then two files of results.
 * Source: developers.openai.com/api/docs/guides/batch.
 */
export function createOpenAIBatches(options: OpenAIOptions): BatchProvider {
  const { now = Date.now } = options;
  const api = new ProviderApi(OPENAI_FORMAT, options);
  const retrieve = (id: string, call: ProviderCall) => api.json<Batch>({ path: `/batches/${segment(id)}` }, call);
  return batchProvider({
    provider: "openai",
    now,
    encode: ({ custom_id, request }) => {
      const { endpoint, body } = toSentRequest(request);
      const url = pathOf(endpoint);
      return { json: JSON.stringify({ custom_id, method: "POST", url, body }), headers: {}, endpoint: url };
    },
    async submit(nonce, lines, call) {
      const seen: SeenPath = { path: pathOf("chat/completions") };
      const { id } = await api.json<{ id: string }>(uploadOf(nonce, jsonLines(lines, seen)), call);
      const metadata = { [NONCE]: nonce };
      const batch = { input_file_id: id, endpoint: seen.path, completion_window: "24h", metadata };
      return idOf(await api.json<Batch>({ method: "POST", path: "/batches", body: JSON.stringify(batch) }, call));
    },
    async find({ nonce, since }, call) {
      let seen = 0;
      for await (const batch of api.list<Batch>("/batches", "after", call)) {
        if (batch.metadata?.[NONCE] === nonce) return { id: idOf(batch) };
        if (batch.created_at * 1000 < since - CLOCK_SKEW_MS) return "none";
        seen += 1;
        if (seen >= MAX_LISTED) return "unsure";
      }
      return "none";
    },
    async poll(id, call) {
      return toProgress(await retrieve(id, call), contextOf("openai", call, now()));
    },
    async cancel(id, call) {
      try {
        await api.json({ method: "POST", path: `/batches/${segment(id)}/cancel` }, call);
      } catch (error) {
        // The batch may have just ended. The API says so only in the text of its error.
        const { status } = await retrieve(id, call);
        if (!ENDED.has(status) && status !== "cancelling" && status !== "failed") throw error;
      }
    },
    open: (fileId, call) => api.open({ path: `/files/${segment(fileId)}/content`, headers: BINARY }, call),
    toResult,
  });
}

const ENDED = new Set<string>(["completed", "expired", "cancelled"]);
const BINARY = { accept: "application/binary" };

/**
 * The upload of a file of requests, as multipart/form-data that is sent while it is generated. Its
 * lines have no line breaks within, so the boundary cannot be in one.
 */
function uploadOf(nonce: string, lines: AsyncIterable<string>): ApiRequest {
  const boundary = `pbt-edge-${nonce}`;
  async function* parts(): AsyncGenerator<string> {
    yield `--${boundary}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n`;
    yield `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${nonce}.jsonl"\r\n`;
    yield "Content-Type: application/jsonl\r\n\r\n";
    yield* lines;
    yield `\r\n--${boundary}--\r\n`;
  }
  const headers = { "content-type": `multipart/form-data; boundary=${boundary}` };
  return { method: "POST", path: "/files", headers, body: bodyOf(parts()) };
}

/** The path that the requests of a batch are for, once its lines were read. */
interface SeenPath {
  path: Path;
}

/** The lines of a file. All of a batch's items have one prompt and one model, and so one path. */
async function* jsonLines(lines: AsyncIterable<EncodedLine>, seen: SeenPath): AsyncGenerator<string> {
  for await (const { json, endpoint } of lines) {
    seen.path = OPENAI_ENDPOINTS.map(pathOf).find((path) => path === endpoint) ?? seen.path;
    yield `${json}\n`;
  }
}

function idOf({ id }: Batch): string {
  if (typeof id !== "string" || id === "") throw malformed("openai", "a batch without an id");
  return id;
}

function toProgress(batch: Batch, context: FailureContext): BatchProgress {
  const { total = 0, completed = 0, failed = 0 } = batch.request_counts ?? {};
  const counts = { total, done: completed + failed };
  if (batch.status === "failed") {
    const [first] = batch.errors?.data ?? [];
    const error = errorInBody({ error: first ?? {} }, undefined, context, 400);
    return { status: "failed", counts, error: error ?? malformed("openai", "a batch that failed without a reason") };
  }
  if (!ENDED.has(batch.status)) return { status: "running", counts };
  const files = [batch.output_file_id, batch.error_file_id];
  return { status: "ended", counts, sources: files.filter((id) => typeof id === "string" && id !== "") as string[] };
}

/**
 * Converts a line of the output file or the error file.
 * Source of the error codes: the API reference, "batch request output object".
 */
function toResult(line: unknown, context: FailureContext): BatchLineResult {
  const custom_id = isRecord(line) ? line["custom_id"] : undefined;
  if (!isRecord(line) || typeof custom_id !== "string") throw malformed("openai", "a result without a custom_id");
  const { response, error } = line;
  if (isRecord(response)) {
    const { status_code: status, body } = response;
    const failure = errorInBody(body, undefined, context, typeof status === "number" ? status : undefined);
    const isResponse = isRecord(body) && body["object"] === "response";
    const stated = failure && isResponse ? statedInResponse(body, "") : undefined;
    if (failure) return { custom_id, type: "error", error: stated ? new UnusableAnswer(failure, stated) : failure };
    return completionResult(custom_id, context, () => (isResponse ? toCompletionOfResponse : toCompletion)(body, ""));
  }
  const code = isRecord(error) ? textOr(error["code"], "") : "";
  if (code === "batch_expired") return { custom_id, type: "expired" };
  if (code === "batch_cancelled") return { custom_id, type: "cancelled" };
  const status = code === "request_timeout" ? 408 : undefined;
  const failure = errorInBody(line, undefined, context, status);
  return { custom_id, type: "error", error: failure ?? malformed("openai", "a result without an answer") };
}
