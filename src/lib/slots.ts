/** A limit on concurrent work. Several callers share its places and wait for them in order. */
export interface Slots {
  /**
   * Waits until at least half of the places are free, takes every free place and returns their
   * number. Returns 0 if it was turned away.
   */
  take(): Promise<number>;
  /** Returns places, one by one or several at once. */
  release(count: number): void;
  /** Turns away the callers that have waited since the last call of this. */
  turnAway(): void;
}

/** A caller that waits for places. */
interface Waiter {
  serve(count: number): void;
  /** It waited already when callers were last turned away. */
  late: boolean;
}

/** Creates {@link Slots} for `size` pieces of work at once. */
export function createSlots(size: number): Slots {
  const least = Math.max(1, Math.floor(size / 2));
  let waiting: Waiter[] = [];
  let free = size;
  const serve = () => {
    if (free < least) return;
    const next = waiting.shift();
    if (!next) return;
    const count = free;
    free = 0;
    next.serve(count);
  };
  return {
    async take() {
      return new Promise((resolve) => {
        waiting.push({ serve: resolve, late: false });
        serve();
      });
    },
    release(count) {
      free += count;
      serve();
    },
    turnAway() {
      const late = waiting.filter((waiter) => waiter.late);
      waiting = waiting.filter((waiter) => !waiter.late);
      for (const waiter of waiting) waiter.late = true;
      for (const waiter of late) waiter.serve(0);
    },
  };
}
