import { type Attempt, type AttemptOutcome, withAnswer } from "../../domain/completions/attempt.ts";
import { countedTokens } from "../../domain/completions/counted-tokens.ts";
import type { Candidate } from "../../domain/completions/candidate.ts";
import {
  addPart,
  beginCompletion,
  type Completion,
  type CompletionInput,
  type CompletionRequest,
  type StreamPart,
} from "../../domain/completions/completion.ts";
import { toAppError } from "../../domain/errors.ts";
import { LANE_RULES } from "../../domain/gate/lanes.ts";
import type { RateLimitFacts } from "../../domain/rate-limit-facts.ts";
import type { Lane } from "../../domain/lane.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Provider } from "../../providers/provider.ts";
import type { Admission } from "../gate/admission.ts";
import { CompletionFailed } from "./completion-failed.ts";
import { gateOutcomeOf } from "./gate-outcome.ts";
import { SilenceWatch } from "./silence-watch.ts";
import type { TokenEstimator } from "./token-estimator.ts";

/**
 * How long a provider may be silent, in ms: until a stream's response begins, and after that
 * until the next part comes. A whole answer that is not read as a stream has `readMs` for all of
 * it.
 */
export interface CallTimes {
  firstByteMs: number;
  readMs: number;
}

/** What a call to a provider is made with. */
export interface CallProviderDeps extends Clock {
  providers: Record<Candidate["provider"], Provider>;
  tokens: TokenEstimator;
  times: CallTimes;
}

/** One call to a provider, under an admission that the call ends. */
export interface ProviderTask {
  candidate: Candidate;
  input: CompletionInput;
  admission: Admission;
  /** The estimated tokens of the prompt that the reservation was made with. */
  promptTokens: number;
  lane: Lane;
  /** The execution's deadline. */
  signal: AbortSignal;
  /** How long the execution may take, in ms. */
  timeMs: number;
}

/** A whole answer, and the attempt that brought it. */
export interface AnsweredCall {
  attempt: Attempt;
  completion: Completion;
}

/**
 * A stream that has begun to answer. `parts` give the text, then exactly one `answered`; they throw
 * CompletionFailed.
 */
export interface OpenedCall {
  attempt: Attempt;
  parts: AsyncIterable<{ type: "text"; text: string } | ({ type: "answered" } & AnsweredCall)>;
}

/**
 * An answer of at most this many tokens comes well within the time that a provider may be silent.
 */
const SHORT_ANSWER_TOKENS = 1_000;

/** Makes one call and gives its whole answer. Throws CompletionFailed with the one attempt. */
export async function callWhole(deps: CallProviderDeps, task: ProviderTask): Promise<AnsweredCall> {
  return new ProviderCallRun(deps, task).whole();
}

/**
 * Makes one call and resolves with the first part of its answer. Throws CompletionFailed with the
 * one attempt.
 */
export async function callStreamed(deps: CallProviderDeps, task: ProviderTask): Promise<OpenedCall> {
  return new ProviderCallRun(deps, task).open();
}

/** One call under way. However it ends, it settles its admission once and becomes an attempt. */
class ProviderCallRun {
  readonly #deps: CallProviderDeps;
  readonly #task: ProviderTask;
  readonly #provider: Provider;
  readonly #request: CompletionRequest;
  readonly #watch: SilenceWatch;
  readonly #startedAt: number;
  #firstTokenAt: number | null = null;
  #limits: RateLimitFacts = {};
  #isSettled = false;

  constructor(deps: CallProviderDeps, task: ProviderTask) {
    const { provider, model } = task.candidate;
    this.#deps = deps;
    this.#task = task;
    this.#provider = deps.providers[provider];
    this.#request = { ...task.input, provider, model };
    this.#startedAt = deps.now();
    this.#watch = new SilenceWatch(task.signal, LANE_RULES[task.lane].timeout_ms, provider);
  }

  async whole(): Promise<AnsweredCall> {
    if (this.#mayOutlastSilence()) return this.#gather();
    this.#watch.expectWithin(this.#deps.times.readMs);
    try {
      const { limits = {}, ...completion } = await this.#provider.complete(this.#request, this.#call());
      this.#limits = limits;
      return this.#answered(completion);
    } catch (error) {
      throw this.#failed(error);
    }
  }

  async open(): Promise<OpenedCall> {
    this.#watch.expectWithin(this.#deps.times.firstByteMs);
    try {
      const stream = await this.#provider.stream(this.#request, this.#call());
      this.#limits = stream.limits ?? {};
      this.#watch.expectWithin(this.#deps.times.readMs);
      const parts = stream[Symbol.asyncIterator]();
      const first = await parts.next();
      this.#firstTokenAt = this.#deps.now();
      return { attempt: this.#attempt("streaming"), parts: this.#follow(first, parts) };
    } catch (error) {
      throw this.#failed(error);
    }
  }

  async *#follow(
    first: IteratorResult<StreamPart>,
    rest: AsyncIterator<StreamPart>,
  ): AsyncGenerator<{ type: "text"; text: string } | ({ type: "answered" } & AnsweredCall)> {
    const completion = beginCompletion(this.#request.model);
    let failure: unknown;
    try {
      for (let next = first; !next.done; next = await rest.next()) {
        this.#watch.expectWithin(this.#deps.times.readMs);
        addPart(completion, next.value);
        if (next.value.type === "text") yield next.value;
      }
    } catch (error) {
      failure = this.#failed(error, completion);
      throw failure;
    } finally {
      // A consumer that leaves early ends the call here, too: what it read so far has been paid
      // for.
      if (failure === undefined)
        this.#settle(this.#attempt("answered"), countedTokens(this.#request.provider, completion.usage));
      await rest.return?.();
    }
    yield { type: "answered", ...this.#answered(completion) };
  }

  /** A whole answer that is read as a stream, so that silence ends it and its length does not. */
  async #gather(): Promise<AnsweredCall> {
    const { parts } = await this.open();
    for await (const part of parts) {
      if (part.type === "answered") return part;
    }
    throw this.#failed(new Error("The stream ended without its answer."));
  }

  /**
   * A whole answer says nothing before its end, so the time that a provider may be silent would
   * bound its length. Where the execution has more time than that, it is read as a stream instead.
   */
  #mayOutlastSilence(): boolean {
    const longest = this.#request.parameters.max_tokens ?? Infinity;
    return this.#task.timeMs > this.#deps.times.readMs && longest > SHORT_ANSWER_TOKENS;
  }

  #call() {
    return { apiKey: this.#task.admission.key.secret, signal: this.#watch.signal };
  }

  #attempt(outcome: AttemptOutcome): Attempt {
    const { candidate, admission } = this.#task;
    return {
      candidate,
      key: admission.key.name,
      started_at: this.#startedAt,
      first_token_at: this.#firstTokenAt,
      ended_at: outcome === "streaming" ? null : this.#deps.now(),
      outcome,
      usage: null,
      usage_estimated: false,
      cost: null,
      limits: this.#limits,
    };
  }

  #answered(completion: Completion): AnsweredCall {
    const attempt = this.#attempt("answered");
    this.#settle(attempt, countedTokens(this.#request.provider, completion.usage));
    if (completion.usage) {
      this.#deps.tokens.learn(this.#request.model, this.#task.promptTokens, completion.usage);
    }
    return { attempt: withAnswer(attempt, this.#task.input, completion), completion };
  }

  /** The failure with its attempt. `completion` is what a stream had said before it broke off. */
  #failed(thrown: unknown, completion?: Completion): CompletionFailed {
    const error = toAppError(thrown);
    this.#limits = error.providerLimits ?? this.#limits;
    const attempt = { ...this.#attempt(this.#task.signal.aborted ? "cancelled" : "failed"), error };
    this.#settle(attempt, undefined);
    return new CompletionFailed(error, [completion ? withAnswer(attempt, this.#task.input, completion) : attempt]);
  }

  /**
   * Tells the gate how the call went and what it took: the tokens of its usage, else the prompt's
   * estimate.
   */
  #settle(attempt: Attempt, usedTokens: number | undefined): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#watch.clear();
    const outcome = gateOutcomeOf(attempt);
    const refused = outcome?.kind === "limited" || outcome?.kind === "refused";
    this.#task.admission.end(refused ? 0 : (usedTokens ?? this.#task.promptTokens), outcome);
  }
}
