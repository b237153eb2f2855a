import { type LedgerEntry, fromRecord, supersedes, toKnownEntry } from "../../domain/ledger/entry.ts";
import type {
  CallSummary,
  FeedbackEntry,
  FoundRecords,
  LedgerIds,
  LedgerListQuery,
  UsageQuery,
  UsageSummary,
} from "../../domain/ledger/ledger-messages.ts";
import { DAY_HOURS, dayOf } from "../../domain/ledger/periods.ts";
import { oldestDayAt, oldestHourAt } from "../../domain/ledger/retention.ts";
import type { RollupChange } from "../../domain/ledger/rollup.ts";
import type { NumberSpan } from "../../domain/ledger/usage-plan.ts";
import { toUsageRows } from "../../domain/usage/sum-table.ts";
import { timeOfId } from "../../domain/id.ts";
import { type ArchiveBucket, LedgerArchive } from "./ledger-archive.ts";
import { LedgerDays } from "./ledger-days.ts";
import { LedgerRecords } from "./ledger-records.ts";
import { LedgerRollups } from "./ledger-rollups.ts";
import { LedgerSql, type LedgerStorage } from "./ledger-sql.ts";
import { RecordWalk } from "./record-walk.ts";
import { type SearchedLedger, searchIds } from "./search-ids.ts";
import { sumCalls } from "./sum-calls.ts";
import { sumUsage } from "./sum-usage.ts";

/** Where a ledger object keeps what it holds. */
export interface LedgerPlaces {
  storage: LedgerStorage;
  bucket: ArchiveBucket;
  /** `<tenant>/<share>`. */
  name: string;
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
  readonly records: LedgerRecords;
  readonly rollups: LedgerRollups;
  readonly archive: LedgerArchive;
  readonly #walk: RecordWalk;

  constructor({ storage, bucket, name }: LedgerPlaces) {
    this.sql = new LedgerSql(storage);
    this.days = new LedgerDays(this.sql);
    this.records = new LedgerRecords(this.sql, this.days);
    this.rollups = new LedgerRollups(this.sql);
    this.archive = new LedgerArchive(this.sql, bucket, name);
    this.#walk = new RecordWalk(this.days, this.records, this.archive);
  }

  /** Records executions in one transaction. After an error all of it may be repeated. */
  async append(entries: readonly LedgerEntry[], now: number): Promise<void> {
    const archived = await this.#findArchived(entries);
    this.openRollups(now);
    try {
      const changes = this.sql.transact(() => this.#write(entries, archived, now));
      this.rollups.applyOpen(changes);
      if (this.rollups.isPackDue(now)) this.rollups.pack(now);
    } catch (error) {
      this.days.reload();
      this.rollups.reload();
      throw error;
    }
  }

  async find(ids: readonly string[]): Promise<FoundRecords> {
    const records: string[] = [];
    const left = ids.toSorted();
    for (let size = 0; size < MAX_FOUND && left.length > 0;) {
      const record = await this.#find(left.shift() ?? "");
      if (record !== undefined) records.push(record);
      size += record?.length ?? 0;
    }
    const done = new Set(left);
    return { records, feedback: this.records.feedbackOn(ids.filter((id) => !done.has(id))), left };
  }

  /** Those of the ids whose executions have a known end on record. */
  async findEnded(ids: readonly string[]): Promise<string[]> {
    const ended: string[] = [];
    for (const id of ids) {
      const record = await this.#find(id);
      if (record !== undefined && fromRecord(record).status !== "unknown") ended.push(id);
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

  giveFeedback(entry: FeedbackEntry, now: number): number | null {
    return this.records.giveFeedback(entry, now);
  }

  adoptFeedback(entries: readonly FeedbackEntry[], now: number): void {
    this.records.adoptFeedback(entries, now);
  }

  /** Sums the open hours from their records, where the object was evicted since. */
  openRollups(now: number): void {
    if (this.rollups.isOpen) return;
    this.rollups.begin(now);
    this.rollups.open(this.#openChanges());
  }

  *#openChanges(): Generator<RollupChange> {
    const { packedHour } = this.rollups;
    const idHours = new Set(this.records.displacedSince(packedHour));
    for (const { day } of this.days.all()) {
      const hours = Array.from({ length: DAY_HOURS }, (_, at) => day * DAY_HOURS + at);
      for (const hour of hours) if (hour >= packedHour) idHours.add(hour);
    }
    for (const idHour of idHours) {
      for (const { record } of this.#walk.ofIdHour(idHour)) yield { ...toKnownEntry(record), sign: 1 };
    }
  }

  #write(entries: readonly LedgerEntry[], archived: ReadonlyMap<string, string | undefined>, now: number) {
    const changes: RollupChange[] = [];
    for (const entry of entries) {
      if (this.days.isDeleted(dayOf(timeOfId(entry.id)))) continue;
      const record = this.records.find(entry.id) ?? archived.get(entry.id);
      if (record === undefined && !archived.has(entry.id) && this.#isArchivedOnly(entry.id)) {
        throw new Error("A day was archived in the middle of an append. Nothing was written.");
      }
      const known = record === undefined ? undefined : toKnownEntry(record);
      if (known && !supersedes(entry, known)) continue;
      this.records.put(entry, entry.created_at, now);
      if (known) changes.push({ ...known, sign: -1 });
      changes.push({ ...entry, sign: 1 });
    }
    this.rollups.applyPacked(changes, oldestHourAt(now, "plain"));
    return changes;
  }

  /**
   * The records of those entries that are in R2 already. A day may be archived while this looks, so
   * it looks again until nothing is left open.
   */
  async #findArchived(entries: readonly LedgerEntry[]): Promise<Map<string, string | undefined>> {
    const looked = new Map<string, string | undefined>();
    for (;;) {
      const open = entries.filter(({ id }) => !looked.has(id) && this.#isArchivedOnly(id));
      if (open.length === 0) return looked;
      for (const { id } of open.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
        looked.set(id, await this.archive.find(id));
      }
    }
  }

  async #find(id: string): Promise<string | undefined> {
    const record = this.records.find(id);
    return record === undefined && this.#isArchivedOnly(id) ? this.archive.find(id) : record;
  }

  #isArchivedOnly(id: string): boolean {
    return this.days.stateOf(dayOf(timeOfId(id))) === "archived" && this.records.findLate(id) === undefined;
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
