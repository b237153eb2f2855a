import { createRandom, type Random } from "../gate-sim/random.ts";

/** Draws from distributions that a seed decides. */
export interface Draws extends Random {
  normal(): number;
  poisson(mean: number): number;
  pick<T>(items: readonly T[]): T;
}

/** Larger means are drawn from a normal distribution. */
const EXACT_BELOW = 30;

/** Draws that a seed decides. */
export function createDraws(seed: number): Draws {
  const random = createRandom(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit());
  return {
    ...random,
    normal,
    poisson(mean) {
      if (mean >= EXACT_BELOW) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()));
      let [count, product] = [0, random.unit()];
      for (const least = Math.exp(-mean); product > least; count++) product *= random.unit();
      return count;
    },
    pick: (items) => {
      const item = items[Math.floor(random.unit() * items.length)];
      if (item === undefined) throw new Error("There is nothing to pick from.");
      return item;
    },
  };
}
