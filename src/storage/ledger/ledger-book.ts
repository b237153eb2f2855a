import type { IntentBlock } from "../../domain/executions/intent.ts";
import { type LedgerEntry, fromRecord, supersedes, toKnownEntry, UnfitRecord } from "../../domain/ledger/entry.ts";
import type {
  CallSummary,
  FeedbackEntry,
  FoundRecords,
  GivenFeedback,
  LedgerIds,
  LedgerListQuery,
  UsageQuery,
  UsageSummary,
} from "../../domain/ledger/ledger-messages.ts";
import type { InsightQuery, InsightSummary } from "../../domain/ledger/insight-messages.ts";
import { DAY_HOURS, dayOf } from "../../domain/ledger/periods.ts";
import type { FailedExecution, FailureQuery } from "../../domain/ledger/recent-failures.ts";
import { oldestDayAt, oldestHourAt } from "../../domain/ledger/retention.ts";
import type { RollupChange } from "../../domain/ledger/rollup.ts";
import type { NumberSpan } from "../../domain/ledger/usage-plan.ts";
import { toUsageRows } from "../../domain/usage/sum-table.ts";
import { timeOfId } from "../../domain/id.ts";
import { type ArchiveBucket, LedgerArchive } from "./ledger-archive.ts";
import { LedgerDays } from "./ledger-days.ts";
import { KnownIds } from "./known-ids.ts";
import { LedgerIntents } from "./ledger-intents.ts";
import { LedgerJournal, type PackAt } from "./ledger-journal.ts";
import { LedgerRecords, type RecordSnapshot } from "./ledger-records.ts";
import { LedgerRollups } from "./ledger-rollups.ts";
import { LedgerSql, type LedgerStorage } from "./ledger-sql.ts";
import { RecordLookup } from "./record-lookup.ts";
import { RecordWalk } from "./record-walk.ts";
import { type SearchedLedger, searchIds } from "./search-ids.ts";
import { sumCalls } from "./sum-calls.ts";
import { sumInsights } from "./sum-insights.ts";
import { sumUsage } from "./sum-usage.ts";

/** Where a ledger object keeps what it holds. */
export interface LedgerPlaces {
  storage: LedgerStorage;
  bucket: ArchiveBucket;
  /** `<tenant>/<share>`. */
  name: string;
  /** When records are packed, if not as usual. */
  packAt?: PackAt;
  /** How many records an append sums after an eviction, if not as many as usual. */
  openStep?: number;
}

/** The records that are looked up at once: those of one hour share a search. */
const FIND_STEP = 10;

/**
 * How many records of the open hours an append sums after an eviction, some milliseconds' work. At
 * ten million executions a day these hours have 60,000, which all at once would hold it up for a
 * second.
 */
const OPEN_STEP = 500;

/** What a call is written with: what R2 has of its executions, the time, and intents of others. */
interface WriteContext {
  archived: ReadonlyMap<string, string | undefined>;
  now: number;
  block: IntentBlock | undefined;
}

/** The most characters of records in one answer; a call between Workers carries 32 MiB. */
const MAX_FOUND = 8_000_000;

/**
 * A share of a tenant's executions: their records, and their sums by hour and by day. Each
 * execution is counted once, by its id, however often and in whatever order it is delivered.
 */
export class LedgerBook {
  readonly sql: LedgerSql;
  readonly days: LedgerDays;
  readonly journal: LedgerJournal;
  readonly intents: LedgerIntents;
  readonly records: LedgerRecords;
  readonly rollups: LedgerRollups;
  readonly archive: LedgerArchive;
  readonly #walk: RecordWalk;
  readonly #lookup: RecordLookup;
  readonly #known = new KnownIds();
  readonly #openStep: number;

  constructor({ storage, bucket, name, packAt, openStep = OPEN_STEP }: LedgerPlaces) {
    this.#openStep = openStep;
    this.sql = new LedgerSql(storage);
    this.days = new LedgerDays(this.sql);
    this.journal = new LedgerJournal(this.sql, packAt);
    this.records = new LedgerRecords(this.sql, this.days, this.journal);
    this.intents = new LedgerIntents(this.journal, (ids) => this.records.each(ids));
    this.rollups = new LedgerRollups(this.sql);
    this.archive = new LedgerArchive(this.sql, bucket, name);
    this.#walk = new RecordWalk(this.days, this.records, this.archive);
    this.#lookup = new RecordLookup(this.days, this.records, this.archive);
  }

  /**
   * Records executions, and the intents of others, in one row. After an error none is recorded, and
   * all of it may be repeated.
   */
  async append(entries: readonly LedgerEntry[], now: number, block?: IntentBlock): Promise<void> {
    const archived = await this.#lookup.findArchived(entries.map(({ id }) => id));
    if (entries.length > 0) this.openRollups(now, this.#openStep);
    this.intents.open();
    this.#orReload(() => {
      const { slot, changes } = this.sql.transact(() => this.#write(entries, { archived, now, block }));
      if (block) this.intents.add(slot, block);
      this.intents.settle(entries);
      for (const { id } of entries) this.#known.add(id);
      this.rollups.applyOpen(changes);
      if (this.journal.isPackDue) this.records.pack();
    });
    if (entries.length > 0 && this.rollups.isPackDue(now)) this.packHours(now);
  }

  async find(ids: readonly string[]): Promise<FoundRecords> {
    const records: string[] = [];
    const left = ids.toSorted();
    for (let size = 0; size < MAX_FOUND && left.length > 0;) {
      const found = await this.#lookup.find(left.splice(0, FIND_STEP));
      records.push(...found);
      size += found.reduce((sum, record) => sum + record.length, 0);
    }
    const done = new Set(left);
    return { records, feedback: this.records.feedbackOn(ids.filter((id) => !done.has(id))), left };
  }

  /** Deletes rows of the journal that nothing needs. */
  trimJournal(now: number): void {
    this.intents.open();
    this.journal.trim(now);
  }

  /** Packs the records of the journal. */
  packRecords(): void {
    this.#orReload(() => this.records.pack());
  }

  /** Moves some of the late records of an older version into the journal. */
  moveLate(): void {
    this.#orReload(() => this.records.moveLate());
  }

  /** Packs the sums of hours that are over. */
  packHours(now: number): void {
    this.openRollups(now);
    this.#orReload(() => this.rollups.pack(now));
    this.#known.forgetBefore(this.rollups.packedHour);
  }

  /** Those of the ids whose executions have a known end on record. */
  async findEnded(ids: readonly string[]): Promise<string[]> {
    const ended: string[] = [];
    const left = [...ids];
    while (left.length > 0) {
      const found = (await this.#lookup.find(left.splice(0, FIND_STEP))).map(fromRecord);
      ended.push(...found.filter(({ status }) => status !== "unknown").map(({ id }) => id));
    }
    return ended;
  }

  async list(query: LedgerListQuery, now: number): Promise<LedgerIds> {
    const before = this.#rowsRead();
    const found = await searchIds(this.#searched(now), query);
    return { ...found, rows_read: this.#rowsRead() - before };
  }

  usage(query: UsageQuery, now: number): UsageSummary {
    const kind = query.group_by.includes("user") ? "users" : "plain";
    const searched = { ...this.#searched(now), oldestHour: oldestHourAt(now, kind) };
    const before = this.#rowsRead();
    const { columns, from, to } = sumUsage(searched, query);
    const rows_read = this.#rowsRead() - before;
    if (query.as_columns) return { rows: [], columns, from, to, rows_read };
    return { rows: toUsageRows(columns, query.group_by), from, to, rows_read };
  }

  calls(hours: NumberSpan, now: number): CallSummary {
    this.openRollups(now);
    return sumCalls(this.rollups, hours);
  }

  insights(query: InsightQuery, now: number): InsightSummary {
    this.openRollups(now);
    const before = this.#rowsRead();
    const sums = sumInsights({ rollups: this.rollups, feedback: this.records.feedback }, query);
    return { ...sums, bytes: this.sql.size, rows_read: this.#rowsRead() - before };
  }

  /** The newest failures that are asked for, of the last hour at least. */
  failures(query: FailureQuery, now: number): FailedExecution[] {
    this.openRollups(now);
    return this.rollups.failures.find(query);
  }

  giveFeedback(entry: GivenFeedback, now: number): number | null {
    return this.records.giveFeedback(entry, now);
  }

  adoptFeedback(entries: readonly FeedbackEntry[]): void {
    this.records.adoptFeedback(entries);
  }

  /**
   * Sums the open hours from their records, where the object was evicted since: all of them, or
   * about `limit` records more.
   */
  openRollups(now: number, limit = Infinity): void {
    if (this.rollups.isOpen) return;
    if (!this.rollups.isBegun) {
      this.rollups.begin(now);
      this.#known.begin(this.rollups.packedHour);
      this.rollups.open(this.#openChanges(this.records.snapshot()));
    }
    // The tables of older versions are read in one go.
    this.rollups.openSome(this.records.hasLegacy ? Infinity : limit);
    if (this.rollups.isOpen) this.#known.complete();
  }

  *#openChanges(snapshot: RecordSnapshot): Generator<RollupChange> {
    const { packedHour } = this.rollups;
    const idHours = new Set(this.records.displacedSince(packedHour));
    for (const { day } of this.days.all()) {
      const hours = Array.from({ length: DAY_HOURS }, (_, at) => day * DAY_HOURS + at);
      for (const hour of hours) if (hour >= packedHour) idHours.add(hour);
    }
    for (const idHour of idHours) {
      for (const { record } of this.#walk.ofIdHour(idHour, snapshot)) {
        const entry = toKnownEntry(record);
        // Not the stored id: as a slice of its block's text it would keep all of that in memory.
        this.#known.add(entry.id);
        yield { ...entry, sign: 1 };
      }
    }
  }

  #write(entries: readonly LedgerEntry[], { archived, now, block }: WriteContext) {
    const known = this.#findKnown(entries.map(({ id }) => id));
    const written = new Map<string, LedgerEntry>();
    const changes: RollupChange[] = [];
    for (const entry of entries) {
      const { id } = entry;
      if (this.days.isDeleted(dayOf(timeOfId(id)))) continue;
      const record = written.get(id)?.record ?? known.get(id) ?? archived.get(id);
      if (record === undefined && !archived.has(id) && this.days.isArchived(dayOf(timeOfId(id)))) {
        throw new Error("A day was archived in the middle of an append. Nothing was written.");
      }
      const before = record === undefined ? undefined : toKnownEntry(record);
      if (before && !supersedes(entry, before)) continue;
      requireText(entry);
      written.set(id, entry);
      this.records.note(id, entry.created_at, now);
      if (before) changes.push({ ...before, sign: -1 });
      // An older version tells nothing for insights. Its record does, whenever it is read again.
      changes.push({ ...(entry.insight ? entry : toKnownEntry(entry.record)), sign: 1 });
    }
    const slot = this.journal.write(block, [...written.values()]);
    this.rollups.applyPacked(changes, oldestHourAt(now, "plain"));
    return { slot, changes };
  }

  /** The records that the database has of some ids. Most ids are new. */
  #findKnown(ids: readonly string[]): Map<string, string> {
    return this.records.find(ids.filter((id) => !this.#known.isNew(id)));
  }

  #orReload(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.days.reload();
      this.journal.reload();
      this.intents.reload();
      this.records.reload();
      this.rollups.reload();
      throw error;
    }
  }

  #searched(now: number): SearchedLedger {
    this.openRollups(now);
    const { days, records, rollups } = this;
    const oldest = { oldestHour: oldestHourAt(now, "plain"), oldestDay: oldestDayAt(now, "plain") };
    return { days, records, rollups, walk: this.#walk, ...oldest };
  }

  #rowsRead(): number {
    return this.sql.rowsRead + this.archive.recordsRead;
  }
}

/** A record is stored as a line of text. */
function requireText({ id, record }: LedgerEntry): void {
  if (typeof record === "string" && !record.includes("\n")) return;
  throw new UnfitRecord(`The record ${id} fails the constraint that it is a line of JSON.`);
}
