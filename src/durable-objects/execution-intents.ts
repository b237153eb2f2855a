import { DurableObject } from "cloudflare:workers";
import { readConfig } from "../config.ts";
import type { IntentBlockKey } from "../domain/executions/intent.ts";
import {
  IntentBlocks,
  type IntentBlockStorage,
  type IntentsObject,
  type KeyedIntentBlock,
  type StoredIntentBlock,
} from "../domain/executions/intent-blocks.ts";
import { describeError, log } from "../telemetry/log.ts";

type BlockRow<T> = T & Record<string, SqlStorageValue>;

/**
 * A share of a tenant's intents as older versions keep them, named `<tenant>/<share>`. Since
 * intents are in the ledger, nothing appends to it but versions that a deployment replaces; it
 * resolves the blocks that it has. docs/operations.md says when the class can go.
 */
export class ExecutionIntents extends DurableObject<Env> implements IntentsObject {
  readonly #blocks: IntentBlocks;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const object = ctx.id.name ?? "";
    this.#blocks = new IntentBlocks({
      object,
      storage: openStorage(ctx.storage),
      now: () => Date.now(),
      send: async (message) => env.USAGE_QUEUE.send(message),
      onUnsent: (error) => log("error", "intents_unsent", { object, error: describeError(error) }),
      resendMs: readConfig(env).intents.resendMs,
    });
    void ctx.blockConcurrencyWhile(async () => {
      this.#blocks.restoreAlarm(await ctx.storage.getAlarm());
    });
  }

  /** Stores a block. The platform's output gate holds the reply back until it is on disk. */
  async append(block: KeyedIntentBlock): Promise<void> {
    await this.#blocks.append(block);
  }

  /** Deletes blocks whose executions are all on record. */
  async forget(blocks: readonly IntentBlockKey[]): Promise<void> {
    this.#blocks.forget(blocks);
  }

  /** Answers and does nothing else, for the readiness probe. */
  ping(): "ok" {
    return "ok";
  }

  /** When the first block that is not resolved is due, Unix ms; null where all are. */
  async firstDue(): Promise<number | null> {
    const [first] = this.ctx.storage.sql.exec<{ due_at: number }>("select due_at from blocks order by due_at limit 1");
    return first?.due_at ?? null;
  }

  override async alarm(): Promise<void> {
    await this.#blocks.ring();
  }
}

function openStorage(storage: DurableObjectStorage): IntentBlockStorage {
  const { sql } = storage;
  // The primary key is the order in which blocks are due, so that a block costs one written row.
  sql.exec(`create table if not exists blocks (
    due_at integer not null, id text not null, intents text not null, primary key (due_at, id)
  ) without rowid`);
  const select = <T>(columns: string, until: number, limit: number) =>
    sql
      .exec<BlockRow<T>>(`select ${columns} from blocks where due_at <= ? order by due_at limit ?`, until, limit)
      .toArray();
  return {
    put: ({ due_at, id, intents }) =>
      void sql.exec("insert or replace into blocks values (?, ?, ?)", due_at, id, intents),
    delete: ({ due_at, id }) => void sql.exec("delete from blocks where due_at = ? and id = ?", due_at, id),
    due: (until, limit) => select<StoredIntentBlock>("*", until, limit),
    dueKeys: (until, limit) => select<IntentBlockKey>("due_at, id", until, limit),
    setAlarm: async (at) => storage.setAlarm(at),
  };
}
