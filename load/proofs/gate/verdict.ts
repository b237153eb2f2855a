import type { CallRecord } from "../../mock/call-log.ts";
import type { Seen } from "./callers.ts";
import type { Eviction } from "./evictable-worker.ts";
import type { ProofKey } from "./provider.ts";

/**
 * How much of the limits was used in the first `ms` from the first call on, as a share: of the calls a minute, or, where calls at a time are what is limited,
 * of that many calls going on all the while. Who was still waiting when the time was over was served after it and does not count.
 */
export function usedIn(
  calls: readonly Pick<CallRecord, "at" | "ended_at">[],
  keys: readonly ProofKey[],
  ms: number,
): number {
  const from = calls[0]?.at ?? 0;
  const to = from + ms;
  const sum = (of: (key: ProofKey) => number) => keys.reduce((total, key) => total + of(key), 0);
  const perMinute = sum(({ rpm = 0 }) => rpm);
  if (perMinute > 0) return calls.filter(({ at }) => at < to).length / ((perMinute * ms) / 60_000);
  const busyMs = calls.map(({ at, ended_at }) => Math.max(0, Math.min(ended_at ?? to, to) - at));
  return busyMs.reduce((total, each) => total + each, 0) / (sum(({ atOnce = 0 }) => atOnce) * ms);
}

/** Those that really lost a memory: no life ends twice, and another has begun after each. */
export function countEvictions(evictions: readonly Eviction[]): { real: number; waited: number; broke: number } {
  const real = evictions.filter(
    ({ ended, begun }, at) =>
      ended.id !== begun.id && evictions.findIndex((other) => other.ended.id === ended.id) === at,
  );
  const broken = real.map(({ ended }) => ended.waiting).filter((waiting) => waiting > 0);
  return { real: real.length, waited: broken.length, broke: broken.reduce((sum, count) => sum + count, 0) };
}

/** What callers were told that they must not be: anything but 200 or a 429 with Retry-After; a broken connection only by the kill. */
export function unanswered<S extends Pick<Seen, "status" | "retryAfter">>(
  seen: readonly S[],
  byTheKill: (each: S) => boolean,
): string[] {
  const honest = ({ status, retryAfter }: S) => status === 200 || (status === 429 && retryAfter);
  const wrong = seen.filter((each) => !honest(each) && !(each.status === 0 && byTheKill(each)));
  const kinds = [...new Set(wrong.map(({ status }) => (status === 429 ? "429 without Retry-After" : status)))];
  return wrong.length > 0 ? [`${wrong.length} callers not answered as they must be: ${kinds.join(", ")}`] : [];
}
