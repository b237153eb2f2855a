import { unitAt } from "../../harness/random.ts";

/** How to draw a sequence of requests. */
export interface ZipfReplay {
  requests: number;
  inputs: number;
  /** The exponent. With 1, Zipf's law, the n-th input is requested 1/n as often as the first. */
  s: number;
  seed: number;
}

/** The share of requests of each input, the most frequent first. They sum to 1. */
export function zipfShares(inputs: number, s: number): number[] {
  const weights = Array.from({ length: inputs }, (_, rank) => (rank + 1) ** -s);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** The requested inputs in order, as ranks from 0. The replay, with its seed, decides them all. */
export function zipfSequence({ requests, inputs, s, seed }: ZipfReplay): number[] {
  let sum = 0;
  const upTo = zipfShares(inputs, s).map((share) => (sum += share));
  return Array.from({ length: requests }, (_, n) => {
    const draw = unitAt(seed + 1, n + 1) * sum;
    let [low, high] = [0, inputs - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((upTo[middle] ?? 0) > draw) high = middle;
      else low = middle + 1;
    }
    return low;
  });
}

/** The best possible hit rate for a sequence: one miss for each different input. */
export function bestHitRate(sequence: readonly number[]): number {
  return 1 - new Set(sequence).size / sequence.length;
}
