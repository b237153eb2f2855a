import type { BuiltInProvider } from "../../../src/domain/completions/completion.ts";
import type { Ground } from "./network.ts";

/** What becomes of a line in a provider's batch. */
export type LineFate =
  /** Executed, and told in the results. */
  | "answered"
  /** Failed at the provider, for a moment or for good. Not billed. */
  | "busy"
  | "refused"
  /** Never executed. */
  | "expired"
  | "cancelled"
  /** Executed and billed, and its line of the results is not there or cannot be read. */
  | "missing"
  | "unreadable";

/** What becomes of a provider's batch. Times in ms. */
export interface ProviderBatchPlan {
  /** The provider does not take it, once it has looked at it. */
  fails: boolean;
  /** When it has ended; Infinity for one that ends only if somebody cancels it. */
  ends_ms: number;
  /** How long a cancel takes. */
  cancel_ms: number;
}

/** Both providers end a batch after a day, in ms. */
const DAY_MS = 86_400_000;
/**
 * The share of batches that are not taken, that take minutes, hours, or a day, and that never end.
 */
const SHARES = { fails: 0.08, minutes: 0.5, hours: 0.7, day: 0.85 };
/** The share of lines that fail or whose result gets lost, each below the next. */
const LINES: readonly (readonly [LineFate, number])[] = [
  ["busy", 0.06],
  ["refused", 0.1],
  ["missing", 0.13],
  ["unreadable", 0.16],
];

/**
 * Makes up what becomes of a batch. A provider without faults takes minutes. One of Anthropic's
 * whose submission was lost can only be found once it has ended, which it has after a day.
 */
export function planProviderBatch({ random, faults }: Ground, provider: BuiltInProvider): ProviderBatchPlan {
  const dice = faults.has("provider") ? random.unit() : SHARES.minutes - 0.01;
  const share = faults.has("provider") ? random.unit() : 1;
  const ends_ms =
    dice < SHARES.minutes
      ? random.between(20_000, 240_000)
      : dice < SHARES.hours
        ? random.between(600_000, 7_200_000)
        : dice < SHARES.day || provider === "anthropic"
          ? DAY_MS
          : Infinity;
  return { fails: share < SHARES.fails, ends_ms, cancel_ms: random.between(1_000, 400_000) };
}

/** Makes up what becomes of a line of a batch that ended by itself, after a day, or by a cancel. */
export function planLine({ random, faults }: Ground, end: "done" | "expired" | "cancelled"): LineFate {
  if (end !== "done" && random.chance(0.5)) return end;
  const dice = faults.has("provider") ? random.unit() : 1;
  return LINES.find(([, below]) => dice < below)?.[0] ?? "answered";
}
