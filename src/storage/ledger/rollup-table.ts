import { DAY_HOURS } from "../../domain/ledger/periods.ts";
import { type PackedRollup, type RollupKind, STORED_KINDS, type StoredKind } from "../../domain/ledger/rollup.ts";
import type { NumberSpan } from "../../domain/ledger/usage-plan.ts";
import { byteLength } from "../../lib/encoding.ts";
import { DAYS_OF_BLOCK } from "./extract-tables.ts";
import type { LedgerSql } from "./ledger-sql.ts";

/** The periods that have rollups. */
export type RollupUnit = "hour" | "day";

/** A part of a period's rollup, as it is stored. `start` is the number of the hour or day. */
export interface RollupPart {
  start: number;
  body: string;
}

interface StoredRow extends Record<string, string | number> {
  part: number;
  body: string;
}

interface OldRow extends StoredRow {
  unit: string;
  kind: string;
  start: number;
}

/**
 * How many periods share a block: the hours of a day, and eight days. A read takes whole blocks.
 */
const BLOCK_SIZE: Record<RollupUnit, number> = { hour: DAY_HOURS, day: DAYS_OF_BLOCK };
/** A row of SQLite in a Durable Object holds 2 MB, which one part alone never reaches. */
const MAX_ROW_BYTES = 1_800_000;
/** The most rows that one step deletes, and that one step moves from the old table. */
const DELETE_STEP = 500;
const MOVE_STEP = 200;

/** A body is a line for each part of each period: the period's number, a space, the part's JSON. */
const TABLE = `create table if not exists rollup_blocks (unit text, kind text, block integer, part integer,
  body text not null, primary key (unit, kind, block, part)) without rowid`;
/** The table of older versions, which has a row for each part of each period. */
const OLD_TABLE = `create table if not exists rollups (unit text, kind text, start integer, part integer,
  body text not null, primary key (unit, kind, start, part)) without rowid`;
const IN_BLOCK = "unit = ? and kind = ? and block = ?";

/**
 * The stored rollups. Periods that follow each other share rows, so that a query for 90 days by the
 * hour reads a row a day and not one an hour. A period's sums are those of all of its parts in
 * either table.
 */
export class RollupTable {
  readonly #sql: LedgerSql;
  #changes = 0;

  constructor(sql: LedgerSql) {
    this.#sql = sql;
    sql.run(TABLE);
    sql.run(OLD_TABLE);
  }

  /** Grows whenever what is stored may have changed. */
  get changes(): number {
    return this.#changes;
  }

  /** The parts of periods, one after the other. */
  *each(unit: RollupUnit, kind: StoredKind, { from, to }: NumberSpan): Generator<RollupPart> {
    const rows = this.#sql.each<{ body: string }>(
      "select body from rollup_blocks where unit = ? and kind = ? and block >= ? and block <= ?",
      unit,
      kind,
      blockOf(unit, from),
      blockOf(unit, to - 1),
    );
    for (const { body } of rows) {
      for (const line of linesOf(body)) {
        const start = startOf(line);
        if (start >= from && start < to) yield { start, body: line.slice(line.indexOf(" ") + 1) };
      }
    }
    yield* this.#sql.each<RollupPart & Record<string, string | number>>(
      "select start, body from rollups where unit = ? and kind = ? and start >= ? and start < ?",
      unit,
      kind,
      from,
      to,
    );
  }

  /** The parts of periods in a form. Without any user a period has the plain form only. */
  *eachOf(unit: RollupUnit, kind: RollupKind, span: NumberSpan): Generator<RollupPart> {
    const withUsers = new Set<number>();
    for (const part of this.each(unit, kind, span)) {
      withUsers.add(part.start);
      yield part;
    }
    if (kind === "plain") return;
    for (const part of this.each(unit, "plain", span)) if (!withUsers.has(part.start)) yield part;
  }

  /** A period's rollup; empty where it has none. */
  read(unit: RollupUnit, start: number): PackedRollup {
    const bodies = (kind: StoredKind) =>
      Array.from(this.each(unit, kind, { from: start, to: start + 1 }), ({ body }) => body);
    return { plain: bodies("plain"), users: bodies("users"), insights: bodies("insights") };
  }

  /** Stores the rollup of a period that has none yet. */
  add(unit: RollupUnit, start: number, packed: PackedRollup): void {
    this.#changes += 1;
    for (const kind of STORED_KINDS) {
      for (const body of packed[kind]) this.#append(unit, kind, start, body);
    }
  }

  /** Replaces a period's rollup. */
  replace(unit: RollupUnit, start: number, packed: PackedRollup): void {
    for (const kind of STORED_KINDS) this.#remove(unit, kind, start);
    this.add(unit, start, packed);
  }

  /** Deletes some of the blocks that end before a period. True when none is left. */
  deleteBefore(unit: RollupUnit, kind: StoredKind, start: number): boolean {
    this.#changes += 1;
    const block = blockOf(unit, start);
    const blocks = this.#deleteSome("rollup_blocks", "block", [unit, kind, block]);
    return this.#deleteSome("rollups", "start", [unit, kind, block * BLOCK_SIZE[unit]]) && blocks;
  }

  /** The last period of the first block that is stored. */
  oldest(unit: RollupUnit, kind: StoredKind): number | null {
    const first = "select block from rollup_blocks where unit = ? and kind = ? order by block limit 1";
    const block = this.#sql.run<{ block: number }>(first, unit, kind)[0]?.block;
    return block === undefined ? null : (block + 1) * BLOCK_SIZE[unit] - 1;
  }

  /** The first day from one on that has rollups of hours. */
  nextDayOfHours(day: number): number | null {
    const next = "select block from rollup_blocks where unit = 'hour' and kind = 'plain' and block >= ? limit 1";
    return this.#sql.run<{ block: number }>(next, day)[0]?.block ?? null;
  }

  /** A day before which nothing is stored; null where nothing is. */
  firstDay(): number | null {
    const firsts = (["hour", "day"] as const).flatMap((unit) => {
      const ofUnit = "from rollups where unit = ? and kind = 'plain'";
      const old = this.#sql.run<{ start: number | null }>(`select min(start) as start ${ofUnit}`, unit)[0]?.start;
      const last = this.oldest(unit, "plain");
      const starts = [old ?? [], last === null ? [] : last + 1 - BLOCK_SIZE[unit]].flat();
      return starts.map((start) => (unit === "hour" ? Math.floor(start / DAY_HOURS) : start));
    });
    return firsts.length === 0 ? null : Math.min(...firsts);
  }

  /** Moves some rows of older versions into blocks. True when none is left. */
  moveOld(): boolean {
    const rows = this.#sql.run<OldRow>("select unit, kind, start, part, body from rollups limit ?", MOVE_STEP);
    this.#sql.transact(() => {
      for (const { unit, kind, start, part, body } of rows) {
        this.#append(unit as RollupUnit, kind as RollupKind, start, body);
        const isMoved = "unit = ? and kind = ? and start = ? and part = ?";
        this.#sql.run(`delete from rollups where ${isMoved}`, unit, kind, start, part);
      }
    });
    return rows.length < MOVE_STEP;
  }

  #append(unit: RollupUnit, kind: StoredKind, start: number, body: string): void {
    const line = `${start} ${body}\n`;
    const key = [unit, kind, blockOf(unit, start)] as const;
    const bytes = "length(cast(body as blob)) as bytes";
    const newest = `select part, ${bytes} from rollup_blocks where ${IN_BLOCK} order by part desc limit 1`;
    const [last] = this.#sql.run<{ part: number; bytes: number }>(newest, ...key);
    if (last && last.bytes + byteLength(line) <= MAX_ROW_BYTES) {
      const update = `update rollup_blocks set body = body || ? where ${IN_BLOCK} and part = ?`;
      this.#sql.run(update, line, ...key, last.part);
    } else {
      this.#sql.run("insert into rollup_blocks values (?, ?, ?, ?, ?)", ...key, (last?.part ?? -1) + 1, line);
    }
  }

  #remove(unit: RollupUnit, kind: StoredKind, start: number): void {
    const key = [unit, kind, blockOf(unit, start)] as const;
    const kept: StoredRow[] = [];
    for (const { part, body } of this.#sql.each<StoredRow>(
      `select part, body from rollup_blocks where ${IN_BLOCK}`,
      ...key,
    )) {
      const rest = linesOf(body).filter((line) => startOf(line) !== start);
      const text = rest.map((line) => `${line}\n`).join("");
      if (text.length < body.length) kept.push({ part, body: text });
    }
    for (const { part, body } of kept) {
      // An empty row would stay for ever: lines go to the last one.
      if (body === "") this.#sql.run(`delete from rollup_blocks where ${IN_BLOCK} and part = ?`, ...key, part);
      else this.#sql.run(`update rollup_blocks set body = ? where ${IN_BLOCK} and part = ?`, body, ...key, part);
    }
    this.#sql.run("delete from rollups where unit = ? and kind = ? and start = ?", unit, kind, start);
  }

  /** Deletes some rows whose number is less than the third value. True when none is left. */
  #deleteSome(table: string, column: "block" | "start", before: [RollupUnit, StoredKind, number]): boolean {
    const old = `select ${column}, part from ${table} where unit = ?1 and kind = ?2 and ${column} < ?3 limit ?4`;
    const deleted = this.#sql.run(
      `delete from ${table} where unit = ?1 and kind = ?2 and (${column}, part) in (${old}) returning 1 as gone`,
      ...before,
      DELETE_STEP,
    );
    return deleted.length < DELETE_STEP;
  }
}

/** The periods that are stored in the block of one of them. */
export function blockSpan(unit: RollupUnit, start: number): NumberSpan {
  const block = blockOf(unit, start);
  return { from: block * BLOCK_SIZE[unit], to: (block + 1) * BLOCK_SIZE[unit] };
}

function blockOf(unit: RollupUnit, start: number): number {
  return Math.floor(start / BLOCK_SIZE[unit]);
}

function linesOf(body: string): string[] {
  return body.split("\n").slice(0, -1);
}

function startOf(line: string): number {
  return Number.parseInt(line, 10);
}
