/**
 * How much longer than its call may last a permit may stay open, in ms: what a busy
 * isolate needs to notice that the time of a call is up.
 */
const END_WITHIN_MS = 5_000;

/** A permit whose call is under way. Times are epoch ms. */
interface OpenPermit {
  /** The tokens that it reserved, and those that its call took: as many until more is known. */
  tokens: number;
  spent: number;
  /** When the call was sent; before that, when the permit was taken. */
  sent_at: number;
  over_at: number;
}

/**
 * The permits of a lease whose calls are under way. Normally a call ends its permit. The platform
 * cancels requests, too (30 s after their client left, and at a deploy), and runs nothing of them
 * any more, so a permit is over by itself once its call can no longer be under way. A call
 * that was aborted keeps its permit until the provider must have seen the abort.
 */
export class OpenPermits {
  readonly #open = new Map<number, OpenPermit>();
  readonly #aborted = new Map<number, OpenPermit>();
  #lastId = 0;

  get size(): number {
    return this.#open.size + this.#aborted.size;
  }

  /** When the next permit is over at the latest, in epoch ms; Infinity while none is open. */
  nextOverAt(): number {
    return Math.min(earliestOf(this.#open), this.nextAbortedAt());
  }

  /** The same for the permits of aborted calls. */
  nextAbortedAt(): number {
    return earliestOf(this.#aborted);
  }

  /** Opens a permit for a call that lasts `longestMs` at most, and returns its id. */
  open(tokens: number, longestMs: number, now: number): { id: number; over_at: number } {
    const id = ++this.#lastId;
    const over_at = now + longestMs + END_WITHIN_MS;
    this.#open.set(id, { tokens, spent: tokens, sent_at: now, over_at });
    return { id, over_at };
  }

  /** Notes that the call of a permit is sent now. Returns false where the permit is over. */
  send(id: number, now: number): boolean {
    const permit = this.#open.get(id);
    if (!permit) return false;
    permit.over_at += now - permit.sent_at;
    permit.sent_at = now;
    return true;
  }

  /** Moves tokens that one permit reserved to another one. Does nothing where one of them is over. */
  moveTokens(from: number, to: number, tokens: number): void {
    const [giving, taking] = [this.#open.get(from), this.#open.get(to)];
    if (!giving || !taking) return;
    for (const [permit, more] of [
      [giving, -tokens],
      [taking, tokens],
    ] as const) {
      permit.tokens += more;
      permit.spent += more;
    }
  }

  /** Closes a permit; undefined where it is over already. */
  close(id: number): OpenPermit | undefined {
    const permit = this.#open.get(id);
    this.#open.delete(id);
    return permit;
  }

  /**
   * Keeps the permit of an aborted call that took `spent` tokens until `overAt`. Returns when it is
   * over; undefined where it is over already.
   */
  abort(id: number, spent: number, overAt: number): number | undefined {
    const permit = this.close(id);
    if (!permit) return undefined;
    const over_at = Math.min(permit.over_at, overAt);
    this.#aborted.set(id, { ...permit, spent, over_at });
    return over_at;
  }

  /** Closes and returns the permits that no call can use any more. */
  closeOver(now: number): OpenPermit[] {
    const over: OpenPermit[] = [];
    for (const permits of [this.#open, this.#aborted]) {
      for (const [id, permit] of permits) {
        if (permit.over_at > now) continue;
        permits.delete(id);
        over.push(permit);
      }
    }
    return over;
  }
}

function earliestOf(permits: ReadonlyMap<number, OpenPermit>): number {
  let next = Infinity;
  for (const { over_at } of permits.values()) next = Math.min(next, over_at);
  return next;
}
