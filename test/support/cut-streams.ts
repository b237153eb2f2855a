import type { Attempt } from "../../src/domain/completions/attempt.ts";
import type { CompletionRequest, StreamPart, Usage } from "../../src/domain/completions/completion.ts";
import { AppError } from "../../src/domain/errors.ts";
import type { Provider } from "../../src/providers/provider.ts";
import type { CompletionCall, CompletionStream } from "../../src/services/completions/completion-call.ts";
import { CompletionFailed } from "../../src/services/completions/completion-failed.ts";
import type { CompletionResult } from "../../src/services/completions/completion-result.ts";
import { CompletionMaker } from "../../src/services/completions/make-completion.ts";
import { TokenEstimator } from "../../src/services/completions/token-estimator.ts";

/** What a call of the fake provider does: it is given the request, and how many came before it. */
export type CutAnswer = (request: CompletionRequest, call: number) => AsyncGenerator<StreamPart>;

/** What a reader had of a stream, and how that ended. */
export interface ReadStream {
  /** The texts, joined as they came. */
  text: string;
  /** The types of the parts, a run of the same type once. */
  types: string[];
  reasoning: string;
  result?: CompletionResult;
  error?: CompletionFailed;
}

/** A text in chunks whose lengths the seed decides, with a cut after `end` units where it is given. */
export function* chunksOf(text: string, random: () => number, end = text.length): Generator<StreamPart> {
  for (let at = 0; at < end;) {
    const next = Math.min(end, at + 1 + Math.floor(random() * 5));
    yield { type: "text", text: text.slice(at, next) };
    at = next;
  }
}

/** The usage of a call that read and wrote so many tokens. */
export function usageOf(prompt_tokens: number, completion_tokens: number): Usage {
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
}

/** The end of a whole answer. */
export function finishOf(model: string, usage: Usage | null = usageOf(10, 5)): StreamPart {
  return { type: "finish", finish_reason: "stop", usage, model };
}

/** The failure of a provider in the middle of a stream. */
export const brokenOff = () => new AppError("provider_error", "a stream that broke off", { retryable: true });

/**
 * Streams of a fake provider, with one key without limits. `ledger` has what the calls did to the
 * record, the budget and the gate, in order.
 */
export function cutStreams(answer: CutAnswer) {
  const requests: CompletionRequest[] = [];
  const ledger: string[] = [];
  const key = { name: "main", version: 1, secret: "k", weight: 1, rpm: null, tpm: null, max_concurrency: null };
  const provider: Provider = {
    async stream(request) {
      requests.push(request);
      return answer(request, requests.length - 1);
    },
    complete: async () => Promise.reject(new Error("no test here asks for a whole answer")),
    check: async () => undefined,
  };
  const maker = new CompletionMaker({
    now: () => 0,
    sleep: async () => undefined,
    random: () => 0,
    providers: { openai: provider, anthropic: provider },
    keysFor: async () => [key],
    admit: async () => ({
      key,
      send: () => true,
      end: (_tokens, outcome) => void ledger.push(`end ${outcome?.kind ?? "nothing"}`),
      abort: (_tokens, outcome) => void ledger.push(`abort ${outcome?.kind ?? "nothing"}`),
      cancel: () => void ledger.push("cancel"),
    }),
    tokens: new TokenEstimator(),
    times: { connectMs: 2_000, firstByteMs: 2_000, readMs: 2_000 },
  });
  const controller = new AbortController();
  const call = (models: string[], change: Partial<CompletionCall> = {}): CompletionCall => ({
    tenant_id: "ten",
    lane: "standard",
    candidates: models.map((model) => ({ provider: model.startsWith("claude") ? "anthropic" : "openai", model })),
    input: { messages: [{ role: "user", content: "hi" }], parameters: { max_tokens: 1_000 } },
    signal: controller.signal,
    restarts: () => true,
    openBudget: async () => ({
      bound: (input) => input,
      async reserve() {
        ledger.push("reserve");
        return { reserved: 100, settle: (cost) => void ledger.push(cost === 0 ? "free" : "settle") };
      },
    }),
    own: async (attempts) => void ledger.push(`own ${attempts}`),
    ...change,
  });
  const stream = async (models: string[], change?: Partial<CompletionCall>) =>
    readStream(await maker.stream(call(models, change)));
  return { requests, ledger, maker, call, stream, abort: () => controller.abort(new AppError("timeout", "late")) };
}

/** Reads a stream to its end. */
export async function readStream({ parts }: Pick<CompletionStream, "parts">): Promise<ReadStream> {
  const read: ReadStream = { text: "", types: [], reasoning: "" };
  try {
    for await (const part of parts) {
      if (read.types.at(-1) !== part.type) read.types.push(part.type);
      if (part.type === "text") read.text += part.text;
      if (part.type === "reasoning") read.reasoning += part.text;
      if (part.type === "result") read.result = part.result;
    }
  } catch (thrown) {
    if (!(thrown instanceof CompletionFailed)) throw thrown;
    read.error = thrown;
  }
  return read;
}

/** Who was called, and how that ended. */
export function outcomesOf(attempts: readonly Attempt[] = []): string[] {
  return attempts.map(({ candidate, outcome }) => `${candidate.model} ${outcome}`);
}
