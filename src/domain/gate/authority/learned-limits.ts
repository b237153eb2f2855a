/**
 * How long a limit that a provider told is believed, in ms. After that the key runs free again, so
 * that a limit that was raised at the provider is found out: by one refusal a day at most.
 */
export const LEARNED_MS = 86_400_000;

/** A key's limits a minute as its provider told them, null where it told none, until `until`. */
export interface LearnedLimits {
  rpm: number | null;
  tpm: number | null;
  until: number;
}

/** Nothing is learned. */
export const NOTHING_LEARNED: LearnedLimits = { rpm: null, tpm: null, until: 0 };

/** The limits after a refusal that told `rpm` or `tpm`, or neither. */
export function learnLimits(
  known: LearnedLimits,
  { rpm, tpm }: { rpm?: number; tpm?: number },
  now: number,
): LearnedLimits {
  if (!rpm && !tpm) return known;
  const { rpm: oldRpm, tpm: oldTpm } = stillLearned(known, now);
  // A provider's limits differ by model, so the smallest of a day holds for the key.
  return { rpm: smaller(oldRpm, rpm), tpm: smaller(oldTpm, tpm), until: now + LEARNED_MS };
}

/** The limits that are still believed. */
export function stillLearned(known: LearnedLimits, now: number): LearnedLimits {
  return known.until <= now ? NOTHING_LEARNED : known;
}

function smaller(known: number | null, told: number | undefined): number | null {
  const least = Math.min(known ?? Infinity, told || Infinity);
  return least === Infinity ? null : least;
}
