import type { Permit } from "../client/permit.ts";
import type { AskedLease } from "../protocol/call-kind.ts";
import type { LeaseReport } from "../protocol/messages.ts";

/** Tokens that one permit reserved and that belong to another one of the same root's lease. */
export interface MovedTokens {
  from: Permit;
  to: Permit;
  tokens: number;
}

/** What a report adds to the earlier ones of its lease. Tokens move before permits end. */
export interface SubLeaseNews {
  moved: MovedTokens[];
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
  readonly #told = { ended: 0, reserved: 0, spent: 0, requests_back: 0, tokens_back: 0 };
  /** Tokens that the isolate reserved for ended calls or gave back, and no permit took along yet. */
  #released = 0;

  constructor(lease: AskedLease, permits: Permit[]) {
    this.lease = lease;
    this.#permits = permits;
  }

  /** Whether every permit is accounted for. */
  get isOver(): boolean {
    return this.#permits.length === 0;
  }

  /**
   * Takes a report. Its counts are totals, so repeats and reordering change nothing. The isolate
   * divides a lease's tokens among its calls as it likes, so a permit takes along what they released
   * and no more. The rest of what it reserved may be in use under another call: it moves to another
   * permit, or counts as spent where none is of the same root's lease.
   */
  apply(report: LeaseReport): SubLeaseNews {
    const told = this.#told;
    const more = (name: keyof typeof told) => {
      const added = Math.max(0, report[name] - told[name]);
      told[name] += added;
      return added;
    };
    const news: SubLeaseNews = { moved: [], ended: [], spent: more("spent"), back: [] };
    this.#released += more("reserved") + more("tokens_back");
    for (const [of, count] of [
      ["ended", more("ended")],
      ["back", more("requests_back")],
    ] as const) {
      for (let left = count; left > 0 && !this.isOver; left -= 1) this.#release(of, news);
    }
    return news;
  }

  /** The permits that are not accounted for. */
  get permits(): readonly Permit[] {
    return this.#permits;
  }

  /**
   * Accounts for the largest permit whose tokens were released, or else for the smallest one. The
   * last one leaves no request that could use the rest of its tokens.
   */
  #release(of: "ended" | "back", news: SubLeaseNews): void {
    const isFit = ({ tokens }: Permit) => this.lease.tokens === null || tokens <= this.#released;
    const bySize = this.#permits.toSorted((a, b) => b.tokens - a.tokens);
    const from = bySize.find(isFit) ?? bySize.at(-1);
    if (!from) return;
    this.#permits.splice(this.#permits.indexOf(from), 1);
    const missing = isFit(from) || this.isOver ? 0 : from.tokens - this.#released;
    this.#released = Math.max(0, this.#released - from.tokens);
    const other = this.#permits.findIndex(({ lease }) => lease === from.lease);
    const to = this.#permits[other];
    if (missing > 0 && to) {
      news.moved.push({ from, to, tokens: missing });
      this.#permits[other] = { ...to, tokens: to.tokens + missing };
    }
    const isWasted = missing > 0 && !to;
    news[isWasted ? "ended" : of].push(from);
    if (isWasted) news.spent += missing;
  }
}
