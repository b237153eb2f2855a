import { DurableObject } from "cloudflare:workers";
import { readConfig } from "../config.ts";
import type { Intent, IntentBlock, IntentBlockKey, ResolveIntents } from "../domain/executions/intent.ts";
import { byteLength } from "../lib/encoding.ts";
import { describeError, log } from "../telemetry/log.ts";

/** Alarms ring at multiples of this time, ms, so that few of them serve many blocks. */
const ALARM_STEP_MS = 5_000;
/** How long a queue that took no message is left alone, ms. */
const PAUSE_MS = 30_000;
/** The most bytes of intents in one message of 128 KB, and the most blocks that one alarm sends. */
const MAX_MESSAGE_BYTES = 100_000;
const MAX_BLOCKS = 2_000;

interface BlockRow extends IntentBlockKey, Record<string, SqlStorageValue> {
  intents: string;
}

/**
 * A share of a tenant's intents, named `<tenant>/<share>`. An isolate appends a block before the
 * executions in it call a provider, and nothing is written when they end. When a block is due, an
 * alarm sends its intents to the usage queue, whose consumer finds out which of them are on record.
 * A block stays until the consumer says so, and is sent again if it does not.
 */
export class ExecutionIntents extends DurableObject<Env> {
  readonly #resendMs: number;
  /** When the blocks under way were sent. Lost by an eviction, after which they are sent again. */
  readonly #sentAt = new Map<string, number>();
  #alarmAt: number | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#resendMs = readConfig(env).intents.resendMs;
    // The primary key is the order in which blocks are due, so that a block costs one written row.
    ctx.storage.sql.exec(`create table if not exists blocks (
      due_at integer not null, id text not null, intents text not null, primary key (due_at, id)
    ) without rowid`);
    void ctx.blockConcurrencyWhile(async () => {
      this.#alarmAt = await ctx.storage.getAlarm();
    });
  }

  /** Stores a block. The platform's output gate holds the reply back until it is on disk. */
  async append({ due_at, id, intents }: IntentBlock): Promise<void> {
    const text = JSON.stringify(intents);
    this.ctx.storage.sql.exec("insert or replace into blocks values (?, ?, ?)", due_at, id, text);
    await this.#wakeAt(due_at);
  }

  /** Deletes blocks whose executions are all on record. */
  async forget(blocks: readonly IntentBlockKey[]): Promise<void> {
    for (const { due_at, id } of blocks) {
      this.ctx.storage.sql.exec("delete from blocks where due_at = ? and id = ?", due_at, id);
      this.#sentAt.delete(id);
    }
  }

  /** Answers and does nothing else, for the readiness probe. */
  ping(): "ok" {
    return "ok";
  }

  override async alarm(): Promise<void> {
    this.#alarmAt = null;
    try {
      for (const message of this.#dueMessages(Date.now())) {
        await this.env.USAGE_QUEUE.send(message);
        for (const { id } of message.from?.blocks ?? []) this.#sentAt.set(id, Date.now());
      }
      const next = this.#nextDue();
      if (next !== null) await this.#wakeAt(next);
    } catch (error) {
      log("error", "intents_unsent", { object: this.ctx.id.name ?? "", error: describeError(error) });
      await this.#wakeAt(Date.now() + PAUSE_MS);
    }
  }

  /** The due blocks, many in one message. */
  #dueMessages(now: number): ResolveIntents[] {
    const object = this.ctx.id.name ?? "";
    const [tenant_id = ""] = object.split("/");
    const messages: Array<ResolveIntents & Required<Pick<ResolveIntents, "from">>> = [];
    let room = 0;
    for (const { due_at, id, intents } of this.#dueBlocks(now)) {
      const bytes = byteLength(intents);
      if (messages.length === 0 || bytes > room) {
        messages.push({ type: "resolve-intents", tenant_id, intents: [], from: { object, blocks: [] } });
        room = MAX_MESSAGE_BYTES;
      }
      const message = messages.at(-1);
      message?.intents.push(...(JSON.parse(intents) as Intent[]));
      message?.from.blocks.push({ due_at, id });
      room -= bytes;
    }
    return messages;
  }

  #dueBlocks(now: number): BlockRow[] {
    const limit = this.#sentAt.size + MAX_BLOCKS;
    return this.ctx.storage.sql
      .exec<BlockRow>("select * from blocks where due_at <= ? order by due_at limit ?", now, limit)
      .toArray()
      .filter(({ id }) => now - (this.#sentAt.get(id) ?? -Infinity) >= this.#resendMs);
  }

  /** When the next block has to be sent, for the first time or again; null where there is none. */
  #nextDue(): number | null {
    // One of these was not sent yet, if there is such a block.
    const limit = this.#sentAt.size + 1;
    const known = this.ctx.storage.sql
      .exec<BlockRow>("select due_at, id, '' as intents from blocks order by due_at limit ?", limit)
      .toArray()
      .map(({ due_at, id }) => {
        const sentAt = this.#sentAt.get(id);
        return sentAt === undefined ? due_at : sentAt + this.#resendMs;
      });
    return known.length === 0 ? null : Math.min(...known);
  }

  /** Sets the alarm, unless it rings before that. A set alarm costs a written row. */
  async #wakeAt(at: number): Promise<void> {
    const next = Math.ceil(at / ALARM_STEP_MS) * ALARM_STEP_MS;
    if (this.#alarmAt !== null && this.#alarmAt <= next) return;
    this.#alarmAt = next;
    await this.ctx.storage.setAlarm(next);
  }
}
