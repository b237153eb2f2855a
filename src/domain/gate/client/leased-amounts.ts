/** A granted amount that may be spent until `expires_at`, in epoch ms. */
interface LeasedAmount {
  left: number;
  expires_at: number;
}

/**
 * Amounts of one unit that an authority granted, each until it expires. What expires unspent is
 * kept as a sum, to be reported.
 */
export class LeasedAmounts {
  #leased: LeasedAmount[] = [];
  #unspent = 0;

  /** What was left of all amounts when one was last spent or reported. */
  get left(): number {
    return this.#leased.reduce((sum, { left }) => sum + left, 0);
  }

  /** What can be spent now. */
  leftAt(now: number): number {
    this.#expire(now);
    return this.left;
  }

  add(amount: number, expiresAt: number): void {
    if (amount <= 0) return;
    const last = this.#leased.at(-1);
    if (last?.expires_at === expiresAt) last.left += amount;
    else this.#leased.push({ left: amount, expires_at: expiresAt });
  }

  /** Spends out of the oldest amount that covers it. Returns whether one did. */
  spend(amount: number, now: number): boolean {
    this.#expire(now);
    const leased = this.#leased.find(({ left }) => left >= amount);
    if (!leased) return false;
    leased.left -= amount;
    return true;
  }

  /** Spends out of all amounts together, the oldest first. Returns whether they covered it. */
  spendTogether(amount: number, now: number): boolean {
    this.#expire(now);
    if (this.left < amount) return false;
    let missing = amount;
    for (const leased of this.#leased) {
      const taken = Math.min(leased.left, missing);
      leased.left -= taken;
      missing -= taken;
    }
    return true;
  }

  /** What expired unspent since the last call. */
  takeUnspent(now: number): number {
    this.#expire(now);
    const unspent = this.#unspent;
    this.#unspent = 0;
    return unspent;
  }

  /** What nobody has spent, expired or not: all of it goes back. */
  takeAll(): number {
    return this.takeUnspent(Infinity);
  }

  #expire(now: number): void {
    for (const { left, expires_at } of this.#leased) if (expires_at <= now) this.#unspent += left;
    this.#leased = this.#leased.filter(({ left, expires_at }) => left > 0 && expires_at > now);
  }
}
