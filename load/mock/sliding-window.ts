/** The length of the window of all per-minute limits. */
export const WINDOW_MS = 60_000;

interface Use {
  at: number;
  weight: number;
}

/** The exact sum of the uses in the last 60 s. A use leaves the window 60,000 ms after it began. */
export class SlidingWindow {
  #uses: Use[] = [];
  #head = 0;
  #sum = 0;

  /** The sum at `now` (ms). */
  used(now: number): number {
    this.#prune(now);
    return this.#sum;
  }

  /** Records a use. */
  add(now: number, weight: number): void {
    this.#uses.push({ at: now, weight });
    this.#sum += weight;
  }

  /**
   * Milliseconds until `weight` fits under `limit`: 0 where it fits now, the length of the window
   * where it never fits.
   */
  waitFor(weight: number, limit: number, now: number): number {
    let sum = this.used(now);
    if (sum + weight <= limit) return 0;
    for (let index = this.#head; index < this.#uses.length; index++) {
      const use = this.#uses[index];
      if (use === undefined) break;
      sum -= use.weight;
      if (sum + weight <= limit) return use.at + WINDOW_MS - now;
    }
    return WINDOW_MS;
  }

  /** Milliseconds until the window is empty. */
  emptyIn(now: number): number {
    this.#prune(now);
    const last = this.#uses.at(-1);
    return last === undefined || this.#head === this.#uses.length ? 0 : last.at + WINDOW_MS - now;
  }

  #prune(now: number): void {
    for (; this.#head < this.#uses.length; this.#head++) {
      const use = this.#uses[this.#head];
      if (use === undefined || now - use.at < WINDOW_MS) break;
      this.#sum -= use.weight;
    }
    if (this.#head > 1_024 && this.#head * 2 > this.#uses.length) {
      this.#uses = this.#uses.slice(this.#head);
      this.#head = 0;
    }
  }
}
