import type { Intent, IntentBlock } from "../../domain/executions/intent.ts";
import { fromRecord, supersedes } from "../../domain/ledger/entry.ts";
import type { LedgerSql } from "./ledger-sql.ts";

/** How far an execution is on record: its status, and the attempts that its record counts. */
type Settlement = Parameters<typeof supersedes>[1];

/** A block with intents whose executions are not on record: the attempts of each by its id. */
interface OpenBlock {
  slot: number;
  due_at: number;
  attempts: Map<string, number>;
}

/** The intents of a block that are due and not settled. */
export interface DueIntents {
  tenant_id: string;
  intents: Intent[];
  /** The block is resolved; its row is deleted. */
  resolve(): void;
  /** The block stays due, after all others. */
  postpone(): void;
}

interface IntentRow extends Record<string, string | number> {
  slot: number;
  tenant_id: string;
  due_at: number;
  intents: string;
}

const TABLE = `create table if not exists intents (slot integer primary key, tenant_id text not null,
  due_at integer not null, intents text not null)`;

/**
 * Rows without open intents that are kept for the next blocks, and how long after they were due,
 * ms.
 */
const SPARE_SLOTS = 64;
const SPARE_MS = 3_600_000;

/**
 * The intents of a ledger object, a row for each block. An execution that is on record has settled
 * its intents, so settling writes nothing: a block whose intents are all settled only leaves its
 * row to the next block, which replaces it. What is settled is known in memory, and is looked up in
 * the records after an eviction.
 */
export class LedgerIntents {
  readonly #sql: LedgerSql;
  readonly #recordOf: (id: string) => string | undefined;
  /** The open blocks by their slots; null until the rows are read. */
  #open: Map<number, OpenBlock> | null = null;
  readonly #blocksOf = new Map<string, Set<OpenBlock>>();
  #free: number[] = [];
  #slots = 0;

  /** `recordOf` gives the record of an id that the database has. */
  constructor(sql: LedgerSql, recordOf: (id: string) => string | undefined) {
    this.#sql = sql;
    this.#recordOf = recordOf;
    sql.run(TABLE);
  }

  /** Stores a block in one row. */
  put({ tenant_id, due_at, intents }: IntentBlock): void {
    const open = this.#blocks();
    const slot = this.#free.at(-1) ?? this.#slots;
    const values = [slot, tenant_id, due_at, JSON.stringify(intents)];
    this.#sql.run("insert or replace into intents values (?, ?, ?, ?)", ...values);
    if (slot === this.#slots) this.#slots += 1;
    else this.#free.pop();
    this.#add(open, { slot, due_at, attempts: attemptsOf(intents) });
  }

  /** Notes that executions are on record. */
  settle(executions: readonly ({ id: string } & Settlement)[]): void {
    // What is not in memory is looked up when it is needed.
    if (!this.#open) return;
    for (const execution of executions) {
      for (const block of this.#blocksOf.get(execution.id) ?? []) {
        if (!isSettled(block.attempts.get(execution.id) ?? 0, execution)) continue;
        this.#forget(block, execution.id);
        if (block.attempts.size === 0) this.#close(block);
      }
    }
  }

  /** When the first block with an open intent is due, Unix ms; null where all are settled. */
  firstDue(): number | null {
    let first: number | null = null;
    for (const { due_at } of this.#blocks().values()) if (first === null || due_at < first) first = due_at;
    return first;
  }

  /** The open intents of blocks that are due, of at most `limit` of them. */
  due(now: number, limit: number): DueIntents[] {
    const due = [...this.#blocks().values()].filter(({ due_at }) => due_at <= now).slice(0, limit);
    return due.flatMap((block) => {
      const [row] = this.#sql.run<IntentRow>("select * from intents where slot = ?", block.slot);
      if (!row) return [];
      const intents = readIntents(row).filter(({ id, attempts = 1 }) => block.attempts.get(id) === attempts);
      return [
        {
          tenant_id: row.tenant_id,
          intents,
          resolve: () => this.#resolve(block),
          postpone: () => this.#postpone(block),
        },
      ];
    });
  }

  /**
   * Deletes rows without open intents: those that a crowd of blocks left, so that an eviction has
   * few to read, and old ones, whose records are about to leave the database by which they are
   * known to be settled.
   */
  trim(now: number): void {
    this.#blocks();
    const [spare, surplus] = [this.#free.slice(0, SPARE_SLOTS), this.#free.slice(SPARE_SLOTS)];
    this.#free = spare;
    this.#delete(surplus, Infinity);
    this.#delete(spare, now - SPARE_MS);
  }

  /** Deletes the rows of some slots that were due before a time, Unix ms. */
  #delete(slots: readonly number[], before: number): void {
    if (slots.length === 0) return;
    const isOne = "slot in (select value from json_each(?))";
    this.#sql.run(`delete from intents where ${isOne} and due_at < ?`, JSON.stringify(slots), before);
  }

  /** The open blocks, read from the rows where the object was evicted since. */
  #blocks(): Map<number, OpenBlock> {
    if (this.#open) return this.#open;
    const open = new Map<number, OpenBlock>();
    for (const row of this.#sql.run<IntentRow>("select * from intents")) {
      const attempts = attemptsOf(readIntents(row).filter((intent) => !this.#isOnRecord(intent)));
      if (attempts.size === 0) this.#free.push(row.slot);
      else this.#add(open, { slot: row.slot, due_at: row.due_at, attempts });
      this.#slots = Math.max(this.#slots, row.slot + 1);
    }
    return (this.#open = open);
  }

  #isOnRecord({ id, attempts = 1 }: Intent): boolean {
    const record = this.#recordOf(id);
    return record !== undefined && isSettled(attempts, fromRecord(record));
  }

  #add(open: Map<number, OpenBlock>, block: OpenBlock): void {
    open.set(block.slot, block);
    for (const id of block.attempts.keys()) {
      this.#blocksOf.set(id, (this.#blocksOf.get(id) ?? new Set()).add(block));
    }
  }

  #forget(block: OpenBlock, id: string): void {
    block.attempts.delete(id);
    const blocks = this.#blocksOf.get(id);
    blocks?.delete(block);
    if (blocks?.size === 0) this.#blocksOf.delete(id);
  }

  #close({ slot }: OpenBlock): void {
    this.#open?.delete(slot);
    this.#free.push(slot);
  }

  #postpone(block: OpenBlock): void {
    if (this.#open?.get(block.slot) !== block) return;
    this.#open.delete(block.slot);
    this.#open.set(block.slot, block);
  }

  #resolve(block: OpenBlock): void {
    // Its last intents may have been settled meanwhile, and its row have become another block's.
    if (this.#open?.get(block.slot) !== block) return;
    this.#sql.run("delete from intents where slot = ?", block.slot);
    for (const id of block.attempts.keys()) this.#forget(block, id);
    this.#close(block);
  }
}

/** Of several intents of an execution in a block, the one with the most attempts counts. */
function attemptsOf(intents: readonly Intent[]): Map<string, number> {
  const most = new Map<string, number>();
  for (const { id, attempts = 1 } of intents) most.set(id, Math.max(attempts, most.get(id) ?? 0));
  return most;
}

/** Whether a record says all that an intent of that number of attempts could. */
function isSettled(attempts: number, record: Settlement): boolean {
  return !supersedes({ status: "unknown", attempts }, record);
}

function readIntents({ intents }: IntentRow): Intent[] {
  return JSON.parse(intents) as Intent[];
}
