import type { IntentsObject, ResolveIntents } from "../../../src/domain/executions/intent.ts";
import {
  IntentBlocks,
  type IntentBlockStorage,
  type StoredIntentBlock,
} from "../../../src/domain/executions/intent-blocks.ts";
import { callObject, type Ground, Memory } from "./network.ts";

/** The setting of the deployment, as in wrangler.toml. */
const RESEND_MS = 900_000;
/** The platform repeats an alarm that an eviction broke off after this time, in ms. */
const REPEAT_ALARM_MS = 2_000;

/**
 * The object of a share of a tenant's intents. Its blocks and its alarm are on disk; an eviction
 * only loses which blocks were sent.
 */
export class IntentsHost {
  readonly #ground: Ground;
  readonly #name: string;
  readonly #memory: Memory;
  readonly #send: (message: ResolveIntents) => Promise<unknown>;
  /** The disk: the blocks by due time and id, and the alarm. */
  readonly #rows = new Map<string, StoredIntentBlock>();
  #alarmAt: number | null = null;
  #blocks: IntentBlocks;

  /** `name` is `<tenant>/<share>`; `send` puts a message on the usage queue. */
  constructor(ground: Ground, name: string, send: (message: ResolveIntents) => Promise<unknown>) {
    this.#ground = ground;
    this.#name = name;
    this.#send = send;
    this.#memory = new Memory(`intents ${name}`);
    this.#blocks = this.#newBlocks();
  }

  evict(): void {
    this.#blocks = this.#newBlocks();
    this.#memory.evict();
  }

  stub(): IntentsObject {
    const call = async <T>(what: string, run: () => T | Promise<T>) =>
      callObject(this.#ground, this.#memory, `intents ${this.#name} ${what}`, run, true);
    return {
      append: async (block) => {
        const sent = structuredClone(block);
        return call("append", async () => this.#blocks.append(sent));
      },
      forget: async (blocks) => call("forget", () => this.#blocks.forget(blocks)),
    };
  }

  #newBlocks(): IntentBlocks {
    const { clock, history } = this.#ground;
    const blocks = new IntentBlocks({
      object: this.#name,
      storage: this.#storage(),
      now: () => clock.now(),
      send: this.#send,
      onUnsent: () => history.add(`intents ${this.#name} unsent`),
      resendMs: RESEND_MS,
    });
    blocks.restoreAlarm(this.#alarmAt);
    return blocks;
  }

  #storage(): IntentBlockStorage {
    const keyOf = ({ due_at, id }: { due_at: number; id: string }) => `${due_at}/${id}`;
    const due = (until: number, limit: number) =>
      [...this.#rows.values()]
        .filter(({ due_at }) => due_at <= until)
        .toSorted((a, b) => a.due_at - b.due_at)
        .slice(0, limit);
    return {
      put: (block) => void this.#rows.set(keyOf(block), block),
      delete: (key) => void this.#rows.delete(keyOf(key)),
      due,
      dueKeys: due,
      setAlarm: async (at) => this.#setAlarm(at),
    };
  }

  /** Sets the one alarm. */
  #setAlarm(at: number): void {
    const { clock } = this.#ground;
    this.#alarmAt = at;
    clock.in(undefined, Math.max(1, at - clock.now()), () => {
      if (this.#alarmAt === at) this.#ring();
    });
  }

  /** Rings in the object's memory; again, if that is evicted meanwhile. */
  #ring(): void {
    const { clock } = this.#ground;
    const { life } = this.#memory;
    this.#alarmAt = null;
    const stop = life.onEnd(() => clock.in(undefined, REPEAT_ALARM_MS, () => this.#ring()));
    void clock.within(life, async () => this.#blocks.ring()).then(stop);
  }
}
