import type { Permit } from "../client/permit.ts";
import type { AskedLease } from "../protocol/call-kind.ts";
import type { LeaseReport } from "../protocol/messages.ts";

/** What a report adds to the earlier ones of its lease. */
export interface SubLeaseNews {
  /** Permits whose calls have ended, and the tokens that these took together. */
  ended: Permit[];
  spent: number;
  /** Permits that go back unused. */
  back: Permit[];
}

/**
 * Permits that a branch has lent to an isolate, each of which is one call: a request, its tokens
 * and a slot. All are of one key. The branch holds each of them open at its own leases until the
 * isolate has told of its end, so what is lent twice over is counted once.
 */
export class SubLease {
  readonly lease: AskedLease;
  readonly #permits: Permit[];
  readonly #told = { ended: 0, spent: 0, requests_back: 0, tokens_back: 0 };
  /** Tokens that came back and are not those of a whole permit yet. */
  #spareTokens = 0;

  constructor(lease: AskedLease, permits: Permit[]) {
    this.lease = lease;
    this.#permits = permits;
  }

  /** Whether every permit is accounted for. */
  get isOver(): boolean {
    return this.#permits.length === 0;
  }

  /**
   * Takes a report. Its counts are totals, so repeats and reordering change nothing. A permit goes
   * back only with the tokens that it reserved: where the isolate's other calls reserved more than
   * their share, it counts as ended.
   */
  apply(report: LeaseReport): SubLeaseNews {
    const told = this.#told;
    const more = (name: "ended" | "spent" | "requests_back" | "tokens_back") => {
      const added = Math.max(0, report[name] - told[name]);
      told[name] += added;
      return added;
    };
    const ended = this.#permits.splice(0, more("ended"));
    const spent = more("spent");
    const leaving = this.#permits.splice(0, more("requests_back"));
    this.#spareTokens += more("tokens_back");
    const back: Permit[] = [];
    let wasted = 0;
    for (const permit of leaving) {
      if (this.lease.tokens !== null && this.#spareTokens < permit.tokens) {
        ended.push(permit);
        wasted += permit.tokens;
        continue;
      }
      this.#spareTokens -= permit.tokens;
      back.push(permit);
    }
    return { ended, spent: spent + wasted, back };
  }

  /** The permits that are not accounted for. */
  get permits(): readonly Permit[] {
    return this.#permits;
  }

  /** Takes back the permits that were added last. */
  takeNewest(count: number): Permit[] {
    return this.#permits.splice(this.#permits.length - count);
  }

  /** Lends further permits of the same key under it. */
  add(permits: readonly Permit[]): void {
    this.#permits.push(...permits);
  }
}
