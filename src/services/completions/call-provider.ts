import { settledCost } from "../../domain/budgets/worst-cost.ts";
import { type Attempt, type AttemptOutcome, withAnswer } from "../../domain/completions/attempt.ts";
import type { Candidate } from "../../domain/completions/candidate.ts";
import type {
  BuiltInProvider,
  Completion,
  CompletionInput,
  CompletionRequest,
  Said,
  StreamPart,
} from "../../domain/completions/completion.ts";
import { DivergedAnswer } from "../../domain/completions/diverged-answer.ts";
import { OversizedAnswer, oversizedText } from "../../domain/completions/oversized-answer.ts";
import { StreamedAnswer } from "../../domain/completions/streamed-answer.ts";
import { requireWire } from "../../domain/completions/upstream.ts";
import { UnusableAnswer } from "../../domain/completions/unusable-answer.ts";
import { withoutUnasked } from "../../domain/completions/without-unasked.ts";
import { AppError, toAppError } from "../../domain/errors.ts";
import type { RateLimitFacts } from "../../domain/rate-limit-facts.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Provider } from "../../providers/provider.ts";
import type { CallMoney } from "../budgets/open-budget.ts";
import type { Admission } from "../gate/admission.ts";
import type { CallTimes } from "./call-times.ts";
import { CompletionFailed } from "./completion-failed.ts";
import { type ExpectedTokens, gateOutcomeOf, tokensTakenBy } from "./gate-outcome.ts";
import type { Reachability } from "./reachability.ts";
import { SilenceWatch } from "./silence-watch.ts";
import type { TokenEstimator } from "./token-estimator.ts";

/** What a call to a provider is made with. */
export interface CallProviderDeps extends Clock {
  providers: Record<BuiltInProvider, Provider>;
  tokens: TokenEstimator;
  reachability: Reachability;
}

/** One call to a provider, under an admission that the call ends. */
export interface ProviderTask extends ExpectedTokens {
  candidate: Candidate;
  input: CompletionInput;
  /** The end of the input, where that is the beginning of the answer; empty otherwise. */
  prefix: string;
  admission: Admission;
  /** What is reserved for the call; null where no budget applies. */
  money: CallMoney | null;
  /** The headers that name the call in its trace; absent where it has none. */
  trace?: Record<string, string>;
  /** The execution's deadline. */
  signal: AbortSignal;
  /** How long the execution may take, in ms. */
  timeMs: number;
  times: CallTimes;
  /** Whether a stream's response may begin as late as it may be silent. */
  mayBeginLate: boolean;
  /** Whether another provider takes over where this one is not reached. */
  canFailOver: boolean;
}

/** A whole answer, and the attempt that brought it. */
export interface AnsweredCall {
  attempt: Attempt;
  completion: Completion;
}

/** What the model says as it comes, then exactly one `answered`. */
export type CallPart = Said | ({ type: "answered" } & AnsweredCall);

/**
 * A stream that has begun to answer. Its parts throw CompletionFailed, and are given up with a
 * {@link DivergedAnswer} that is thrown into them.
 */
export interface OpenedCall {
  attempt: Attempt;
  parts: AsyncGenerator<CallPart, void>;
}

/** An answer of up to this length comes well within the time that a provider may be silent. */
const SHORT_ANSWER_TOKENS = 1_000;

/** Makes one call and gives its whole answer. Throws CompletionFailed with the one attempt. */
export async function callWhole(deps: CallProviderDeps, task: ProviderTask): Promise<AnsweredCall> {
  return new ProviderCallRun(deps, task, false).whole();
}

/**
 * Makes one call and resolves with the first part of its answer. Throws CompletionFailed with the
 * one attempt.
 */
export async function callStreamed(deps: CallProviderDeps, task: ProviderTask): Promise<OpenedCall> {
  return new ProviderCallRun(deps, task, true).open();
}

/** One call under way. However it ends, it settles its admission once and becomes an attempt. */
class ProviderCallRun {
  readonly #deps: CallProviderDeps;
  readonly #task: ProviderTask;
  readonly #provider: Provider;
  readonly #request: CompletionRequest;
  readonly #watch: SilenceWatch;
  readonly #startedAt: number;
  /** What a stream has said so far. */
  readonly #answer: StreamedAnswer;
  /** How long the response may take to begin, in ms. */
  readonly #beginMs: number;
  /** Whether the response of a provider that seems to be reached has not begun. */
  #isAwaited = false;
  #firstTokenAt: number | null = null;
  #limits: RateLimitFacts = {};
  #isSettled = false;
  #endReachWatch = () => undefined as void;

  constructor(deps: CallProviderDeps, task: ProviderTask, isStreamed: boolean) {
    const { provider, model } = task.candidate;
    this.#deps = deps;
    this.#task = task;
    this.#provider = deps.providers[requireWire({ ...task.admission.key, provider })];
    this.#request = { ...task.input, provider, model };
    this.#answer = new StreamedAnswer(model);
    this.#startedAt = deps.now();
    const { firstByteMs, readMs } = task.times;
    const longest = this.#request.relay && !isStreamed ? task.timeMs : readMs;
    this.#beginMs = isStreamed && !task.mayBeginLate ? firstByteMs : Math.max(firstByteMs, longest);
    this.#watch = new SilenceWatch(task.signal, provider);
  }

  async whole(): Promise<AnsweredCall> {
    if (this.#mayOutlastSilence()) return this.#gather();
    this.#awaitResponse();
    try {
      const { limits = {}, ...completion } = await this.#provider.complete(this.#request, this.#call());
      this.#limits = limits;
      return this.#answered(completion);
    } catch (error) {
      throw this.#failed(error);
    }
  }

  async open(): Promise<OpenedCall> {
    this.#awaitResponse();
    try {
      const stream = await this.#provider.stream(this.#request, this.#call());
      this.#limits = stream.limits ?? {};
      this.#noteActivity();
      const parts = stream[Symbol.asyncIterator]();
      const first = await this.#nextToPassOn(parts);
      this.#firstTokenAt = this.#deps.now();
      return { attempt: this.#attempt("streaming"), parts: this.#follow(first, parts) };
    } catch (error) {
      throw this.#failed(error);
    }
  }

  async *#follow(first: Said | null, rest: AsyncIterator<StreamPart>): AsyncGenerator<CallPart, void> {
    let isOver = false;
    try {
      for (let said = first; said !== null; said = await this.#nextToPassOn(rest)) yield said;
      isOver = true;
    } catch (error) {
      isOver = true;
      throw this.#failed(error);
    } finally {
      // A consumer that leaves early ends the call here, too: what it read so far has been paid
      // for.
      if (!isOver) this.#settle(this.#withSeen(this.#attempt("answered")), true);
      await rest.return?.();
    }
    yield { type: "answered", ...this.#answered(this.#answer.completion()) };
  }

  /** Reads on to the next part that the caller wants; null at the end. */
  async #nextToPassOn(parts: AsyncIterator<StreamPart>): Promise<Said | null> {
    for (let next = await parts.next(); !next.done; next = await parts.next()) {
      this.#noteActivity();
      this.#answer.add(next.value);
      const { type } = next.value;
      if (type === "text" || type === "tool_call" || type === "relayed") return next.value;
      if (type === "reasoning" && this.#request.reasoning === true) return next.value;
    }
    return null;
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
   * What is relayed is a whole body, which no stream has.
   */
  #mayOutlastSilence(): boolean {
    const longest = this.#request.parameters.max_tokens ?? Infinity;
    return !this.#request.relay && this.#task.timeMs > this.#task.times.readMs && longest > SHORT_ANSWER_TOKENS;
  }

  /** Begins to wait for the response, and watches whether the provider is reached at all. */
  #awaitResponse(): void {
    const { candidate, admission, canFailOver, times } = this.#task;
    this.#isAwaited = true;
    this.#watch.expectWithin(this.#beginMs);
    if (!canFailOver) return;
    const { secret: apiKey, upstream } = admission.key;
    this.#endReachWatch = this.#deps.reachability.watch({ ...candidate, apiKey, upstream }, () => {
      this.#isAwaited = false;
      const detail = `${candidate.provider} was not reached within ${times.connectMs} ms.`;
      this.#watch.giveUp(new AppError("timeout", detail, { retryable: true }));
    });
  }

  #call() {
    const { admission, trace } = this.#task;
    const { secret: apiKey, upstream } = admission.key;
    return { apiKey, upstream, trace, signal: this.#watch.signal, onActivity: () => this.#noteActivity() };
  }

  #noteActivity(): void {
    this.#isAwaited = false;
    this.#endReachWatch();
    this.#deps.reachability.heard(this.#task.candidate);
    this.#watch.expectWithin(this.#task.times.readMs);
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

  #answered(answered: Completion): AnsweredCall {
    const completion = withoutUnasked(this.#request, answered);
    const answer = { ...this.#answer.seen(), ...completion };
    const attempt = withAnswer(this.#attempt("answered"), this.#task.input, answer);
    this.#settle(attempt);
    const { candidate, promptTokens } = this.#task;
    if (completion.usage) this.#deps.tokens.learn(candidate, promptTokens, completion.usage);
    return { attempt, completion };
  }

  /** The failure with its attempt, which has the tokens that were seen before it. */
  #failed(thrown: unknown): CompletionFailed {
    const error = toAppError(thrown);
    this.#limits = error.providerLimits ?? this.#limits;
    if (error instanceof UnusableAnswer) this.#answer.add({ type: "usage", ...error.stated, final: true });
    const hasDiverged = error instanceof DivergedAnswer;
    const attempt = this.#withSeen({ ...this.#attempt(hasDiverged ? "rejected" : this.#failureOutcome()), error });
    this.#settle(attempt, hasDiverged || this.#watch.endedBy !== null);
    return new CompletionFailed(error, [attempt]);
  }

  #failureOutcome(): AttemptOutcome {
    const { endedBy } = this.#watch;
    if (endedBy === "deadline") return "cancelled";
    return endedBy === "silence" && this.#isAwaited ? "late" : "failed";
  }

  /** The attempt with what has come so far, if anything. */
  #withSeen(attempt: Attempt): Attempt {
    const { error } = attempt;
    const oversized = error instanceof OversizedAnswer ? oversizedText(error, this.#request) : null;
    const seen = this.#answer.seen() ?? oversized;
    return seen ? withAnswer(attempt, this.#task.input, seen) : attempt;
  }

  /**
   * Tells the gate, once, how the call went and how many tokens it took; and whether we aborted it,
   * so that the provider may still be at it. Its budgets get what it cost.
   */
  #settle(attempt: Attempt, isAborted = false): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#watch.clear();
    this.#endReachWatch();
    const { admission, money } = this.#task;
    money?.settle(settledCost(attempt, { reserved: money.reserved, isAborted }));
    const tokens = tokensTakenBy(attempt, this.#task);
    const outcome = gateOutcomeOf(attempt);
    if (isAborted) admission.abort(tokens, outcome);
    else admission.end(tokens, outcome);
  }
}
