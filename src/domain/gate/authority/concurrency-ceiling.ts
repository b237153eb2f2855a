/**
 * A key's concurrency is never cut below this: the breaker handles a provider that serves nothing.
 */
const MIN_CEILING = 4;
/** A ceiling that grew past this is far beyond the demand and limits nothing. */
const MAX_CEILING = 1_000;

/**
 * The concurrency that a key proves to bear: additive increase, multiplicative decrease. Infinity
 * until the provider first complains.
 */
export function aimd(ceiling: number, event: "complaint" | "pass", inFlight: number, calls = 1): number {
  if (event === "complaint") return Math.max(MIN_CEILING, Math.floor(Math.min(ceiling, inFlight) / 2));
  if (ceiling === Infinity) return ceiling;
  const grown = ceiling + calls / Math.max(1, ceiling);
  return grown > MAX_CEILING ? Infinity : grown;
}
