import type { Ask, Completion, ProviderName, StreamPart } from "../../domain/completions/completion.ts";
import { AppError } from "../../domain/errors.ts";
import { LANE_RULES } from "../../domain/gate/lanes.ts";
import { createRetryBudget, retryDelay } from "../../domain/completions/retry.ts";
import type { Purpose } from "../../domain/gate/protocol/messages.ts";
import type { Lane } from "../../domain/lane.ts";
import type { RateLimitFacts } from "../../domain/gate/rate-limit-facts.ts";
import type { Provider } from "../../providers/provider.ts";
import type { Admission, Admit } from "../gate/admit.ts";
import { callProvider, type CallTimes, type Called } from "./call-provider.ts";
import type { Clock } from "../../lib/clock.ts";
import type { ProviderKey } from "../tenants/manage-provider-keys.ts";
import type { Candidate } from "./route-model.ts";
import type { TokenBook } from "./token-estimator.ts";

/** One completion that a tenant asks for, by whichever of its candidates can, in their order (those on standby only after a failure). `signal` is the execution's deadline. */
export interface CompletionCall {
  tenant_id: string;
  lane: Lane;
  candidates: Candidate[];
  ask: Ask;
  signal: AbortSignal;
  /** How long the whole of it may take; the lane's time-out when absent. */
  timeout_ms?: number;
  /** Whose calls at a time these count among; executions when absent. */
  purpose?: Purpose;
  /** False: takes the capacity that there is at once, or fails. True when absent. */
  queue?: boolean;
  /** Told before each call, so that attempts are counted even where the last one throws. */
  onAttempt(candidate: Candidate): void;
  /** Told what the provider says of its limits with each response. Must not throw. */
  onFacts?: (facts: RateLimitFacts) => void;
}

/** What {@link createComplete} needs. `random` in [0, 1). */
export interface CompleteDeps extends Clock {
  providers: Record<ProviderName, Provider>;
  keysFor(tenantId: string, provider: ProviderName): Promise<ProviderKey[]>;
  admit: Admit;
  tokens: TokenBook;
  times: CallTimes;
  random(): number;
  sleep(ms: number): Promise<void>;
}

/** The most calls that one execution makes before it gives up. */
export const MAX_ATTEMPTS = 5;
/** The part of an execution's time that may be spent on waiting for capacity: what is left is for the call. */
const WAITING_SHARE = 0.8;
/** While another model may take the call, one is waited for so long. Milliseconds. */
const PATIENCE_BEFORE_NEXT_MS = 1_000;

/** One completion out of several candidates. Both calls throw the last candidate's AppError when none could answer. */
export interface Complete {
  /** `accept` judges a whole answer; what it throws counts as that candidate's failure. */
  whole<T>(call: CompletionCall, accept: (completion: Completion, candidate: Candidate) => T): Promise<T>;
  /** Resolves once a first part has come: up to there another candidate may still take over, after it none does. */
  stream(call: CompletionCall): Promise<{ candidate: Candidate; parts: AsyncIterable<StreamPart> }>;
}

/** Something that is tried with one candidate, under an admission that the attempt ends. */
type Attempt<T> = (candidate: Candidate, admission: Admission, reserved: Reserved) => Promise<T>;

/** Tokens that a call was estimated at (its prompt) and reserved with. */
interface Reserved {
  prompt: number;
  tokens: number;
}

/** A call under way: what its attempts share. */
interface Tries {
  call: CompletionCall;
  attempts: number;
  failure: unknown;
}

/** The service over the providers' ports and the gate: models in order, for each the keys as the gate gives them, then once more after a pause. */
export function createComplete(deps: CompleteDeps): Complete {
  const budget = createRetryBudget();

  /** Tries a candidate with one key after the other. Undefined where none of them could. Throws what no other could mend. */
  async function tryCandidate<T>(
    tries: Tries,
    candidate: Candidate,
    isLast: boolean,
    attempt: Attempt<T>,
  ): Promise<{ value: T } | undefined> {
    const { call } = tries;
    const keys = await deps.keysFor(call.tenant_id, candidate.provider);
    let avoid: string[] = [];
    while (avoid.length < keys.length) {
      if (tries.attempts >= MAX_ATTEMPTS) throw tries.failure;
      const reserved = deps.tokens.reserve(candidate.model, call.ask, keys);
      let admission: Admission;
      try {
        admission = await deps.admit({
          provider: candidate.provider,
          model: candidate.model,
          tenant_id: call.tenant_id,
          purpose: call.purpose ?? "execution",
          lane: call.lane,
          keys,
          avoid,
          signal: call.signal,
          tokens: reserved.tokens,
          hold_ms: LANE_RULES[call.lane].timeout_ms,
          patience_ms: patienceOf(call, isLast && avoid.length === 0),
        });
      } catch (error) {
        // That a key failed says more than that the others had no room.
        if (avoid.length === 0 || !(tries.failure instanceof AppError)) tries.failure = error;
        return undefined;
      }
      tries.attempts += 1;
      call.onAttempt(candidate);
      try {
        return { value: await attempt(candidate, admission, reserved) };
      } catch (error) {
        tries.failure = error;
        if (call.signal.aborted || !(error instanceof AppError) || !error.retryable) throw error;
        avoid = [...avoid, admission.key.name].toSorted();
      }
    }
    return undefined;
  }

  async function firstThatCan<T>(call: CompletionCall, attempt: Attempt<T>): Promise<T> {
    const nobody = new AppError("internal_error", "There was no candidate to call.");
    const tries: Tries = { call, attempts: 0, failure: nobody };
    // Before those on standby nobody is hurried on: what may be waited is waited for the others.
    const lastInLine = call.candidates.findLastIndex(({ standby }) => !standby);
    budget.deposit();
    for (let round = 1; ; round++) {
      for (const [index, candidate] of call.candidates.entries()) {
        if (candidate.standby && hadNoRoom(tries)) continue;
        const made = await tryCandidate(tries, candidate, index >= lastInLine, attempt);
        if (made) return made.value;
        if (call.signal.aborted) throw tries.failure;
      }
      const pause = pauseBefore(round, tries, deps.random());
      if (pause === null || !budget.withdraw()) throw tries.failure;
      await deps.sleep(pause);
      if (call.signal.aborted) throw tries.failure;
    }
  }

  /** Makes the call and ends its admission once it is over, whatever became of it. */
  function made(call: CompletionCall, candidate: Candidate, admission: Admission, { prompt }: Reserved): Called {
    return callProvider(deps, {
      request: { ...call.ask, provider: candidate.provider, model: candidate.model },
      provider: deps.providers[candidate.provider],
      lane: call.lane,
      signal: call.signal,
      onFacts: call.onFacts,
      admission,
      prompt,
      time_ms: Math.min(LANE_RULES[call.lane].timeout_ms, call.timeout_ms ?? Infinity),
    });
  }

  return {
    async whole(call, accept) {
      return firstThatCan(call, async (candidate, admission, reserved) =>
        accept(await made(call, candidate, admission, reserved).whole(), candidate),
      );
    },
    async stream(call) {
      return firstThatCan(call, async (candidate, admission, reserved) => {
        const parts = await made(call, candidate, admission, reserved).stream();
        return { candidate, parts };
      });
    },
  };
}

/** Whether the last candidate was not called, or refused the call, because a limit is reached. */
function hadNoRoom({ failure }: Tries): boolean {
  return failure instanceof AppError && failure.code === "rate_limit_error";
}

function patienceOf({ queue, lane, timeout_ms = Infinity }: CompletionCall, isLast: boolean): number {
  if (queue === false) return 0;
  const longest = Math.min(LANE_RULES[lane].timeout_ms, timeout_ms * WAITING_SHARE);
  return isLast ? longest : Math.min(longest, PATIENCE_BEFORE_NEXT_MS);
}

/** The pause before another round, or null where another could not help: a refusal of ours was waited for already, and what a model says it says again. */
function pauseBefore(round: number, { attempts, failure }: Tries, roll: number): number | null {
  if (attempts === 0 || attempts >= MAX_ATTEMPTS || !(failure instanceof AppError)) return null;
  if (!failure.retryable || failure.errors || failure.keyFault) return null;
  return retryDelay(round, roll, failure.retryAfterMs);
}
