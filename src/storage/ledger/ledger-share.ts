import { type Intent, type IntentBlock, toUnknown } from "../../domain/executions/intent.ts";
import { type LedgerEntry, toEntry } from "../../domain/ledger/entry.ts";
import type { InsightQuery, InsightSummary } from "../../domain/ledger/insight-messages.ts";
import {
  type CallSummary,
  type FailureSummary,
  LEDGER_SHARES,
  type LedgerFailureQuery,
  type LedgerIds,
  type LedgerListQuery,
  type LedgerObject,
  type SharesNote,
  type UsageQuery,
  type UsageSummary,
} from "../../domain/ledger/ledger-messages.ts";
import type { FailedExecution } from "../../domain/ledger/recent-failures.ts";
import type { LedgerSettings } from "../../domain/ledger/retention.ts";
import { shareOf } from "../../domain/ledger/shares.ts";
import type { NumberSpan } from "../../domain/ledger/usage-plan.ts";
import type { Clock } from "../../lib/clock.ts";
import { withTimeout } from "../../lib/deadline.ts";
import { LedgerBook, type LedgerPlaces } from "./ledger-book.ts";
import { LedgerUpkeep } from "./ledger-upkeep.ts";

/** What {@link LedgerShare} needs. */
export interface LedgerShareDeps extends LedgerPlaces, Clock {
  settings: LedgerSettings;
  setAlarm(at: number): Promise<void>;
  /** Another share of a tenant. */
  ledgerOf(tenantId: string, share: number): Pick<LedgerObject, "append" | "widen">;
  onFault(event: string, error: unknown): void;
  /** How long another share may take for the records of an alarm, ms; 10,000 without it. */
  append_within_ms?: number;
}

/** How long work that failed is left alone, ms. */
const PAUSE_MS = 60_000;
/** The most blocks of intents that one alarm resolves. */
const MAX_BLOCKS = 100;
const APPEND_WITHIN_MS = 10_000;

/**
 * What a ledger object is: its book, the intents of executions that belong into it, and the one
 * alarm that serves both. An intent that is due without a record becomes an `unknown` record.
 */
export class LedgerShare {
  readonly book: LedgerBook;
  readonly #deps: LedgerShareDeps;
  readonly #upkeep: LedgerUpkeep;
  #alarmAt: number | null = null;
  /** Null until its row is read. */
  #noted: SharesNote | null = null;

  constructor(deps: LedgerShareDeps) {
    this.#deps = deps;
    this.book = new LedgerBook(deps);
    this.#upkeep = new LedgerUpkeep(this.book, deps.settings);
  }

  /** Says when the stored alarm rings, before any other call. */
  restoreAlarm(at: number | null): void {
    this.#alarmAt = at;
  }

  async append(entries: readonly LedgerEntry[]): Promise<void> {
    await this.#write(entries);
  }

  async intend(block: IntentBlock, ended: readonly LedgerEntry[] = []): Promise<"recorded"> {
    await this.#write(ended, block);
    await this.#wakeAt(block.due_at);
    return "recorded";
  }

  /** Notes how many objects the tenant's ledger has. It only ever grows. */
  widen(shares: number): void {
    if (shares > (this.#note.shares ?? 0)) this.book.sql.setMeta("shares", shares);
    this.#noted = null;
  }

  async list(query: LedgerListQuery): Promise<LedgerIds> {
    return { ...(await this.book.list(query, this.#deps.now())), ...this.#note };
  }

  usage(query: UsageQuery): UsageSummary {
    const first_due = this.book.intents.firstDue();
    return { ...this.book.usage(query, this.#deps.now()), first_due, ...this.#note };
  }

  calls(hours: NumberSpan): CallSummary {
    const first_due = this.book.intents.firstDue();
    return { ...this.book.calls(hours, this.#deps.now()), first_due, ...this.#note };
  }

  insights(query: InsightQuery): InsightSummary & SharesNote {
    return { ...this.book.insights(query, this.#deps.now()), ...this.#note };
  }

  failures({ as_summary, ...query }: LedgerFailureQuery): FailureSummary | FailedExecution[] {
    const failures = this.book.failures(query, this.#deps.now());
    return as_summary ? { failures, ...this.#note } : failures;
  }

  /** Resolves what is due, does the upkeep that is due, and sets the next alarm. */
  async ring(): Promise<void> {
    this.#alarmAt = null;
    const ofIntents = await this.#orPause("intents_unresolved", async () => this.#resolveDue());
    const ofUpkeep = await this.#orPause("ledger_upkeep_fault", async () => this.#keepUp());
    const next = [ofIntents, ofUpkeep].filter((at) => at !== null);
    if (next.length > 0) await this.#wakeAt(Math.min(...next));
  }

  /** What this object was told of its tenant's ledger, or told others. It reads its row once. */
  get #note(): SharesNote {
    if (!this.#noted) {
      const shares = this.book.sql.meta("shares");
      this.#noted = shares === undefined ? {} : { shares };
    }
    return this.#noted;
  }

  async #write(entries: readonly LedgerEntry[], block?: IntentBlock): Promise<void> {
    const now = this.#deps.now();
    await this.#beKnown();
    await this.book.append(entries, now, block);
    if (entries.length === 0) return;
    const isDue = this.#upkeep.isFull || this.book.rollups.hasDayToPack;
    if (this.#alarmAt === null || isDue) await this.#wakeAt(this.#upkeep.next(now));
  }

  /**
   * Makes sure that those who read the ledger know of this object, once and for all, before it has
   * anything to be read. Throws where it cannot.
   */
  async #beKnown(): Promise<void> {
    const [tenantId, share] = placeOf(this.#deps.name);
    if (share < LEDGER_SHARES || this.#note.shares !== undefined) return;
    await this.#deps.ledgerOf(tenantId, share % LEDGER_SHARES).widen(share + 1);
    this.widen(share + 1);
  }

  /** Returns when the work goes on, Unix ms, which is after a pause where it fails. */
  async #orPause(event: string, work: () => Promise<number | null>): Promise<number | null> {
    try {
      return await work();
    } catch (error) {
      this.#deps.onFault(event, error);
      return this.#deps.now() + PAUSE_MS;
    }
  }

  /**
   * Records executions as `unknown` whose intents are due; the book knows those that have ended. An
   * intent that another share did not take in time belongs into that one. Where a share does not
   * take its records, their blocks wait, and keep no others away.
   */
  async #resolveDue(): Promise<number | null> {
    const now = this.#deps.now();
    this.book.trimJournal(now);
    const blocks = this.book.intents.due(now, MAX_BLOCKS);
    const unknown = blocks.flatMap(({ tenant_id, intents }) =>
      intents.flatMap((intent) => this.#toUnknown(tenant_id, intent) ?? []),
    );
    const byShare = Map.groupBy(unknown, ({ tenant_id, entry }) => nameOf(tenant_id, entry.id));
    const failed = new Set<string>();
    await Promise.all(
      [...byShare].map(async ([name, some]) => {
        const entries = some.map(({ entry }) => entry);
        if (!(await this.#hasTaken(name, entries))) failed.add(name);
      }),
    );
    for (const block of blocks) {
      if (block.intents.some(({ id }) => failed.has(nameOf(block.tenant_id, id)))) block.postpone();
      else block.resolve();
    }
    const next = this.book.intents.firstDue();
    return next === null || failed.size === 0 ? next : Math.max(next, this.#deps.now() + PAUSE_MS);
  }

  /** Whether a share took records. Another one that hangs must not keep the alarm from its work. */
  async #hasTaken(name: string, entries: readonly LedgerEntry[]): Promise<boolean> {
    const { append_within_ms: ms = APPEND_WITHIN_MS } = this.#deps;
    try {
      await withTimeout(this.#ledgerOf(name).append(entries), ms, () => new Error(`${name} took over ${ms} ms`));
      return true;
    } catch (error) {
      this.#deps.onFault("intents_unresolved", error);
      return false;
    }
  }

  #ledgerOf(name: string): Pick<LedgerObject, "append"> {
    return name === this.#deps.name ? this : this.#deps.ledgerOf(...placeOf(name));
  }

  /** Undefined for an intent that can never be recorded, which must not keep others away. */
  #toUnknown(tenant_id: string, intent: Intent): { tenant_id: string; entry: LedgerEntry } | undefined {
    try {
      return { tenant_id, entry: toEntry(toUnknown(tenant_id, intent)) };
    } catch (error) {
      this.#deps.onFault("intent_unfit", error);
      return undefined;
    }
  }

  async #keepUp(): Promise<number | null> {
    const now = this.#deps.now();
    const next = this.#upkeep.next(now);
    return next !== null && next <= now ? this.#upkeep.work(now) : next;
  }

  /** Sets the alarm, unless it rings before that. A set alarm costs a written row. */
  async #wakeAt(at: number | null): Promise<void> {
    if (at === null || (this.#alarmAt !== null && this.#alarmAt <= at)) return;
    this.#alarmAt = at;
    await this.#deps.setAlarm(at);
  }
}

/** The tenant and the share of an object, by its name. */
function placeOf(name: string): [tenantId: string, share: number] {
  const [tenantId = "", share] = name.split("/");
  return [tenantId, Number(share)];
}

/** The name of the object that an execution belongs to. */
function nameOf(tenantId: string, id: string): string {
  return `${tenantId}/${shareOf(id)}`;
}
