/** How something is looked at until it is over. Times in ms. */
export interface Polling<T> {
  look(): Promise<T>;
  isOver(seen: T): boolean;
  hasChanged(now: T, before: T): boolean;
  sleep(ms: number): Promise<void>;
  /** The wait after a change. It doubles with each look that finds none, up to `longest_wait_ms`. */
  first_wait_ms: number;
  longest_wait_ms: number;
  /** Looking ends after this time. */
  longest_watch_ms: number;
}

/**
 * Gives what is seen first, and whatever has changed, until it is over, which is given last, or the
 * time is up.
 */
export async function* pollChanges<T>(first: T, polling: Polling<T>): AsyncGenerator<T> {
  const { first_wait_ms, longest_wait_ms, longest_watch_ms } = polling;
  let [seen, isNew, waited, wait] = [first, true, 0, first_wait_ms];
  while (!polling.isOver(seen)) {
    if (isNew) yield seen;
    if (waited >= longest_watch_ms) return;
    await polling.sleep(wait);
    waited += wait;
    const now = await polling.look();
    isNew = polling.hasChanged(now, seen);
    wait = isNew ? first_wait_ms : Math.min(longest_wait_ms, wait * 2);
    seen = now;
  }
  yield seen;
}
