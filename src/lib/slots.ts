/** A limit on concurrent work. Several callers share its places and wait for them in order. */
export interface Slots {
  /**
   * Waits until at least half of the places are free, takes every free place and returns their
   * number.
   */
  take(): Promise<number>;
  /** Returns places, one by one or several at once. */
  release(count: number): void;
}

/** Creates {@link Slots} for `size` pieces of work at once. */
export function createSlots(size: number): Slots {
  const least = Math.max(1, Math.floor(size / 2));
  const waiting: Array<(count: number) => void> = [];
  let free = size;
  const serve = () => {
    if (free < least) return;
    const next = waiting.shift();
    if (!next) return;
    const count = free;
    free = 0;
    next(count);
  };
  return {
    async take() {
      return new Promise((resolve) => {
        waiting.push(resolve);
        serve();
      });
    },
    release(count) {
      free += count;
      serve();
    },
  };
}
