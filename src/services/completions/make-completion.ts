import type { Attempt } from "../../domain/completions/attempt.ts";
import type { Candidate } from "../../domain/completions/candidate.ts";
import { continuedInput } from "../../domain/completions/continued-input.ts";
import type { ProviderName } from "../../domain/completions/completion.ts";
import { remedyOf } from "../../domain/provider-facts.ts";
import { createRetryBudget } from "../../domain/completions/retry.ts";
import { callHeaders } from "../../domain/trace-context.ts";
import { AppError, toAppError } from "../../domain/errors.ts";
import { holdFor, LANE_RULES } from "../../domain/gate/lanes.ts";
import { MAX_TIMEOUT_MS } from "../../domain/time-limits.ts";
import type { ExecutionBudget } from "../budgets/open-budget.ts";
import type { Admission } from "../gate/admission.ts";
import type { Admit } from "../gate/admit.ts";
import type { ProviderKey } from "../tenants/provider-keys.ts";
import { type CallProviderDeps, callStreamed, callWhole, type ProviderTask } from "./call-provider.ts";
import type { CallTimes } from "./call-times.ts";
import { reserveForCall } from "./call-money.ts";
import type { CompletionCall, CompletionStream } from "./completion-call.ts";
import { CompletionFailed, toCompletionFailed } from "./completion-failed.ts";
import { type CompletionResult, resultOf, toResultParts } from "./completion-result.ts";
import { Reachability } from "./reachability.ts";
import { goOn, overCuts } from "./restart-stream.ts";
import { patienceOf, pauseBefore } from "./waiting-times.ts";

/** What a {@link CompletionMaker} needs. `random` in [0, 1). */
export interface CompletionMakerDeps extends Omit<CallProviderDeps, "reachability"> {
  times: CallTimes;
  keysFor(tenantId: string, provider: ProviderName): Promise<ProviderKey[]>;
  admit: Admit;
  random(): number;
  sleep(ms: number): Promise<void>;
}

/** What failed before anybody was called. Made once, because errors are costly. */
const NOBODY = new CompletionFailed(new AppError("internal_error", "There was no candidate to call."), []);

/** The most calls that one execution makes before it gives up. */
export const MAX_ATTEMPTS = 5;

/** Makes one call under an admission. Throws CompletionFailed with the attempt it made. */
type MakeCall<T> = (task: ProviderTask, earlier: readonly Attempt[]) => Promise<T>;

/** What one execution has tried so far. */
interface Tries {
  call: CompletionCall;
  budget: ExecutionBudget | null;
  /** How often the candidates are tried, this time included. */
  round: number;
  attempts: Attempt[];
  /** Why the last candidate could not answer. */
  last: CompletionFailed;
  /** What the last attempt said, where its whole answer was rejected. */
  text: string | null;
  /** The call's `own`, under way for a number of attempts. */
  owned: { attempts: number; done: Promise<void> } | undefined;
}

/**
 * Makes completions. Tries models in their order, for each of them the keys that the gate gives,
 * and then once more after a pause, within a budget of retries that all completions share.
 * Both methods throw {@link CompletionFailed} with the last candidate's error when none could
 * answer.
 */
export class CompletionMaker {
  readonly #deps: CompletionMakerDeps & CallProviderDeps;
  readonly #budget = createRetryBudget();

  constructor(deps: CompletionMakerDeps) {
    const reachability = new Reachability({ ...deps, connectMs: deps.times.connectMs });
    this.#deps = { ...deps, reachability };
  }

  /** A whole answer. One that does not fit the output schema counts as its candidate's failure. */
  async whole(call: CompletionCall): Promise<CompletionResult> {
    return this.#tryCandidates(call, async (task, earlier) =>
      resultOf(await callWhole(this.#deps, task), task, earlier),
    );
  }

  /**
   * Resolves once the first part has come: until then another candidate may take over, after it
   * only where the call restarts.
   */
  async stream(call: CompletionCall): Promise<CompletionStream> {
    const open = async (each: CompletionCall) => this.#openStream(each);
    const stream = await open(call);
    return call.restarts ? { ...stream, parts: overCuts(stream.parts, call, open) } : stream;
  }

  async #openStream(call: CompletionCall): Promise<CompletionStream> {
    return this.#tryCandidates(call, async (task, earlier) => {
      const opened = await callStreamed(this.#deps, task);
      const parts = call.cut ? goOn(opened.parts, call.cut, task.prefix) : opened.parts;
      const { candidate } = task;
      return { candidate, attempts: [...earlier, opened.attempt], parts: toResultParts(parts, task, earlier) };
    });
  }

  async #tryCandidates<T>(call: CompletionCall, makeCall: MakeCall<T>): Promise<T> {
    const budget = (await call.openBudget?.()) ?? null;
    const tries: Tries = {
      call: budget ? { ...call, input: budget.bound(call.input) } : call,
      budget,
      round: 1,
      attempts: [...(call.cut?.attempts ?? [])],
      last: NOBODY,
      text: null,
      owned: undefined,
    };
    void own(tries);
    try {
      return await this.#tryInRounds(tries, makeCall);
    } catch (error) {
      const { error: failure, isOwn } = toCompletionFailed(error);
      throw new CompletionFailed(failure, tries.attempts, tries.text, isOwn);
    }
  }

  async #tryInRounds<T>(tries: Tries, makeCall: MakeCall<T>): Promise<T> {
    const { call } = tries;
    // Give non-standby candidates their full patience; standby candidates are for failures only.
    const lastInLine = call.candidates.findLastIndex(({ standby }) => !standby);
    if (!call.cut) this.#budget.deposit();
    else if (!this.#budget.withdraw()) throw tries.last;
    for (; ; tries.round++) {
      for (const [index, candidate] of call.candidates.entries()) {
        if (candidate.standby && hadNoRoom(tries)) continue;
        const made = await this.#tryKeys(tries, candidate, index >= lastInLine, makeCall);
        if (made) return made.value;
        if (call.signal.aborted) throw tries.last;
      }
      if (tries.attempts.length >= MAX_ATTEMPTS) throw tries.last;
      const pause = pauseBefore(tries, this.#deps.random());
      if (pause === null || !this.#budget.withdraw()) throw tries.last;
      await this.#deps.sleep(pause);
      if (call.signal.aborted) throw tries.last;
    }
  }

  /**
   * Tries a candidate with one key after another. Undefined where none could; throws what no other
   * candidate could mend.
   */
  async #tryKeys<T>(
    tries: Tries,
    candidate: Candidate,
    isLast: boolean,
    makeCall: MakeCall<T>,
  ): Promise<{ value: T } | undefined> {
    const { call } = tries;
    const keys = await this.#deps.keysFor(call.tenant_id, candidate.provider);
    let avoid = othersThan(call.input.relay?.state?.keeper?.key, keys);
    const others = avoid.length;
    while (avoid.length < keys.length) {
      if (tries.attempts.length >= MAX_ATTEMPTS) throw tries.last;
      const task = await this.#admit(tries, candidate, keys, avoid, { isLast, isFirst: avoid.length === others });
      if (!task) return undefined;
      await own(tries)?.catch((error: unknown) => {
        cancel(task);
        // Another isolate has other ways to the stores.
        throw new CompletionFailed(toAppError(error), [], null, true);
      });
      // A call after the deadline would not be sent, and count as one that broke off: paid,
      // perhaps.
      if (call.signal.aborted) {
        cancel(task);
        throw new CompletionFailed(toAppError(call.signal.reason), []);
      }
      // Going on record may have taken longer than the permit is good for: then it takes another.
      if (!task.admission.send()) {
        cancel(task);
        continue;
      }
      try {
        return { value: await makeCall(task, tries.attempts) };
      } catch (error) {
        tries.last = toCompletionFailed(error);
        tries.attempts = [...tries.attempts, ...tries.last.attempts];
        tries.text = tries.last.text;
        const { retryable, fact } = tries.last.error;
        const remedy = remedyOf(fact);
        if (call.signal.aborted || (!retryable && remedy === "time")) throw tries.last;
        if (remedy === "model") return undefined;
        avoid = [...avoid, task.admission.key.name].toSorted();
      }
    }
    return undefined;
  }

  /**
   * Reserves money and tokens, and waits for an admission; undefined where there was none, which
   * `tries` then says. Throws where no budget has the money.
   */
  async #admit(
    tries: Tries,
    candidate: Candidate,
    keys: ProviderKey[],
    avoid: string[],
    { isLast, isFirst }: { isLast: boolean; isFirst: boolean },
  ): Promise<ProviderTask | undefined> {
    const { call } = tries;
    const { lane, signal, timeout_ms = LANE_RULES[lane].timeout_ms } = call;
    const { input, prefix } = continuedInput(call.input, call.cut?.text, candidate);
    const timeMs = Math.min(timeout_ms, MAX_TIMEOUT_MS);
    const hold_ms = holdFor(lane, timeMs);
    const { promptTokens, tokens } = this.#deps.tokens.reserve(candidate, input, keys);
    const payment = { candidate, input, signal, hold_ms, patience_ms: patienceOf(call, true), now: this.#deps.now() };
    const money = await reserveForCall(tries.budget, payment);
    let admission: Admission;
    try {
      admission = await this.#deps.admit({
        provider: candidate.provider,
        model: candidate.model,
        tenant_id: call.tenant_id,
        purpose: call.purpose ?? "execution",
        lane,
        keys,
        avoid,
        signal,
        tokens,
        hold_ms,
        patience_ms: patienceOf(call, isLast && isFirst),
      });
    } catch (error) {
      money?.settle(0);
      // A key that failed says more than other keys without room.
      const reason: unknown = signal.aborted ? signal.reason : error;
      if (isFirst) tries.last = new CompletionFailed(toAppError(reason), []);
      return undefined;
    }
    // Once nobody else is left to try, a response that begins late is better than none.
    const mayBeginLate = tries.round > 1 || tries.attempts.length === MAX_ATTEMPTS - 1;
    const canFailOver = canReplace(candidate, call);
    const times = { times: { ...this.#deps.times, ...call.times }, timeMs, mayBeginLate, canFailOver };
    const trace = call.trace && callHeaders(call.trace, tries.attempts.length);
    const reserved = { promptTokens, reservedTokens: tokens, money };
    return { candidate, input, prefix, admission, ...reserved, signal, trace, ...times };
  }
}

/** The keys that do not have what a request goes on from; none where any key will do. */
function othersThan(keeper: string | undefined, keys: readonly ProviderKey[]): string[] {
  return keeper === undefined ? [] : keys.flatMap(({ name }) => (name === keeper ? [] : [name])).toSorted();
}

/** Gives back what a call that was not sent had reserved. */
function cancel({ admission, money }: ProviderTask): void {
  admission.cancel();
  money?.settle(0);
}

/** Begins to put the next attempt on record, once, whatever candidates have room for it. */
function own(tries: Tries): Promise<void> | undefined {
  const attempts = tries.attempts.length + 1;
  if (tries.call.own && tries.owned?.attempts !== attempts) {
    const done = tries.call.own(attempts);
    // It is awaited before the call, which may never come.
    done.catch(() => undefined);
    tries.owned = { attempts, done };
  }
  return tries.owned?.done;
}

/** Whether the last candidate was not called, or refused the call, because a limit is reached. */
const hadNoRoom = ({ last }: Tries): boolean => last.error.code === "rate_limit_error";

/**
 * Whether a candidate of another provider follows this one, so that it matters soon whether this
 * provider is reached. Not in the batch lane: it has time, and its consumers make enough calls at
 * once that a check would wait for one of the platform's six connections.
 */
function canReplace(candidate: Candidate, { candidates, lane }: CompletionCall): boolean {
  const later = candidates.slice(candidates.indexOf(candidate) + 1);
  return lane !== "batch" && later.some(({ provider }) => provider !== candidate.provider);
}
