import type { Completion, ProviderName } from "../domain/completions/completion.ts";
import { JsonLineError, readJsonLines } from "../lib/json-lines.ts";
import { type BatchProvider, type BatchLineResult, MAX_RESULT_LINE_BYTES } from "./batch-provider.ts";
import { type FailureContext, malformed, classifyFailure } from "./errors.ts";
import type { ProviderCall } from "./provider.ts";

/** The parts that differ between the providers' batch APIs. `now` returns epoch milliseconds. */
export interface BatchCalls extends Omit<BatchProvider, "results"> {
  provider: ProviderName;
  now: () => number;
  /** Requests a file of results. */
  open(source: string, call: ProviderCall): Promise<Response>;
  /** Converts a line of the results. Throws an AppError for a line that is no result. */
  toResult(line: unknown, context: FailureContext): BatchLineResult;
}

/**
 * The {@link BatchProvider} port over a provider's calls: failures become AppErrors, and results
 * are read line by line.
 */
export function batchProvider(calls: BatchCalls): BatchProvider {
  const contextOf = ({ apiKey, signal }: ProviderCall): FailureContext => {
    return { provider: calls.provider, apiKey, signal, now: calls.now() };
  };
  async function guard<T>(call: ProviderCall, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw classifyFailure(error, contextOf(call));
    }
  }
  async function* linesOf(source: string, call: ProviderCall): AsyncGenerator<BatchLineResult> {
    const { body } = await calls.open(source, call);
    if (body === null) return;
    for await (const line of readJsonLines(body, MAX_RESULT_LINE_BYTES)) yield resultOf(line, contextOf(call));
  }
  /** A line that cannot be read must not keep the others from being read. */
  function resultOf(line: unknown, context: FailureContext): BatchLineResult {
    try {
      if (line instanceof JsonLineError) throw malformed(calls.provider, line.message);
      return calls.toResult(line, context);
    } catch (error) {
      return { type: "unreadable", error: classifyFailure(error, context) };
    }
  }
  return {
    encode: (line) => calls.encode(line),
    submit: (nonce, lines, call) => guard(call, async () => calls.submit(nonce, lines, call)),
    find: (intent, call) => guard(call, async () => calls.find(intent, call)),
    poll: (id, call) => guard(call, async () => calls.poll(id, call)),
    cancel: (id, call) => guard(call, async () => calls.cancel(id, call)),
    async *results(sources, call) {
      try {
        for (const source of sources) yield* linesOf(source, call);
      } catch (error) {
        if (error instanceof JsonLineError) throw malformed(calls.provider, error.message);
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
