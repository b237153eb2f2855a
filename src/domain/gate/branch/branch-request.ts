import type { GateCaller } from "../client/caller-group.ts";
import type { Permit } from "../client/permit.ts";
import { HIGH_PART } from "../client/quiet-time.ts";
import { type AcquireRequest, type KeyLimits, LONGEST_ACQUIRE_MS, type Refusal } from "../protocol/messages.ts";

/** An isolate's request that is not answered, and what it has got so far. Times are epoch ms. */
export interface BranchRequest {
  ticket: string;
  request: AcquireRequest;
  asked_at: number;
  answer_by: number;
  /** Until when permits for its other callers are gathered: not at all at a branch that is not busy. */
  gather_until: number;
  permits: Permit[];
  waiting: Set<BranchCaller>;
  refusal: Refusal | null;
  wait_ms: number;
}

/** A caller of an isolate, as the branch asks the root for it. */
export interface BranchCaller extends GateCaller {
  pending: BranchRequest;
  lasts_ms: number;
}

/**
 * A lease that ends sooner than this is not lent on, ms: its permits would only come back, because
 * the isolate gets them later, and its call goes on record before it is sent.
 */
const LASTS_MS = 500;

/** The longest that callers wait for permits of others of their request, ms: a way to the root and back. */
const LONGEST_GATHER_MS = 400;

/** A request that came now, to be answered under a ticket. */
export function branchRequest(request: AcquireRequest, ticket: string, gatherMs: number, now: number): BranchRequest {
  const stay_ms = Math.max(request.stay_ms, request.patience_ms);
  return {
    ticket,
    request,
    asked_at: now,
    answer_by: now + (stay_ms > 0 ? Math.min(stay_ms, LONGEST_ACQUIRE_MS) : LONGEST_ACQUIRE_MS),
    gather_until: now + gatheringPart(request) * Math.min(gatherMs, LONGEST_GATHER_MS),
    permits: [],
    waiting: new Set(),
    refusal: null,
    wait_ms: 0,
  };
}

/** The high lane waits less, as at an isolate, and callers without patience take what there is now. */
function gatheringPart({ lane, stay_ms, patience_ms }: AcquireRequest): number {
  if (Math.max(stay_ms, patience_ms) <= 0) return 0;
  return lane === "high" ? HIGH_PART : 1;
}

/** When it must be answered: sooner where it has a permit that a caller waits for. */
export function answerAt({ permits, answer_by, gather_until }: BranchRequest): number {
  return permits.length > 0 ? Math.min(answer_by, gather_until) : answer_by;
}

/**
 * Whether to answer it now. A busy branch waits a little for permits for all of its callers: its
 * isolate does not ask for the others at once.
 */
export function isReady(pending: BranchRequest, now: number): boolean {
  return pending.waiting.size === 0 || (pending.permits.length > 0 && pending.gather_until <= now);
}

/** A request that gets no permit of these keys: its isolate has an older copy, and could not use it. */
export function avoiding(request: AcquireRequest, keys: readonly KeyLimits[]): AcquireRequest {
  return { ...request, avoid: [...request.avoid, ...keys.map(({ name }) => name)] };
}

/** One of the waiting callers of a request; the first one's tokens are known. */
export function waitingCaller(pending: BranchRequest, index: number, now: number): BranchCaller {
  const { request, gather_until } = pending;
  const expected = expectedCaller(request, now);
  // Its permit may wait here for those of the others.
  const lasts_ms = expected.lasts_ms + Math.max(0, gather_until - now);
  return { ...expected, ...(index === 0 && { tokens: request.first_tokens }), lasts_ms, pending };
}

/** A caller that an isolate expects soon. */
export function expectedCaller(request: AcquireRequest, now: number): Omit<BranchCaller, "pending"> {
  const { model, lane, hold_ms, avoid, mean_tokens: tokens, patience_ms, waited_ms } = request;
  const times = { since: now - waited_ms, deadline: now + patience_ms };
  return { model, lane, hold_ms, avoid, tokens, ...times, patient: patience_ms > 0, lasts_ms: LASTS_MS };
}
