import type { CallRecord } from "../../mock/call-record.ts";
import type { Eviction } from "./evictable-worker.ts";
import type { ClientResult } from "./offered-load.ts";
import type { ProofKey } from "./provider.ts";

/**
 * The used share of the keys' limits in the first `ms` after the first call. For rate limits these
 * are the calls that began in that time; for concurrency limits it is the time that calls were in
 * flight. Calls that were still queued at its end do not count.
 */
export function usedIn(
  calls: readonly Pick<CallRecord, "at" | "ended_at">[],
  keys: readonly ProofKey[],
  ms: number,
): number {
  const from = calls[0]?.at ?? 0;
  const to = from + ms;
  const sum = (figure: (key: ProofKey) => number) => keys.reduce((total, key) => total + figure(key), 0);
  const perMinute = sum(({ rpm = 0 }) => rpm);
  if (perMinute > 0) return calls.filter(({ at }) => at < to).length / ((perMinute * ms) / 60_000);
  const busyMs = calls.map(({ at, ended_at }) => Math.max(0, Math.min(ended_at ?? to, to) - at));
  return busyMs.reduce((total, each) => total + each, 0) / (sum(({ atOnce = 0 }) => atOnce) * ms);
}

/**
 * Counts the evictions that really lost an object's memory: a new life began, and the old one had
 * not ended before. `waited` of them had clients waiting in the object, `broke` clients in all.
 */
export function countEvictions(evictions: readonly Eviction[]): { real: number; waited: number; broke: number } {
  const real = evictions.filter(
    ({ ended, begun }, at) =>
      ended.id !== begun.id && evictions.findIndex((other) => other.ended.id === ended.id) === at,
  );
  const broken = real.map(({ ended }) => ended.waiting).filter((waiting) => waiting > 0);
  return { real: real.length, waited: broken.length, broke: broken.reduce((sum, count) => sum + count, 0) };
}

/**
 * The wrong answers as one line, or nothing. Right are 200, a 429 with `Retry-After`, and a
 * connection that the kill broke.
 */
export function unanswered<R extends Pick<ClientResult, "status" | "retryAfter">>(
  results: readonly R[],
  brokenByKill: (result: R) => boolean,
): string[] {
  const honest = ({ status, retryAfter }: R) => status === 200 || (status === 429 && retryAfter);
  const wrong = results.filter((each) => !honest(each) && !(each.status === 0 && brokenByKill(each)));
  const kinds = [...new Set(wrong.map(({ status }) => (status === 429 ? "429 without Retry-After" : status)))];
  return wrong.length > 0 ? [`${wrong.length} callers not answered as they must be: ${kinds.join(", ")}`] : [];
}
