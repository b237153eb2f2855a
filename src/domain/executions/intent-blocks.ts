import type { Clock } from "../../lib/clock.ts";
import { byteLength } from "../../lib/encoding.ts";
import type { Intent, IntentBlockKey, ResolveIntents } from "./intent.ts";

/** Intents of executions that began together, as older versions append them. */
export interface KeyedIntentBlock extends IntentBlockKey {
  intents: Intent[];
}

/** The object that older versions keep a share of a tenant's intents in until they are resolved. */
export interface IntentsObject {
  /** Stores a block; it is on disk when this resolves. */
  append(block: KeyedIntentBlock): Promise<void>;
  /** Deletes blocks whose executions are all on record. */
  forget(blocks: readonly IntentBlockKey[]): Promise<void>;
}

/** A stored block. Its intents are JSON. */
export interface StoredIntentBlock extends IntentBlockKey {
  intents: string;
}

/** The disk of an object of intents. Every call takes effect at once, and survives an eviction. */
export interface IntentBlockStorage {
  put(block: StoredIntentBlock): void;
  delete(key: IntentBlockKey): void;
  /** The blocks that are due until `until` (Unix ms), the earliest first, at most `limit`. */
  due(until: number, limit: number): StoredIntentBlock[];
  /** The same blocks without their intents. */
  dueKeys(until: number, limit: number): IntentBlockKey[];
  setAlarm(at: number): Promise<void>;
}

/** What {@link IntentBlocks} needs. */
export interface IntentBlocksDeps extends Clock {
  /** The name of the object, `<tenant>/<share>`. */
  object: string;
  storage: IntentBlockStorage;
  /** Puts a message on the usage queue. */
  send(message: ResolveIntents): Promise<unknown>;
  /** Hears why the queue took no message. */
  onUnsent(error: unknown): void;
  /** Blocks that were sent are sent again after this time, ms. */
  resendMs: number;
}

/** A message whose blocks are known. */
type BlocksMessage = ResolveIntents & Required<Pick<ResolveIntents, "from">>;

/** Alarms ring at multiples of this time, ms, so that few of them serve many blocks. */
const ALARM_STEP_MS = 5_000;
/** How long a queue that took no message is left alone, ms. */
const PAUSE_MS = 30_000;
/** The most bytes of intents in one message of 128 KB, and the most blocks that one alarm sends. */
const MAX_MESSAGE_BYTES = 100_000;
const MAX_BLOCKS = 2_000;

/**
 * The blocks of one object of intents. When a block is due, an alarm sends its intents to the usage
 * queue, whose consumer finds out which of them are on record. A block stays until the consumer
 * says so, and is sent again if it does not.
 */
export class IntentBlocks {
  readonly #deps: IntentBlocksDeps;
  /** When the blocks under way were sent. Lost by an eviction, after which they are sent again. */
  readonly #sentAt = new Map<string, number>();
  #alarmAt: number | null = null;

  constructor(deps: IntentBlocksDeps) {
    this.#deps = deps;
  }

  /** Says when the stored alarm rings, before any other call. */
  restoreAlarm(at: number | null): void {
    this.#alarmAt = at;
  }

  async append({ due_at, id, intents }: KeyedIntentBlock): Promise<void> {
    this.#deps.storage.put({ due_at, id, intents: JSON.stringify(intents) });
    await this.#wakeAt(due_at);
  }

  forget(blocks: readonly IntentBlockKey[]): void {
    for (const key of blocks) {
      this.#deps.storage.delete(key);
      this.#sentAt.delete(key.id);
    }
  }

  /** Sends what is due, and sets the next alarm. */
  async ring(): Promise<void> {
    const deps = this.#deps;
    this.#alarmAt = null;
    try {
      for (const message of this.#dueMessages(deps.now())) {
        await deps.send(message);
        for (const { id } of message.from.blocks) this.#sentAt.set(id, deps.now());
      }
      const next = this.#nextDue();
      if (next !== null) await this.#wakeAt(next);
    } catch (error) {
      deps.onUnsent(error);
      await this.#wakeAt(deps.now() + PAUSE_MS);
    }
  }

  /** The due blocks, many in one message. */
  #dueMessages(now: number): BlocksMessage[] {
    const { object } = this.#deps;
    const [tenant_id = ""] = object.split("/");
    const messages: BlocksMessage[] = [];
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

  #dueBlocks(now: number): StoredIntentBlock[] {
    const { storage, resendMs } = this.#deps;
    return storage
      .due(now, this.#sentAt.size + MAX_BLOCKS)
      .filter(({ id }) => now - (this.#sentAt.get(id) ?? -Infinity) >= resendMs);
  }

  /** When the next block has to be sent, for the first time or again; null where there is none. */
  #nextDue(): number | null {
    const { storage, resendMs } = this.#deps;
    // One of these was not sent yet, if there is such a block.
    const known = storage.dueKeys(Number.MAX_SAFE_INTEGER, this.#sentAt.size + 1).map(({ due_at, id }) => {
      const sentAt = this.#sentAt.get(id);
      return sentAt === undefined ? due_at : sentAt + resendMs;
    });
    return known.length === 0 ? null : Math.min(...known);
  }

  /** Sets the alarm, unless it rings before that. A set alarm costs a written row. */
  async #wakeAt(at: number): Promise<void> {
    const next = Math.ceil(at / ALARM_STEP_MS) * ALARM_STEP_MS;
    if (this.#alarmAt !== null && this.#alarmAt <= next) return;
    this.#alarmAt = next;
    await this.#deps.storage.setAlarm(next);
  }
}
