/**
 * The limit of what one run may spend: the worst cost of a call is set aside before it, and what it
 * did not spend is free again at its end. Money in nano-dollars.
 */
export class RunBudget {
  readonly #limit: number;
  #spent: number;
  #reserved = 0;
  #waiting: (() => void)[] = [];

  /** `spent` counts the calls of earlier workers at their worst. */
  constructor(limit: number, spent: number) {
    this.#limit = limit;
    this.#spent = spent;
  }

  /**
   * Sets money aside. Waits while others may give some back. False where there will not be enough.
   */
  async reserve(worst: number): Promise<boolean> {
    while (this.#spent + this.#reserved + worst > this.#limit) {
      if (this.#reserved === 0) return false;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push(resolve);
      await promise;
    }
    this.#reserved += worst;
    return true;
  }

  /** Counts what was spent of the money that was set aside. */
  settle(worst: number, spent: number): void {
    this.#reserved -= worst;
    this.#spent += spent;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
