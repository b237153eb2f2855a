import { threadCpuUsage } from "node:process";
import type { StepCounter } from "./step-counter.ts";

/** An input of growing size for one parser or checker that a request reaches. */
export interface Suspect {
  parser: string;
  shape: string;
  /** Makes an input of about `size` characters, names or items, and returns the work on it. */
  prepare(size: number): () => unknown;
}

/** How the work on a suspect grows. */
export interface Growth {
  suspect: Suspect;
  unit: "steps" | "ms";
  /** The work at the suspect's size and at {@link FACTOR} times of it, in `unit`. */
  small: number;
  large: number;
  isSlow: boolean;
}

/** By how much the larger input is larger. */
export const FACTOR = 8;
/** How much more work the larger input may be: eight times is linear, sixty-four quadratic. */
const MAX_RATIO = 20;
/** The same for twice the input: twice is linear, four times quadratic. */
const MAX_RATIO_OF_TWICE = 2.8;
/** Work below this is not judged, because other things take longer. */
const FLOOR_STEPS = 1000;
const FLOOR_MS = 50;
/** How often a suspicious time is measured again. The shortest counts, which is without pauses. */
const REPEATS = 4;

/**
 * Compares the steps on an input of this size with those on one {@link FACTOR} times as large. They
 * are the same for the same input, but do not show what takes long within the engine, such as a
 * regular expression that backtracks: see {@link measureTimes}.
 */
export async function measureSteps(suspect: Suspect, size: number, counter: StepCounter): Promise<Growth> {
  const stepsOf = (times: number) => counter.count(() => suspect.prepare(size * times)());
  const [small, large] = [await stepsOf(1), await stepsOf(FACTOR)];
  const growth: Growth = { suspect, unit: "steps", small, large, isSlow: false };
  if (large <= FLOOR_STEPS || large / small <= MAX_RATIO) return growth;
  // The smaller input may only have been refused earlier. What is slow goes on growing.
  growth.isSlow = (await stepsOf(2 * FACTOR)) / large > MAX_RATIO_OF_TWICE;
  return growth;
}

/**
 * Compares CPU times. Another program on the machine can make them longer, which is tried again.
 */
export async function measureTimes(suspect: Suspect, size: number): Promise<Growth> {
  const [smallWork, largeWork] = [suspect.prepare(size), suspect.prepare(size * FACTOR)];
  const growth: Growth = {
    suspect,
    unit: "ms",
    small: await time(smallWork),
    large: await time(largeWork),
    isSlow: false,
  };
  for (let repeat = 0; repeat <= REPEATS && growth.large > FLOOR_MS; repeat += 1) {
    growth.small = await meanTime(smallWork);
    growth.isSlow = growth.large / growth.small > MAX_RATIO;
    if (!growth.isSlow) break;
    growth.large = Math.min(growth.large, await time(largeWork));
  }
  growth.isSlow &&= growth.large > FLOOR_MS;
  return growth;
}

/** The mean of {@link FACTOR} times: the clock of a thread may go in steps of milliseconds. */
async function meanTime(work: () => unknown): Promise<number> {
  let sum = 0;
  for (let each = 0; each < FACTOR; each += 1) sum += await time(work);
  return sum / FACTOR;
}

/**
 * The CPU time of this thread, which other programs hardly lengthen. An error is an answer, too.
 */
async function time(work: () => unknown): Promise<number> {
  const start = threadCpuUsage();
  try {
    await work();
  } catch {
    // The input is refused: that, too, takes work.
  }
  const { user, system } = threadCpuUsage(start);
  return (user + system) / 1000;
}
