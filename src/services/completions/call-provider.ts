import {
  addPart,
  beginCompletion,
  type Completion,
  type CompletionRequest,
  type StreamPart,
  type Usage,
} from "../../domain/completions/completion.ts";
import { AppError } from "../../domain/errors.ts";
import { LANE_RULES } from "../../domain/gate/lanes.ts";
import type { Lane } from "../../domain/lane.ts";
import type { RateLimitFacts } from "../../domain/gate/rate-limit-facts.ts";
import { startDeadline, startPatientTimer } from "../../lib/deadline.ts";
import type { Provider } from "../../providers/provider.ts";
import type { Admission, EndOutcome } from "../gate/admit.ts";
import type { Clock } from "../../lib/clock.ts";
import type { TokenBook } from "./token-estimator.ts";

/** How long a call may be silent, in ms: until a stream's response begins, and then, or for an answer that is not read as a stream, until something comes. */
export interface CallTimes {
  firstByteMs: number;
  readMs: number;
}

/** One call to a provider under an admission, which it ends. `prompt` is the estimate that the tokens were reserved by. */
export interface ProviderTask {
  request: CompletionRequest;
  provider: Provider;
  lane: Lane;
  signal: AbortSignal;
  onFacts?: (facts: RateLimitFacts) => void;
  admission: Admission;
  prompt: number;
  /** The execution may go on for so long, in ms. */
  time_ms: number;
}

/** An answer of at most so many tokens comes well within the time that a provider may be silent. */
const SHORT_ANSWER_TOKENS = 1_000;

/** A call about to be made; make it once, in either form. Both throw AppError. */
export interface Called {
  whole(): Promise<Completion>;
  /** Resolves with the first part. */
  stream(): Promise<AsyncGenerator<StreamPart>>;
}

/** Makes one call within its times, and settles its admission by how it went: tokens by the usage, the key's health by the failure. */
export function callProvider(deps: Clock & { tokens: TokenBook; times: CallTimes }, task: ProviderTask): Called {
  const { request, provider, admission, signal, lane } = task;
  const begun = deps.now();
  const watch = watchSilence(signal, LANE_RULES[lane].timeout_ms, request.provider);
  let facts: RateLimitFacts = {};
  let ttft: number | null = null;
  let over = false;

  function end(spent: number, outcome: EndOutcome | null): void {
    if (over) return;
    over = true;
    watch.clear();
    admission.end(spent, outcome);
  }

  function passed(usage: Usage | null): void {
    if (usage) deps.tokens.settle(request.model, task.prompt, usage);
    const latency_ms = deps.now() - begun;
    end(usage?.total_tokens ?? task.prompt, { kind: "passed", latency_ms, ttft_ms: ttft ?? latency_ms });
  }

  /** Whose time ran out, or who left, says nothing of the key. */
  function failed(error: unknown): void {
    const outcome = signal.aborted ? null : outcomeOf(error, facts);
    end(outcome?.kind === "limited" || outcome?.kind === "refused" ? 0 : task.prompt, outcome);
  }

  const call = {
    apiKey: admission.key.secret,
    signal: watch.signal,
    onFacts(told: RateLimitFacts) {
      facts = told;
      task.onFacts?.(told);
    },
  };

  async function* follow(
    first: IteratorResult<StreamPart>,
    rest: AsyncIterator<StreamPart>,
  ): AsyncGenerator<StreamPart> {
    let usage: Usage | null = null;
    let error: unknown;
    try {
      for (let next = first; !next.done; next = await rest.next()) {
        watch.within(deps.times.readMs);
        if (next.value.type === "finish") usage = next.value.usage;
        yield next.value;
      }
    } catch (thrown) {
      error = thrown;
      throw thrown;
    } finally {
      if (error === undefined) passed(usage);
      else failed(error);
      await rest.return?.();
    }
  }

  /**
   * A whole answer says nothing before its end: how long it may be would be bounded by how long a provider may be silent. Where its time allows more, it is
   * read as a stream, so that silence ends it and length does not.
   */
  function mayOutlastSilence(): boolean {
    return task.time_ms > deps.times.readMs && (request.parameters.max_tokens ?? Infinity) > SHORT_ANSWER_TOKENS;
  }

  async function gathered(): Promise<Completion> {
    const completion = beginCompletion(request.model);
    for await (const part of await stream()) addPart(completion, part);
    return completion;
  }

  async function stream(): Promise<AsyncGenerator<StreamPart>> {
    watch.within(deps.times.firstByteMs);
    try {
      const source = await provider.stream(request, call);
      watch.within(deps.times.readMs);
      const parts = source[Symbol.asyncIterator]();
      const first = await parts.next();
      ttft = deps.now() - begun;
      return follow(first, parts);
    } catch (error) {
      failed(error);
      throw error;
    }
  }

  return {
    stream,
    async whole() {
      if (mayOutlastSilence()) return gathered();
      watch.within(deps.times.readMs);
      try {
        const completion = await provider.complete(request, call);
        passed(completion.usage);
        return completion;
      } catch (error) {
        failed(error);
        throw error;
      }
    },
  };
}

/** What a failure says of the key's health. An answer that refuses the request shows that the key works. */
function outcomeOf(error: unknown, facts: RateLimitFacts): EndOutcome | null {
  if (!(error instanceof AppError)) return null;
  const retry_after_ms = error.retryAfterMs;
  if (error.keyFault) return { kind: "refused", status: error.keyFault };
  if (error.code === "rate_limit_error") {
    const { requests, tokens } = facts;
    return {
      kind: "limited",
      retry_after_ms,
      ...(requests ? { rpm: requests.limit } : {}),
      ...(tokens ? { tpm: tokens.limit } : {}),
    };
  }
  if (error.code === "provider_overloaded") return { kind: "overloaded", retry_after_ms };
  return error.retryable ? { kind: "failed" } : null;
}

/** A signal that aborts where a provider is silent for longer than it was last given, or the call lasts longer than `longestMs`; it follows `parent`. */
function watchSilence(parent: AbortSignal, longestMs: number, provider: string) {
  const late = (ms: number) =>
    new AppError("timeout", `${provider} did not answer within ${ms} ms.`, { retryable: true });
  const whole = startDeadline(longestMs, () => late(longestMs), parent);
  let limit = longestMs;
  let since = 0;
  let stop: (() => void) | undefined;
  const controller = new AbortController();
  const follow = () => controller.abort(whole.signal.reason);
  whole.signal.addEventListener("abort", follow, { once: true });
  if (whole.signal.aborted) follow();
  return {
    signal: controller.signal,
    /** From now on, something has to come within so many ms. Cheap where the limit stays the same. */
    within(ms: number) {
      since += 1;
      if (stop !== undefined && ms === limit) return;
      stop?.();
      limit = ms;
      const arm = (seen: number) => {
        stop = startPatientTimer(ms, () => (since === seen ? controller.abort(late(ms)) : arm(since)));
      };
      arm(since);
    },
    clear() {
      stop?.();
      whole.clear();
    },
  };
}
