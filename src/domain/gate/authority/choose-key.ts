import type { KeyStrategy } from "../protocol/key-strategy.ts";

/**
 * A key as the choice sees it. `share_used` is the used part of its tightest limit, 0 where it has
 * none; `ttft_ms` is null until one was measured.
 */
export interface KeyLoad {
  weight: number;
  in_flight: number;
  share_used: number;
  ttft_ms: number | null;
}

/**
 * Chooses among keys that can all take the call; undefined where there are none. `random` is in [0,
 * 1).
 * - `least_busy`: the smallest used share for its weight, then the fewest calls for its weight.
 * - `weighted`: at random, in proportion to the weights.
 * - `fastest`: the faster of two random keys ("power of two choices"), so that not every caller
 *   picks the same fast key at once.
 */
export function chooseKey<K extends KeyLoad>(
  keys: readonly K[],
  strategy: KeyStrategy,
  random: () => number,
): K | undefined {
  if (keys.length <= 1) return keys[0];
  if (strategy === "weighted") return byWeight(keys, random());
  if (strategy === "least_busy") return keys.reduce((best, key) => (isLessBusy(key, best) ? key : best));
  const one = keys[Math.floor(random() * keys.length)];
  const other = keys[Math.floor(random() * keys.length)];
  if (one === undefined || other === undefined) return keys[0];
  // A key without a measurement counts as fastest: only a call can measure it.
  return (other.ttft_ms ?? 0) < (one.ttft_ms ?? 0) ? other : one;
}

function isLessBusy(key: KeyLoad, other: KeyLoad): boolean {
  const byShare = key.share_used / key.weight - other.share_used / other.weight;
  if (Math.abs(byShare) > 1e-9) return byShare < 0;
  return key.in_flight / key.weight < other.in_flight / other.weight;
}

function byWeight<K extends KeyLoad>(keys: readonly K[], roll: number): K | undefined {
  let left = roll * keys.reduce((sum, key) => sum + key.weight, 0);
  return keys.find((key) => (left -= key.weight) < 0) ?? keys.at(-1);
}
