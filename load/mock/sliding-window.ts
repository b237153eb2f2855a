/** The length of the window that providers' per-minute limits are held over here. */
export const WINDOW_MS = 60_000;

interface Use {
  at: number;
  weight: number;
}

/** What was used in the last 60 seconds, exactly: a use leaves the window 60,000 ms after it was made. */
export class SlidingWindow {
  #uses: Use[] = [];
  #head = 0;
  #sum = 0;

  /** Weight in the window at `now` (ms). */
  used(now: number): number {
    this.#prune(now);
    return this.#sum;
  }

  /** Records a use. */
  add(now: number, weight: number): void {
    this.#uses.push({ at: now, weight });
    this.#sum += weight;
  }

  /** Milliseconds until `weight` more fits under `limit`: 0 when it fits now, a whole window when it never will. */
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

  /** Milliseconds until nothing is left in the window. */
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
