/** A process or server that runs until it is stopped. */
export interface Stoppable {
  stop(): Promise<void>;
}

/** Registers something to stop at the end, and returns it. */
export type StopLater = <T extends Stoppable>(started: T) => T;

/** Does `work`, then stops everything it registered, the newest first, also where it failed. */
export async function withCleanup<T>(work: (stopLater: StopLater) => Promise<T>): Promise<T> {
  const running: Stoppable[] = [];
  try {
    return await work((started) => {
      running.push(started);
      return started;
    });
  } finally {
    for (const started of running.toReversed()) await started.stop();
  }
}
