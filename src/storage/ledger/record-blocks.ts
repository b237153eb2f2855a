import { gunzipSync, gzipSync } from "node:zlib";
import { timeOfId } from "../../domain/id.ts";
import { hourOf } from "../../domain/ledger/periods.ts";
import { LruMap } from "../../lib/lru-map.ts";
import type { FirstRecords } from "./first-records.ts";
import type { LedgerSql, SqlValue } from "./ledger-sql.ts";
import { fromLines, type IdSpan, idsOfHour, type StoredRecord, toLines } from "./stored-record.ts";

/** Where a block is: its key, and its first id. */
interface BlockPlace extends Record<string, SqlValue> {
  last_id: string;
  seq: number;
  first_id: string;
}

interface PrintedBlock extends BlockPlace {
  prints: ArrayBuffer;
}

/**
 * Blocks in memory, their texts in characters: what is read next is often in the same ones. The
 * records of a batch of 50,000 in a share, which may overlap in any way, are about as many.
 */
const OPENED = { maxEntries: 64, maxWeight: 12_000_000 };
/** The most characters of a block before it is compressed, unless a record alone has more. */
const MAX_CHARACTERS = 256_000;
/**
 * Records of a small vocabulary shrink to a sixth at this level, to a seventh at twice the time.
 */
const LEVEL = 3;

const TABLE = `create table if not exists record_blocks (last_id text, seq integer, first_id text not null,
  records integer not null, prints blob not null, body blob not null, primary key (last_id, seq)) without rowid`;
const PLACE = "last_id, seq, first_id";
/** Blocks whose places are read at a time. */
const PAGE = 32;

/**
 * Records in compressed blocks, a row each. A block has ids of one hour, so that what may have an
 * id is found among the blocks of its hour. Blocks overlap, and those with a higher number have the
 * newer record of an id. A block never changes.
 */
export class RecordBlocks {
  readonly #sql: LedgerSql;
  readonly #opened = new LruMap<string, StoredRecord[]>({
    ...OPENED,
    weigh: (records) => records.reduce((sum, { record }) => sum + record.length, 0),
  });

  constructor(sql: LedgerSql) {
    this.#sql = sql;
    sql.run(TABLE);
  }

  /** Stores records, each id once, in blocks of a number that is higher than those before. */
  add(records: readonly StoredRecord[], seq: number): void {
    const sorted = records.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    for (const some of Map.groupBy(sorted, ({ id }) => hourOfId(id)).values()) {
      for (const block of blocksOf(some)) this.#insert(block, seq);
    }
  }

  /**
   * The newest record of each id that has one. A reader that keeps none needs one block's memory.
   */
  *each(ids: readonly string[]): Generator<StoredRecord> {
    for (const [hour, some] of Map.groupBy(ids.toSorted(), hourOfId)) {
      const [first = "", last = ""] = [some[0], some.at(-1)];
      const left = new Set(some);
      const isNear = "last_id >= ? and last_id < ? and first_id <= ?";
      const select = `select ${PLACE}, prints from record_blocks where ${isNear} order by seq desc`;
      for (const block of this.#sql.run<PrintedBlock>(select, first, idsOfHour(hour).to, last)) {
        const prints = new Uint16Array(new Uint8Array(block.prints).buffer);
        if (!some.some((id) => left.has(id) && mayHave(block, prints, id))) continue;
        for (const stored of this.#read(block)) if (left.delete(stored.id)) yield stored;
      }
    }
  }

  /** Adds the newest records of a span of ids. */
  addNewest(first: FirstRecords, { from, to }: IdSpan): void {
    const isNear = "last_id >= ? and first_id < ? and (last_id, seq) < (?, ?)";
    const select = `select ${PLACE} from record_blocks where ${isNear} order by last_id desc, seq desc limit ?`;
    for (const block of this.#places(select, [from, to], idsOfHour(hourOfId(to)).to, 0)) {
      if (first.isPast(block.last_id)) return;
      first.add(
        this.#read(block).filter(({ id }) => id >= from && id < to),
        block.seq,
      );
    }
  }

  /** Adds the oldest records after an id and before another, of blocks up to a number. */
  addOldest(first: FirstRecords, { from: after, to }: IdSpan, seq: number): void {
    const isNear = "last_id < ? and seq <= ? and (last_id, seq) > (?, ?)";
    const select = `select ${PLACE} from record_blocks where ${isNear} order by last_id, seq limit ?`;
    for (const block of this.#places(select, [to, seq], after, Number.MAX_SAFE_INTEGER)) {
      // A later block of the same hour may begin earlier.
      if (first.isPast(idsOfHour(hourOfId(block.last_id)).from)) return;
      if (first.isPast(block.first_id)) continue;
      first.add(
        this.#read(block).filter(({ id }) => id > after),
        block.seq,
      );
    }
  }

  /**
   * The records with ids of an hour in blocks up to a number, the newest of an id before its older
   * ones.
   */
  *ofHour(hour: number, seq: number): Generator<StoredRecord> {
    const { from, to } = idsOfHour(hour);
    const isIn = "last_id >= ? and last_id < ? and seq <= ?";
    const select = `select ${PLACE} from record_blocks where ${isIn} order by seq desc`;
    for (const block of this.#sql.run<BlockPlace>(select, from, to, seq)) yield* this.#read(block);
  }

  /** Deletes some of the blocks of a day up to a number. True when none is left. */
  deleteSome({ from, to }: IdSpan, seq: number, limit: number): boolean {
    const some = "select last_id, seq from record_blocks where last_id >= ? and last_id < ? and seq <= ? limit ?";
    const deleted = this.#sql.run(
      `delete from record_blocks where (last_id, seq) in (${some}) returning 1 as gone`,
      from,
      to,
      seq,
      limit,
    );
    return deleted.length < limit;
  }

  /**
   * The blocks that a statement selects, from the one after a key on. It reads pages, because a
   * cursor that is not read to its end keeps tables from being dropped.
   */
  *#places(select: string, values: (string | number)[], last_id: string, seq: number): Generator<BlockPlace> {
    let last: Pick<BlockPlace, "last_id" | "seq"> | undefined = { last_id, seq };
    while (last) {
      const page: BlockPlace[] = this.#sql.run<BlockPlace>(select, ...values, last.last_id, last.seq, PAGE);
      yield* page;
      last = page.length < PAGE ? undefined : page.at(-1);
    }
  }

  #insert(records: readonly StoredRecord[], seq: number): void {
    const [first, last] = [records[0], records.at(-1)];
    if (!first || !last) return;
    const prints = new Uint8Array(Uint16Array.from(records, ({ id }) => printOf(id)).buffer);
    const body = gzipSync(toLines(records), { level: LEVEL });
    const values = [last.id, seq, first.id, records.length, prints, body];
    this.#sql.run("insert into record_blocks values (?, ?, ?, ?, ?, ?)", ...values);
  }

  #read({ last_id, seq }: BlockPlace): StoredRecord[] {
    const key = `${last_id} ${seq}`;
    const known = this.#opened.get(key);
    if (known) return known;
    const select = "select body from record_blocks where last_id = ? and seq = ?";
    const [row] = this.#sql.run<{ body: ArrayBuffer }>(select, last_id, seq);
    const records = row ? [...fromLines(gunzipSync(new Uint8Array(row.body)).toString())] : [];
    this.#opened.set(key, records);
    return records;
  }
}

function blocksOf(records: readonly StoredRecord[]): StoredRecord[][] {
  const blocks: StoredRecord[][] = [];
  let room = 0;
  for (const stored of records) {
    const block = blocks.at(-1);
    if (block && stored.record.length <= room) block.push(stored);
    else blocks.push([stored]);
    room = (block === blocks.at(-1) ? room : MAX_CHARACTERS) - stored.record.length;
  }
  return blocks;
}

/**
 * Sixteen of an id's random bits. A block keeps those of its records, so that it need not be read
 * to tell that it lacks an id.
 */
function printOf(id: string): number {
  return Number.parseInt(id.slice(-4), 16);
}

function mayHave({ first_id, last_id }: BlockPlace, prints: Uint16Array, id: string): boolean {
  return id >= first_id && id <= last_id && prints.includes(printOf(id));
}

function hourOfId(id: string): number {
  return hourOf(timeOfId(id));
}
