import type { MortalEdge } from "../../harness/mortal-edge.ts";
import { unitAt } from "../../mock/random.ts";
import type { Seen } from "./callers.ts";

/** A server that is killed once and comes back on its disk. */
export interface Killed {
  /** Resolves while it serves; rejects where it did not come back. */
  up: () => Promise<void>;
  /** Whether a caller's connection broke because of it: it was open when the server died. */
  brokenBy: (seen: Seen) => boolean;
  /** When it was killed, and how long it was away. */
  tell: () => string;
}

/** The kill comes in the first half of a minute, so that the provider's window reaches over it. Milliseconds. */
const KILL_MS = { least: 15_000, most: 30_000 };
/** A broken connection is noticed within so many ms. */
const NOTICED_WITHIN_MS = 1_000;

/** Kills the server with SIGKILL at a seeded moment from now on, and starts it again. */
export function killOnce(edge: MortalEdge, seed: number): Killed {
  const begun = performance.now();
  let [diedAt, backAt] = [Infinity, Infinity];
  let up = Promise.resolve();
  const kill = async () => {
    diedAt = performance.now();
    await edge.kill();
    await edge.start();
    backAt = performance.now();
  };
  const dies = () => void (up = kill());
  setTimeout(dies, KILL_MS.least + unitAt(seed, 0) * (KILL_MS.most - KILL_MS.least));
  const seconds = (ms: number) => (ms / 1_000).toFixed(1);
  return {
    up: () => up,
    brokenBy: ({ status, began, ended }) =>
      status === 0 && began <= diedAt && ended >= diedAt && ended < diedAt + NOTICED_WITHIN_MS,
    tell: () => `after ${seconds(diedAt - begun)} s, back ${seconds(backAt - diedAt)} s later`,
  };
}
