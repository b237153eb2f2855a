/**
 * Does in one go what is asked for at the same time: what comes while a run is under way waits for the next one, and all of a run share its end. For one
 * owner's use: a promise of another request must not be waited for.
 */
export function gather<T, R>(work: (items: readonly T[]) => Promise<R>): (item: T) => Promise<R> {
  let waiting: T[] = [];
  let next: Promise<R> | null = null;
  let running: Promise<unknown> = Promise.resolve();
  return async function gathered(item) {
    waiting.push(item);
    next ??= running.then(async () => {
      const items = waiting;
      waiting = [];
      next = null;
      const run = work(items);
      running = run.catch(() => undefined);
      return run;
    });
    return next;
  };
}
