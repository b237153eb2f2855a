import { timeOfId } from "../../domain/id.ts";
import { dayLabel, dayOf } from "../../domain/ledger/periods.ts";
import type { LedgerSql } from "./ledger-sql.ts";
import type { IdSpan, StoredRecord } from "./stored-record.ts";

/** What the archive needs of an R2 bucket. */
export interface ArchiveBucket {
  put(key: string, value: Uint8Array): Promise<unknown>;
  get(key: string): Promise<{ body: ReadableStream<Uint8Array> } | null>;
  delete(keys: string[]): Promise<void>;
}

/** A block of a day's records in R2. */
export interface ArchivedBlock {
  day: number;
  n: number;
  first_id: string;
  last_id: string;
  key: string;
  records: number;
  bytes: number;
}

interface BlockRow extends ArchivedBlock, Record<string, string | number> {}

const TABLE = `create table if not exists blocks (day integer, n integer, first_id text not null,
  last_id text not null, key text not null, records integer not null, bytes integer not null,
  primary key (day, n)) without rowid`;

/**
 * The archived records of a ledger object: blocks of compressed lines in R2, and an index of them
 * in its database. A block never changes.
 */
export class LedgerArchive {
  readonly #sql: LedgerSql;
  readonly #bucket: ArchiveBucket;
  /** `<tenant>/<share>`. */
  readonly #name: string;
  /** The block that was read last: a list and the finds that follow it ask for the same one. */
  #last: { key: string; records: StoredRecord[] } | null = null;
  recordsRead = 0;

  constructor(sql: LedgerSql, bucket: ArchiveBucket, name: string) {
    this.#sql = sql;
    this.#bucket = bucket;
    this.#name = name;
    sql.run(TABLE);
  }

  /**
   * Writes the next block of a day. A crash before its row is in the index repeats it under the
   * same key, with the same records.
   */
  async write(day: number, records: readonly StoredRecord[]): Promise<void> {
    const [first, last] = [records[0], records.at(-1)];
    if (!first || !last) return;
    const n = (this.lastOf(day)?.n ?? -1) + 1;
    const [tenant, share] = this.#name.split("/");
    // The platform may not know the name of an object that an alarm starts. Under a key without it,
    // the blocks of all such objects would replace each other.
    if (!tenant || !share) throw new Error(`A ledger object without a name archives nothing: "${this.#name}".`);
    const key = `${tenant}/${dayLabel(day)}/${share}/${n}.ndjson.gz`;
    const body = await gzip(records.map(({ record }) => `${record}\n`).join(""));
    await this.#bucket.put(key, body);
    const values = [day, n, first.id, last.id, key, records.length, body.byteLength];
    this.#sql.run("insert or replace into blocks values (?, ?, ?, ?, ?, ?, ?)", ...values);
  }

  /** The last block of a day that is in the index. */
  lastOf(day: number): ArchivedBlock | undefined {
    return this.#sql.run<BlockRow>("select * from blocks where day = ? order by n desc limit 1", day)[0];
  }

  /** The record of an id in its day's blocks. */
  async find(id: string): Promise<string | undefined> {
    const [block] = this.blocksIn(dayOf(timeOfId(id)), { from: id, to: `${id}!` });
    if (!block) return undefined;
    return (await this.read(block)).find((stored) => stored.id === id)?.record;
  }

  /** The blocks of a day that may hold ids of a span, newest first. */
  blocksIn(day: number, { from, to }: IdSpan): ArchivedBlock[] {
    const isNear = "day = ? and last_id >= ? and first_id < ?";
    return this.#sql.run<BlockRow>(`select * from blocks where ${isNear} order by n desc`, day, from, to);
  }

  /** The records of a block, in the order of their ids. */
  async read({ key }: ArchivedBlock): Promise<StoredRecord[]> {
    if (this.#last?.key === key) return this.#last.records;
    const stored = await this.#bucket.get(key);
    if (!stored) throw new Error(`The archive lacks the block ${key}.`);
    const text = await new Response(stored.body.pipeThrough(new DecompressionStream("gzip"))).text();
    const records = text
      .split("\n")
      .filter((line) => line !== "")
      .map((record) => ({ id: (JSON.parse(record) as StoredRecord).id, record }));
    this.recordsRead += records.length;
    this.#last = { key, records };
    return records;
  }

  /** Deletes some of a day's blocks. True when none is left. */
  async deleteSome(day: number, limit: number): Promise<boolean> {
    const some = this.#sql.run<BlockRow>("select * from blocks where day = ? order by n limit ?", day, limit);
    if (some.length > 0) await this.#bucket.delete(some.map(({ key }) => key));
    for (const { n } of some) this.#sql.run("delete from blocks where day = ? and n = ?", day, n);
    return some.length < limit;
  }
}

async function gzip(text: string): Promise<Uint8Array> {
  const { body } = new Response(text);
  if (!body) return new Uint8Array();
  return new Uint8Array(await new Response(body.pipeThrough(new CompressionStream("gzip"))).arrayBuffer());
}
