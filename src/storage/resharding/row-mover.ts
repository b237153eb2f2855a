import { sha256 } from "../../lib/hash.ts";
import { checkFence, checkMoved, type GuardedMove } from "../bucket-guards.ts";
import { findNoted, forgetNotes, readNotes } from "./change-notes.ts";
import { bucketOfOwner, OWNED_TABLES, type OwnedTable, type StoredRow, tenantOf } from "./owned-tables.ts";
import {
  deleteStatement,
  findOwners,
  type KeyedOwner,
  keyIn,
  readKeys,
  readRows,
  type RowKey,
  writeStatements,
} from "./stored-rows.ts";

/** How far a walk over the tables is. */
export interface WalkPosition {
  table: number;
  after: RowKey | null;
}

/** What a step of a walk did, and where it goes on; null at its end. */
export interface WalkStep {
  rows: number;
  next: WalkPosition | null;
}

/** What a comparison found. */
export interface ComparedRows extends WalkStep {
  /** Rows that differed although nobody had changed them. */
  recopied: number;
  /** The sum of the digests of the rows that are the same on both sides. */
  digest: number;
}

/** Rows that were changed too late, of some of the notes. */
export interface LateChanges {
  /** How many notes there were. */
  count: number;
  /** The rows in words. */
  late: string[];
  /** Forgets those notes. */
  forget: () => Promise<void>;
}

/** Keys that one step reads from a table. */
const KEYS_A_STEP = 2_000;
/** How many times as many keys of a target are compared with those of a step. */
const COMPARED = 5;
/**
 * Notes that are read at once: more than a busy source makes during a step, or a move would never
 * come to the end of them. A row that changed often is copied once.
 */
export const NOTES_A_STEP = 5_000;

/** Moves the rows of some buckets from one shard to another, as the worker with a token. */
export class RowMover {
  readonly #move: GuardedMove;
  readonly #buckets: ReadonlySet<number>;
  readonly #source: D1Database;
  readonly #target: D1Database;
  readonly #token: string;
  readonly #keysAStep: number;

  constructor(
    move: GuardedMove,
    source: D1Database,
    target: D1Database,
    token: string,
    keysAStep: number = KEYS_A_STEP,
  ) {
    this.#keysAStep = keysAStep;
    this.#move = move;
    this.#buckets = new Set(move.buckets);
    this.#source = source;
    this.#target = target;
    this.#token = token;
  }

  /** Copies the rows among the next keys of the source. */
  async copySome(position: WalkPosition): Promise<WalkStep> {
    const table = tableAt(position);
    const keys = await readKeys(this.#source, table, { after: position.after, limit: this.#keysAStep });
    const mine = this.#mine(table, keys);
    await this.#copy(table, mine);
    return { rows: mine.length, next: goOn(position, keys, this.#keysAStep) };
  }

  /**
   * Compares the next rows of both sides and copies those anew that differ. Tables that triggers
   * write are left out: copying wakes triggers of the target.
   */
  async compareSome(position: WalkPosition): Promise<ComparedRows> {
    const table = tableAt(position);
    if (table.isDerived) return { rows: 0, recopied: 0, digest: 0, next: goOn(position, [], 1) };
    const { after } = position;
    const there = await readKeys(this.#source, table, { after, limit: this.#keysAStep });
    const upTo = there.length === this.#keysAStep ? there.at(-1)?.key : null;
    const here = await readKeys(this.#target, table, { after, upTo, limit: this.#keysAStep * COMPARED });
    const isCut = here.length === this.#keysAStep * COMPARED;
    const end = isCut ? here.at(-1)?.key : upTo;
    const all = isCut ? await readKeys(this.#source, table, { after, upTo: end, limit: this.#keysAStep }) : there;
    const keys = unite(this.#mine(table, all), this.#mine(table, here));
    const found = await this.#compare(table, keys);
    const noted = found.differing.length === 0 ? new Set() : await findNoted(this.#source, table, found.differing);
    await this.#recopy(table, found.differing);
    const recopied = found.differing.filter((key) => !noted.has(JSON.stringify(key))).length;
    const next = end ? { table: position.table, after: end } : goOn(position, [], 1);
    return { rows: found.same, recopied, digest: found.digest, next };
  }

  /**
   * Applies some notes of the source to the target. Returns how many there were, and with `check`
   * whether the rows are the same on both sides afterwards.
   */
  async applyNotes(check = false): Promise<{ count: number; isSame: boolean }> {
    const { count, last, changed } = await readNotes(this.#source, NOTES_A_STEP);
    let isSame = true;
    for (const { table, keys } of changed) {
      const owners = await findOwners(this.#source, table, keys);
      const present = new Set(owners.map(({ key }) => JSON.stringify(key)));
      const mine = this.#mine(table, owners);
      await this.#delete(
        table,
        keys.filter((key) => !present.has(JSON.stringify(key))),
      );
      await this.#copy(table, mine);
      if (!check || table.isDerived) continue;
      const { differing } = await this.#compare(
        table,
        mine.map(({ key }) => key),
      );
      isSame &&= differing.length === 0;
    }
    if (count > 0) await forgetNotes(this.#source, this.#move.epoch, this.#token, last);
    return { count, isSame };
  }

  /** Makes the tables that triggers write the same on both sides, for these tenants. */
  async settleDerived(tenants: readonly string[]): Promise<void> {
    const keys = tenants.map((tenant) => [tenant]);
    const settle = async (table: OwnedTable) => {
      const { differing } = await this.#compare(table, keys);
      await this.#recopy(table, differing);
    };
    await Promise.all(OWNED_TABLES.filter(({ isDerived }) => isDerived).map(settle));
  }

  /** The tenants that have come to the target with this move. */
  async arrivedTenants(): Promise<string[]> {
    const query = "select tenant_id from foreign_tenants where epoch = ?";
    const { results } = await this.#target.prepare(query).bind(this.#move.epoch).all<{ tenant_id: string }>();
    return results.map(({ tenant_id }) => tenant_id);
  }

  /**
   * The rows of the move that were changed on the source after it had left, of some of the notes.
   * A row that the source has not any more is the move's if the target says so. The caller forgets
   * the notes, once somebody was told of those rows.
   */
  async lateChanges(): Promise<LateChanges> {
    const { count, last, changed } = await readNotes(this.#source, NOTES_A_STEP);
    const late: string[] = [];
    for (const { table, keys } of changed) {
      const here = await findOwners(this.#source, table, keys);
      const present = new Set(here.map(({ key }) => JSON.stringify(key)));
      const absent = keys.filter((key) => !present.has(JSON.stringify(key)));
      const gone = await findOwners(this.#target, table, absent);
      late.push(...this.#mine(table, [...here, ...gone]).map(({ key }) => `${table.name} ${JSON.stringify(key)}`));
    }
    const forget = async () => {
      if (count > 0) await forgetNotes(this.#source, this.#move.epoch, this.#token, last);
    };
    return { count, late, forget };
  }

  /** Deletes the rows among the next keys of the source, once it has handed its buckets over. */
  async deleteFromSource(position: WalkPosition): Promise<WalkStep> {
    const source = this.#source;
    const fences = [checkFence(source, this.#move.epoch, this.#token), checkMoved(source, this.#move)];
    return this.#deleteSome(source, fences, position);
  }

  /** Deletes the copies among the next keys of the target of a move that was cancelled. */
  async deleteFromTarget(position: WalkPosition): Promise<WalkStep> {
    return this.#deleteSome(this.#target, [checkFence(this.#target, this.#move.epoch, this.#token)], position);
  }

  async #deleteSome(db: D1Database, fences: D1PreparedStatement[], position: WalkPosition): Promise<WalkStep> {
    const table = tableAt(position);
    const keys = await readKeys(db, table, { after: position.after, limit: this.#keysAStep });
    const mine = this.#mine(table, keys).map(({ key }) => key);
    if (mine.length > 0) await db.batch([...fences, deleteStatement(db, table, mine)]);
    return { rows: mine.length, next: goOn(position, keys, this.#keysAStep) };
  }

  #mine(table: OwnedTable, keys: readonly KeyedOwner[]): KeyedOwner[] {
    return keys.filter(({ owner }) => {
      const isKnown = table.by.every((column) => owner[column] !== null);
      return isKnown && this.#buckets.has(bucketOfOwner(table, owner));
    });
  }

  async #copy(table: OwnedTable, some: readonly KeyedOwner[]): Promise<void> {
    if (some.length === 0) return;
    const target = this.#target;
    const tenants = new Set(some.flatMap(({ owner }) => tenantOf(table, owner) ?? []));
    const mark = "insert into foreign_tenants (tenant_id, epoch) select value, ? from json_each(?) where true";
    const before = [
      checkFence(target, this.#move.epoch, this.#token),
      target.prepare(`${mark} ${ANEW}`).bind(this.#move.epoch, JSON.stringify([...tenants])),
    ];
    const keys = some.map(({ key }) => key);
    for await (const rows of readRows(this.#source, table, keys)) {
      await target.batch([...before, ...writeStatements(target, table, rows)]);
    }
  }

  /** Copies rows anew as the source has them now, and deletes those that it does not have. */
  async #recopy(table: OwnedTable, keys: readonly RowKey[]): Promise<void> {
    if (keys.length === 0) return;
    const owners = await findOwners(this.#source, table, keys);
    const present = new Set(owners.map(({ key }) => JSON.stringify(key)));
    await this.#delete(
      table,
      keys.filter((key) => !present.has(JSON.stringify(key))),
    );
    await this.#copy(table, this.#mine(table, owners));
  }

  async #delete(table: OwnedTable, keys: readonly RowKey[]): Promise<void> {
    if (keys.length === 0) return;
    const target = this.#target;
    const fence = checkFence(target, this.#move.epoch, this.#token);
    await target.batch([fence, deleteStatement(target, table, keys)]);
  }

  async #compare(table: OwnedTable, keys: readonly RowKey[]) {
    const [there, here] = await Promise.all([
      digestsOf(this.#source, table, keys),
      digestsOf(this.#target, table, keys),
    ]);
    const differing = keys.filter((key) => there.get(JSON.stringify(key)) !== here.get(JSON.stringify(key)));
    const isDiffering = new Set(differing.map((key) => JSON.stringify(key)));
    const same = [...there].filter(([key]) => !isDiffering.has(key));
    const digest = same.reduce((sum, [, hex]) => sum + Number.parseInt(hex.slice(0, 8), 16), 0);
    return { differing, same: same.length, digest };
  }
}

/** A mark may be left of a move that was taken back while this database was gone. */
const ANEW = "on conflict (tenant_id) do update set epoch = excluded.epoch";

/** The digest of each row, by its key. */
async function digestsOf(db: D1Database, table: OwnedTable, keys: readonly RowKey[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const rows of readRows(db, table, keys)) {
    for (const row of rows) found.set(JSON.stringify(keyIn(table, row)), digestOf(table, row));
  }
  return found;
}

/** SHA-256 of a row's values. */
function digestOf(table: OwnedTable, row: StoredRow): string {
  return sha256()
    .update(JSON.stringify(table.columns.map((column) => row[column] ?? null)))
    .hex();
}

function unite(a: readonly KeyedOwner[], b: readonly KeyedOwner[]): RowKey[] {
  return [...new Map([...a, ...b].map(({ key }) => [JSON.stringify(key), key])).values()];
}

function tableAt({ table }: WalkPosition): OwnedTable {
  const found = OWNED_TABLES[table];
  if (!found) throw new RangeError(`there is no table ${table} to walk over`);
  return found;
}

/** The position after a page of keys: in the same table while pages are full, then in the next. */
function goOn({ table }: WalkPosition, keys: readonly KeyedOwner[], limit: number): WalkPosition | null {
  const last = keys.at(-1);
  if (keys.length === limit && last) return { table, after: last.key };
  return table + 1 < OWNED_TABLES.length ? { table: table + 1, after: null } : null;
}
