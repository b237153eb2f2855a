import type { Completion, ProviderName } from "../domain/completions/completion.ts";
import { JsonLineError, readJsonLines } from "../lib/json-lines.ts";
import { type BatchProvider, type BatchLineResult, MAX_RESULT_LINE_BYTES } from "./batch-provider.ts";
import { type FailureContext, malformed, classifyFailure } from "./errors.ts";
import type { ProviderCall } from "./provider.ts";

/** The parts that differ between the providers' batch APIs. `now` returns epoch milliseconds. */
export interface SdkBatchCalls extends Omit<BatchProvider, "results"> {
  provider: ProviderName;
  now: () => number;
  /** Requests a file of results. */
  open(source: string, call: ProviderCall): Promise<Response>;
  /** Converts a line of the results. Throws an AppError for a line that is no result. */
  toResult(line: unknown, context: FailureContext): BatchLineResult;
}

/**
 * The {@link BatchProvider} port over an SDK: failures become AppErrors, and results are read line
 * by line.
 */
export function sdkBatchProvider(sdk: SdkBatchCalls): BatchProvider {
  const contextOf = ({ apiKey, signal }: ProviderCall): FailureContext => {
    return { provider: sdk.provider, apiKey, signal, now: sdk.now() };
  };
  async function guard<T>(call: ProviderCall, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw classifyFailure(error, contextOf(call));
    }
  }
  async function* linesOf(source: string, call: ProviderCall): AsyncGenerator<BatchLineResult> {
    const { body } = await sdk.open(source, call);
    if (body === null) return;
    for await (const line of readJsonLines(body, MAX_RESULT_LINE_BYTES)) yield resultOf(line, contextOf(call));
  }
  /** A line that cannot be read must not keep the others from being read. */
  function resultOf(line: unknown, context: FailureContext): BatchLineResult {
    try {
      if (line instanceof JsonLineError) throw malformed(sdk.provider, line.message);
      return sdk.toResult(line, context);
    } catch (error) {
      return { type: "unreadable", error: classifyFailure(error, context) };
    }
  }
  return {
    encode: (line) => sdk.encode(line),
    submit: (nonce, lines, call) => guard(call, async () => sdk.submit(nonce, lines, call)),
    find: (intent, call) => guard(call, async () => sdk.find(intent, call)),
    poll: (id, call) => guard(call, async () => sdk.poll(id, call)),
    cancel: (id, call) => guard(call, async () => sdk.cancel(id, call)),
    async *results(sources, call) {
      try {
        for (const source of sources) yield* linesOf(source, call);
      } catch (error) {
        if (error instanceof JsonLineError) throw malformed(sdk.provider, error.message);
        throw classifyFailure(error, contextOf(call));
      }
    },
  };
}

/**
 * The result in the body of an answer. A malformed body fails its own request, and not the whole
 * file.
 */
export function completionResult(custom_id: string, context: FailureContext, read: () => Completion): BatchLineResult {
  try {
    return { custom_id, type: "completion", completion: read() };
  } catch (error) {
    return { custom_id, type: "error", error: classifyFailure(error, context) };
  }
}

/** Texts as the UTF-8 bytes of a streamed body. */
export async function* bytesOf(texts: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for await (const text of texts) yield encoder.encode(text);
}
