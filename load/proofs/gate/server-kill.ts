import type { RestartableEdge } from "../../harness/restartable-edge.ts";
import { unitAt } from "../../harness/random.ts";
import type { ClientResult } from "./offered-load.ts";

/** One kill of the server, which starts again on its disk. */
export interface ServerKill {
  /** Resolves while the server is up. Rejects where it did not start again. */
  recovered: () => Promise<void>;
  /** Whether the kill broke a client's connection: it was open when the server died. */
  broke: (result: ClientResult) => boolean;
  /** How long the server was down, ms. */
  downMs: () => number;
  /** When the server was killed, and how long it was down. */
  describe: () => string;
}

/** The kill is in the first half of the minute, so that the provider's window spans it. */
const KILL_MS = { least: 15_000, most: 30_000 };
/** The longest time until a client notices its broken connection. */
const NOTICED_WITHIN_MS = 1_000;

/** Schedules a SIGKILL of the server at a seeded moment, followed by a start. */
export function killOnce(edge: RestartableEdge, seed: number): ServerKill {
  const began = performance.now();
  let [diedAt, backAt] = [Infinity, Infinity];
  let recovery = Promise.resolve();
  const kill = async () => {
    diedAt = performance.now();
    await edge.kill();
    await edge.start();
    backAt = performance.now();
  };
  setTimeout(() => void (recovery = kill()), KILL_MS.least + unitAt(seed, 0) * (KILL_MS.most - KILL_MS.least));
  const seconds = (ms: number) => (ms / 1_000).toFixed(1);
  return {
    recovered: () => recovery,
    broke: ({ status, began, ended }) =>
      status === 0 && began <= diedAt && ended >= diedAt && ended < diedAt + NOTICED_WITHIN_MS,
    downMs: () => backAt - diedAt,
    describe: () => `after ${seconds(diedAt - began)} s, back ${seconds(backAt - diedAt)} s later`,
  };
}
