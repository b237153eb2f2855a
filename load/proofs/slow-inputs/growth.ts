import { threadCpuUsage } from "node:process";

/** An input of growing size for one parser or checker that a request reaches. */
export interface Suspect {
  parser: string;
  shape: string;
  /**
   * Makes an input of about `size` characters, names or items, and returns the work on it. Where
   * the code counts its steps, the work returns their number.
   */
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
/** Work below this is not judged, because other things take longer: milliseconds of CPU. */
const FLOOR_MS = 50;
/** How often a suspicious time is measured again. The shortest counts, which is without pauses. */
const REPEATS = 4;

/** Compares the work on an input of this size with that on one {@link FACTOR} times as large. */
export async function measureGrowth(suspect: Suspect, size: number): Promise<Growth> {
  const [smallWork, largeWork] = [suspect.prepare(size), suspect.prepare(size * FACTOR)];
  const [small, large] = [await measure(smallWork), await measure(largeWork)];
  if (small.steps !== undefined && large.steps !== undefined) {
    const isSlow = large.steps / small.steps > MAX_RATIO;
    return { suspect, unit: "steps", small: small.steps, large: large.steps, isSlow };
  }
  const growth: Growth = { suspect, unit: "ms", small: small.ms, large: large.ms, isSlow: false };
  for (let repeat = 0; repeat <= REPEATS && growth.large > FLOOR_MS; repeat += 1) {
    growth.small = await meanTime(smallWork);
    growth.isSlow = growth.large / growth.small > MAX_RATIO;
    if (!growth.isSlow) break;
    growth.large = Math.min(growth.large, (await measure(largeWork)).ms);
  }
  growth.isSlow &&= growth.large > FLOOR_MS;
  return growth;
}

/** The mean of {@link FACTOR} times: the clock of a thread may go in steps of milliseconds. */
async function meanTime(work: () => unknown): Promise<number> {
  let sum = 0;
  for (let each = 0; each < FACTOR; each += 1) sum += (await measure(work)).ms;
  return sum / FACTOR;
}

interface Measured {
  ms: number;
  steps: number | undefined;
}

/**
 * The CPU time of this thread, which other programs do not lengthen. An error is an answer, too.
 */
async function measure(work: () => unknown): Promise<Measured> {
  const start = threadCpuUsage();
  let result: unknown;
  try {
    result = await work();
  } catch {
    // The input is refused: that, too, takes work.
  }
  const { user, system } = threadCpuUsage(start);
  return { ms: (user + system) / 1000, steps: typeof result === "number" ? result : undefined };
}
