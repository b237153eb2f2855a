import type { Intent, IntentBlock } from "../../domain/executions/intent.ts";
import { byteLength } from "../../lib/encoding.ts";
import type { LedgerSql, SqlValue } from "./ledger-sql.ts";
import { fromLines, type StoredRecord, toLines } from "./stored-record.ts";

/** The intents of a row. */
export interface JournalIntents {
  slot: number;
  tenant_id: string;
  due_at: number;
  intents: Intent[];
}

/** How many rows, or characters of records, are packed together. */
export interface PackAt {
  rows: number;
  characters: number;
}

/** What is known of a row in memory. */
interface Row {
  slot: number;
  /** When its intents are due, Unix ms; null where it has none. */
  dueAt: number | null;
  /** It has intents that are not settled. */
  isOpen: boolean;
  /** It has records that are not in blocks. */
  isFresh: boolean;
}

interface StoredRow extends Record<string, SqlValue> {
  slot: number;
  seq: number;
  tenant_id: string | null;
  due_at: number | null;
  intents: string | null;
  records: string | null;
}

const TABLE = `create table if not exists journal (slot integer primary key, seq integer not null,
  tenant_id text, due_at integer, intents text, records text)`;
/** A row of SQLite in a Durable Object holds 2 MB, and one record is shorter than that. */
const MAX_RECORD_BYTES = 1_500_000;
/**
 * From here on records are packed: reading them after an eviction takes about as long as a block.
 */
const PACK_AT: PackAt = { rows: 64, characters: 256_000 };
/**
 * Rows that nothing needs any more and that are kept for the next calls, and how long such a row
 * may keep its intents after they were due, ms.
 */
const SPARE_ROWS = 64;
const SPARE_MS = 3_600_000;

/**
 * What a ledger object was told, a row for each call: intents, records, or both. Records are fresh
 * until they are packed into blocks, which only moves a mark: those of rows up to a number are
 * packed. A row whose records are packed and whose intents are settled is free, and the next call
 * replaces it, because a deletion is billed like a write.
 */
export class LedgerJournal {
  readonly #sql: LedgerSql;
  readonly #packAt: PackAt;
  /** Null until the rows are read. */
  #rows: Map<number, Row> | null = null;
  /** Rows whose intents nobody has looked at yet. */
  #unread: JournalIntents[] = [];
  #free: number[] = [];
  #slots = 0;
  #seq = 0;
  #packed = 0;
  #fresh = new Map<string, string>();
  #freshRows = 0;
  #freshCharacters = 0;

  constructor(sql: LedgerSql, packAt: PackAt = PACK_AT) {
    this.#sql = sql;
    this.#packAt = packAt;
    sql.run(TABLE);
  }

  /** Forgets what is in memory, after a transaction that failed. */
  reload(): void {
    this.#rows = null;
  }

  /** The records that are not in blocks yet, by id. */
  get fresh(): ReadonlyMap<string, string> {
    this.#read();
    return this.#fresh;
  }

  /** The number of the last row. Rows of a later call have higher ones. */
  get seq(): number {
    this.#read();
    return this.#seq;
  }

  get isPackDue(): boolean {
    return this.#freshRows >= this.#packAt.rows || this.#freshCharacters >= this.#packAt.characters;
  }

  /** Records of rows up to this number are in blocks. */
  get packed(): number {
    this.#read();
    return this.#packed;
  }

  /** The intents of the rows as they were read. Each is open until it is said to be settled. */
  get unread(): readonly JournalIntents[] {
    this.#read();
    return this.#unread;
  }

  /** Somebody knows what is unread. */
  markRead(): void {
    this.#unread = [];
  }

  /**
   * Stores what one call brings, in one row unless its records are too long for that. Returns the
   * slot of the intents.
   */
  write(block: IntentBlock | undefined, records: readonly StoredRecord[]): number {
    const parts = partsOf(records);
    // Before a record that is as long as a row the intents have one of their own.
    if (parts.length === 0 || sizeOf(parts[0] ?? []) > MAX_RECORD_BYTES) parts.unshift([]);
    const wanted = parts.filter((part, at) => part.length > 0 || (at === 0 && block));
    const [slot = -1] = wanted.map((part, at) => this.#writeRow(at === 0 ? block : undefined, part));
    return slot;
  }

  /** Notes that all intents of a row are settled. */
  settle(slot: number): void {
    const row = this.#read().get(slot);
    if (!row?.isOpen) return;
    row.isOpen = false;
    this.#freeIfDone(row);
  }

  /** Takes the intents out of a row that are settled, but not by a record of this object. */
  forgetIntents(slot: number): void {
    this.#sql.run("update journal set intents = null, due_at = null where slot = ?", slot);
    const row = this.#read().get(slot);
    if (row) row.dueAt = null;
    this.settle(slot);
  }

  intentsIn(slot: number): JournalIntents | undefined {
    const [row] = this.#sql.run<StoredRow>("select slot, tenant_id, due_at, intents from journal where slot = ?", slot);
    return row && toIntents(row);
  }

  /** All records are in blocks now. Belongs in the transaction that writes these. */
  markPacked(): void {
    const rows = this.#read();
    this.#packed = this.#seq;
    this.#sql.setMeta("packed_records", this.#packed);
    this.#fresh.clear();
    [this.#freshRows, this.#freshCharacters] = [0, 0];
    for (const row of rows.values()) {
      if (!row.isFresh) continue;
      row.isFresh = false;
      this.#freeIfDone(row);
    }
  }

  /**
   * Deletes free rows: those that a crowd of calls left, so that an eviction has few to read, and
   * those with old intents, whose records are about to leave the database by which they are known
   * to be settled.
   */
  trim(now: number): void {
    const rows = this.#read();
    const [spare, surplus] = [this.#free.slice(0, SPARE_ROWS), this.#free.slice(SPARE_ROWS)];
    const old = spare.filter((slot) => (rows.get(slot)?.dueAt ?? Infinity) < now - SPARE_MS);
    this.#free = spare;
    this.#delete([...old, ...surplus]);
  }

  /** Deletes all free rows: the packed records in them may be of a day that is being deleted. */
  deleteFree(): void {
    this.#read();
    this.#delete(this.#free);
  }

  #delete(slots: readonly number[]): void {
    const rows = this.#read();
    for (const slot of slots) {
      if (!rows.has(slot)) continue;
      this.#sql.run("delete from journal where slot = ?", slot);
      rows.delete(slot);
    }
  }

  #writeRow(block: IntentBlock | undefined, records: readonly StoredRecord[]): number {
    const rows = this.#read();
    const slot = this.#free.pop() ?? this.#slots++;
    const lines = records.length > 0 ? toLines(records) : null;
    const dueAt = block?.due_at ?? null;
    const intents = block ? JSON.stringify(block.intents) : null;
    const values = [slot, ++this.#seq, block?.tenant_id ?? null, dueAt, intents, lines];
    this.#sql.run("insert or replace into journal values (?, ?, ?, ?, ?, ?)", ...values);
    rows.set(slot, { slot, dueAt, isOpen: block !== undefined, isFresh: lines !== null });
    this.#addFresh(records);
    return slot;
  }

  #addFresh(records: Iterable<StoredRecord>): void {
    const before = this.#freshCharacters;
    for (const { id, record } of records) {
      this.#fresh.set(id, record);
      this.#freshCharacters += record.length;
    }
    if (this.#freshCharacters > before) this.#freshRows += 1;
  }

  #freeIfDone({ slot, isOpen, isFresh }: Row): void {
    if (!isOpen && !isFresh) this.#free.push(slot);
  }

  /** Reads the rows, where the object was evicted since. */
  #read(): Map<number, Row> {
    if (this.#rows) return this.#rows;
    const packed = (this.#packed = this.#sql.meta("packed_records") ?? 0);
    const rows = new Map<number, Row>();
    [this.#unread, this.#free, this.#slots, this.#seq] = [[], [], 0, packed];
    [this.#fresh, this.#freshRows, this.#freshCharacters] = [new Map<string, string>(), 0, 0];
    const records = `case when seq > ? then records end as records`;
    const select = `select slot, seq, tenant_id, due_at, intents, ${records} from journal order by seq`;
    for (const stored of this.#sql.run<StoredRow>(select, packed)) {
      const intents = toIntents(stored);
      const row = { slot: stored.slot, dueAt: stored.due_at, isOpen: !!intents, isFresh: stored.records !== null };
      rows.set(row.slot, row);
      if (intents) this.#unread.push(intents);
      this.#addFresh(fromLines(stored.records ?? ""));
      this.#freeIfDone(row);
      this.#slots = Math.max(this.#slots, row.slot + 1);
      this.#seq = Math.max(this.#seq, stored.seq);
    }
    return (this.#rows = rows);
  }
}

function toIntents({ slot, tenant_id, due_at, intents }: StoredRow): JournalIntents | undefined {
  if (tenant_id === null || due_at === null || intents === null) return undefined;
  return { slot, tenant_id, due_at, intents: JSON.parse(intents) as Intent[] };
}

/** Records as they fit into rows. */
function partsOf(records: readonly StoredRecord[]): StoredRecord[][] {
  const parts: StoredRecord[][] = [];
  let bytes = Infinity;
  for (const stored of records) {
    const size = byteLength(stored.record);
    if (bytes + size > MAX_RECORD_BYTES) [bytes] = [0, parts.push([])];
    parts.at(-1)?.push(stored);
    bytes += size;
  }
  return parts;
}

function sizeOf(records: readonly StoredRecord[]): number {
  return records.reduce((sum, { record }) => sum + byteLength(record), 0);
}
