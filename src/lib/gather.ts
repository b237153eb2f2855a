/**
 * Batches calls that come at the same time. Items that arrive during a run wait for the next run,
 * and all items of a run share its result. Only one request may use a gatherer, because a Worker
 * must not await a promise of another request.
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
