import type { ThrottleAnswer, ThrottleLimits, ThrottleQuestion } from "../protocol/throttle-messages.ts";

/**
 * The shortest wait that an answer names, in ms: an isolate over the limit asks at most 20 times a
 * second.
 */
const MIN_WAIT_MS = 50;

/**
 * The authority's answer. The bucket is stored as one time in epoch ms: when it is full again
 * (GCRA).
 *
 * Waiting callers are served first. What may come soon gets at most half of the rest, so that one
 * isolate does not hoard what others need. Credit that isolates spent may bring the bucket below
 * empty; it is paid off before anything is granted.
 */
export function answerThrottle(
  fullAt: number,
  { rate_per_s, burst }: ThrottleLimits,
  { spent, unspent, waiting, ahead }: ThrottleQuestion,
  now: number,
): { fullAt: number; answer: ThrottleAnswer } {
  const msOf = (requests: number) => (requests * 1000) / rate_per_s;
  const settled = Math.max(now, Math.max(now, fullAt) + msOf(spent - unspent));
  const left = burst - (settled - now) / msOf(1);
  // A time in ms measures the rest coarsely; without this margin, rounding would withhold the last
  // request.
  const whole = Math.floor(left + 1e-6);
  const served = Math.max(0, Math.min(whole, waiting));
  const granted = served + Math.max(0, Math.min(ahead, Math.floor((whole - served) / 2)));
  const short = whole < Math.max(1, waiting);
  const wait_ms = short ? Math.max(MIN_WAIT_MS, Math.ceil(msOf(1 - (left - served)))) : 0;
  return { fullAt: settled + msOf(granted), answer: { granted, remaining: whole - granted, wait_ms } };
}
