import type { Completion, ProviderName } from "../domain/completions/completion.ts";
import { JsonLineError, readJsonLines } from "../lib/json-lines.ts";
import { type BatchProvider, type BatchResult, MAX_RESULT_LINE_BYTES } from "./batch-provider.ts";
import { type FailureContext, malformed, toAppError } from "./errors.ts";
import type { ProviderCall } from "./provider.ts";

/** What differs from one provider's batch API to the next. `now` gives epoch milliseconds. */
export interface SdkBatchCalls extends Omit<BatchProvider, "results"> {
  provider: ProviderName;
  now: () => number;
  /** The response whose body has the results' lines. */
  open(source: string, call: ProviderCall): Promise<Response>;
  /** One line of it. Throws AppError where it is none. */
  toResult(line: unknown, context: FailureContext): BatchResult;
}

/** The port over an SDK: whatever fails becomes an AppError, and results are read line by line. */
export function sdkBatchProvider(sdk: SdkBatchCalls): BatchProvider {
  const contextOf = ({ apiKey, signal }: ProviderCall): FailureContext => {
    return { provider: sdk.provider, apiKey, signal, now: sdk.now() };
  };
  async function guard<T>(call: ProviderCall, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw toAppError(error, contextOf(call));
    }
  }
  async function* linesOf(source: string, call: ProviderCall): AsyncGenerator<BatchResult> {
    const { body } = await sdk.open(source, call);
    if (body === null) return;
    for await (const line of readJsonLines(body, MAX_RESULT_LINE_BYTES)) yield sdk.toResult(line, contextOf(call));
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
        throw toAppError(error, contextOf(call));
      }
    },
  };
}

/** A result out of an answer's body. One that does not follow the format is its item's failure, not that of the whole file. */
export function completionResult(custom_id: string, context: FailureContext, read: () => Completion): BatchResult {
  try {
    return { custom_id, type: "completion", completion: read() };
  } catch (error) {
    return { custom_id, type: "error", error: toAppError(error, context) };
  }
}

/** Text as the bytes that a streamed body is made of. */
export async function* bytesOf(texts: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for await (const text of texts) yield encoder.encode(text);
}
