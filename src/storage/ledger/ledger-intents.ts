import type { Intent, IntentBlock } from "../../domain/executions/intent.ts";
import { fromRecord, supersedes } from "../../domain/ledger/entry.ts";
import type { LedgerJournal } from "./ledger-journal.ts";
import type { StoredRecord } from "./stored-record.ts";

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
  /** The block is resolved; its row has no intents any more. */
  resolve(): void;
  /** The block stays due, after all others. */
  postpone(): void;
}

/**
 * The intents of a ledger object, which lie in the rows of its journal. An execution that is on
 * record has settled its intents, so settling writes nothing. What is settled is known in memory,
 * and is looked up in the records after an eviction.
 */
export class LedgerIntents {
  readonly #journal: LedgerJournal;
  readonly #recordsOf: (ids: readonly string[]) => Iterable<StoredRecord>;
  /** The open blocks by their slots; null until the rows are read. */
  #open: Map<number, OpenBlock> | null = null;
  readonly #blocksOf = new Map<string, Set<OpenBlock>>();

  /** `recordsOf` gives the records of those ids that the database has. */
  constructor(journal: LedgerJournal, recordsOf: (ids: readonly string[]) => Iterable<StoredRecord>) {
    this.#journal = journal;
    this.#recordsOf = recordsOf;
  }

  /** Forgets what is in memory, after a transaction that failed. */
  reload(): void {
    this.#open = null;
    this.#blocksOf.clear();
  }

  /**
   * Reads which intents are open, where the object was evicted since: the others' rows are free.
   */
  open(): void {
    this.#blocks();
  }

  /** Notes a block that was stored. */
  add(slot: number, { due_at, intents }: IntentBlock): void {
    this.#add(this.#blocks(), { slot, due_at, attempts: attemptsOf(intents) });
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

  /** The open intents of some executions; of one that was tried again the last. */
  of(ids: readonly string[]): Intent[] {
    this.#blocks();
    return ids.flatMap((id) => {
      const found = [...(this.#blocksOf.get(id) ?? [])].flatMap((block) => {
        const intents = this.#journal.intentsIn(block.slot)?.intents ?? [];
        return intents.filter((each) => each.id === id && block.attempts.get(id) === (each.attempts ?? 1));
      });
      return found.toSorted((a, b) => (b.attempts ?? 1) - (a.attempts ?? 1)).slice(0, 1);
    });
  }

  /** The open intents of blocks that are due, of at most `limit` of them. */
  due(now: number, limit: number): DueIntents[] {
    const due = [...this.#blocks().values()].filter(({ due_at }) => due_at <= now).slice(0, limit);
    return due.flatMap((block) => {
      const row = this.#journal.intentsIn(block.slot);
      if (!row) return [];
      const intents = row.intents.filter(({ id, attempts = 1 }) => block.attempts.get(id) === attempts);
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

  /** The open blocks, read from the journal where the object was evicted since. */
  #blocks(): Map<number, OpenBlock> {
    if (this.#open) return this.#open;
    const { unread } = this.#journal;
    const ends = new Map<string, Settlement>();
    for (const { record } of this.#recordsOf(unread.flatMap(({ intents }) => intents.map((each) => each.id)))) {
      // The records themselves may be more than the memory has.
      const { id, status, attempts } = fromRecord(record);
      ends.set(id, { status, attempts });
    }
    const isOnRecord = ({ id, attempts = 1 }: Intent): boolean => {
      const end = ends.get(id);
      return end !== undefined && isSettled(attempts, end);
    };
    const blocks = unread.map(({ slot, due_at, intents }) => {
      const attempts = attemptsOf(intents.filter((intent) => !isOnRecord(intent)));
      return { slot, due_at, attempts };
    });
    this.#journal.markRead();
    const open = (this.#open = new Map<number, OpenBlock>());
    for (const block of blocks) {
      if (block.attempts.size === 0) this.#journal.settle(block.slot);
      else this.#add(open, block);
    }
    return open;
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
    this.#journal.settle(slot);
  }

  #postpone(block: OpenBlock): void {
    if (this.#open?.get(block.slot) !== block) return;
    this.#open.delete(block.slot);
    this.#open.set(block.slot, block);
  }

  #resolve(block: OpenBlock): void {
    // Its last intents may have been settled meanwhile, and its row have become another block's.
    if (this.#open?.get(block.slot) !== block) return;
    for (const id of block.attempts.keys()) this.#forget(block, id);
    this.#open.delete(block.slot);
    this.#journal.forgetIntents(block.slot);
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
