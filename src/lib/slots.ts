/** A number of places for things done at once, shared by several who wait in order. */
export interface Slots {
  /** Waits until at least half of all places are free, and takes every free one: taken in bulk, given back one by one. */
  take(): Promise<number>;
  /** Gives places back. */
  release(count: number): void;
}

/** Places for `size` things at once. */
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
