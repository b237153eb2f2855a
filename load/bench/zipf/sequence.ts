import { unit } from "../../k6/lib/workload.ts";

/** A replay to draw: how many requests, over how many inputs, with which exponent. */
export interface ZipfReplay {
  requests: number;
  inputs: number;
  /** 1.0 is Zipf's own law: the n-th most asked input is asked 1/n as often as the first. */
  s: number;
  seed: number;
}

/** The share of requests that each input gets, the most asked one first. They add up to 1. */
export function zipfShares(inputs: number, s: number): number[] {
  const weights = Array.from({ length: inputs }, (_, rank) => (rank + 1) ** -s);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** The inputs that are asked for, in order, as ranks from 0: seeded, the same for the same replay. */
export function zipfSequence({ requests, inputs, s, seed }: ZipfReplay): number[] {
  let sum = 0;
  const upTo = zipfShares(inputs, s).map((share) => (sum += share));
  return Array.from({ length: requests }, (_, n) => {
    const draw = unit(seed, n) * sum;
    let [low, high] = [0, inputs - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((upTo[middle] ?? 0) > draw) high = middle;
      else low = middle + 1;
    }
    return low;
  });
}

/** The best that any cache can do with a sequence: every input is called for once. */
export function bestHitRate(sequence: readonly number[]): number {
  return 1 - new Set(sequence).size / sequence.length;
}
