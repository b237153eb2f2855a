import { LEDGER_SHARES, type LedgerObject, type SharesNote } from "../../domain/ledger/ledger-messages.ts";
import { LruMap } from "../../lib/lru-map.ts";
import { countLedgerCall } from "../query-count.ts";

/** Tenants of which an isolate knows how many objects their ledgers have. */
const MAX_TENANTS = 10_000;
/** How many objects are asked at once whose answers are long: they must fit the memory. */
const LONG_AT_ONCE = 16;
/** The same for answers of several megabytes: as many as those of a tenant that is not large. */
export const LONGEST_AT_ONCE = LEDGER_SHARES;

/**
 * All objects that may have executions of a tenant. A tenant's ledger has {@link LEDGER_SHARES} of
 * them, and more where one of these says so, whatever the settings say by now.
 */
export class TenantShares {
  readonly #ledgerOf: (tenantId: string, share: number) => LedgerObject;
  /** The tenants with more objects. They never have fewer again. */
  readonly #shares = new LruMap<string, number>({ maxEntries: MAX_TENANTS });

  constructor(ledgerOf: (tenantId: string, share: number) => LedgerObject) {
    this.#ledgerOf = ledgerOf;
  }

  /** What all objects of a tenant answer, which must be short: all answers are held at once. */
  async all<T extends SharesNote>(tenantId: string, ask: (ledger: LedgerObject) => Promise<T>): Promise<T[]> {
    const answers: T[] = [];
    await this.#ask(tenantId, Infinity, async (ledger) => {
      const answer = await ask(ledger);
      answers.push(answer);
      return answer;
    });
    return answers;
  }

  /** Asks all objects of a tenant for long answers, and passes each on as it comes. */
  async each<T extends SharesNote>(
    tenantId: string,
    ask: (ledger: LedgerObject) => Promise<T>,
    take: (answer: T) => void,
    atOnce = LONG_AT_ONCE,
  ): Promise<void> {
    await this.#ask(tenantId, atOnce, async (ledger) => {
      const answer = await ask(ledger);
      take(answer);
      return answer;
    });
  }

  /** Asks one object after the other, `atOnce` of them at a time, until none tells of more. */
  async #ask(tenantId: string, atOnce: number, ask: (ledger: LedgerObject) => Promise<SharesNote>): Promise<void> {
    let next = 0;
    let shares = this.#shares.get(tenantId) ?? LEDGER_SHARES;
    while (next < shares) {
      const some = Array.from({ length: Math.min(shares - next, atOnce) }, (_, at) => next + at);
      next += some.length;
      const notes = await Promise.all(
        some.map(async (share) => {
          countLedgerCall();
          return ask(this.#ledgerOf(tenantId, share));
        }),
      );
      shares = Math.max(shares, ...notes.map((note) => note.shares ?? 0));
    }
    if (shares > LEDGER_SHARES) this.#shares.set(tenantId, shares);
  }
}
