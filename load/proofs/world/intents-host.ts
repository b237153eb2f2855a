import type { Intent, IntentsObject, ResolveIntents } from "../../../src/domain/executions/intent.ts";
import { byteLength } from "../../../src/lib/encoding.ts";
import { callObject, type Ground, Memory } from "./network.ts";

/** The settings of the object and of its deployment, as in the Worker. */
const ALARM_STEP_MS = 5_000;
const PAUSE_MS = 30_000;
const RESEND_MS = 900_000;
const MAX_MESSAGE_BYTES = 100_000;
/** The platform repeats an alarm that an eviction broke off after this time, in ms. */
const REPEAT_ALARM_MS = 2_000;

/** A stored block. */
interface BlockRow {
  due_at: number;
  id: string;
  intents: string;
}

/** A message whose blocks are known. */
type DueMessage = ResolveIntents & Required<Pick<ResolveIntents, "from">>;

/**
 * The object of a share of a tenant's intents, behind the same shell as in the Worker. Its blocks
 * and its alarm are on disk; an eviction only loses which blocks were sent.
 */
export class IntentsHost {
  readonly #ground: Ground;
  readonly #name: string;
  readonly #memory: Memory;
  readonly #send: (message: ResolveIntents) => Promise<unknown>;
  /** The blocks by due time and id. */
  readonly #blocks = new Map<string, BlockRow>();
  #sentAt = new Map<string, number>();
  #alarmAt: number | null = null;

  /** `name` is `<tenant>/<share>`; `send` puts a message on the usage queue. */
  constructor(ground: Ground, name: string, send: (message: ResolveIntents) => Promise<unknown>) {
    this.#ground = ground;
    this.#name = name;
    this.#send = send;
    this.#memory = new Memory(`intents ${name}`);
  }

  evict(): void {
    this.#sentAt = new Map();
    this.#memory.evict();
  }

  stub(): IntentsObject {
    const call = async <T>(what: string, run: () => T) =>
      callObject(this.#ground, this.#memory, `intents ${this.#name} ${what}`, run, true);
    return {
      append: async (block) => {
        const { due_at, id } = block;
        const intents = JSON.stringify(block.intents);
        return call("append", () => {
          this.#blocks.set(`${due_at}/${id}`, { due_at, id, intents });
          this.#wakeAt(due_at);
        });
      },
      forget: async (blocks) =>
        call("forget", () => {
          for (const { due_at, id } of blocks) {
            this.#blocks.delete(`${due_at}/${id}`);
            this.#sentAt.delete(id);
          }
        }),
    };
  }

  /** Rings in the object's memory; again, if that is evicted meanwhile. */
  #ring(): void {
    const { clock } = this.#ground;
    const { life } = this.#memory;
    this.#alarmAt = null;
    const stop = life.onEnd(() => clock.in(undefined, REPEAT_ALARM_MS, () => this.#ring()));
    void clock.within(life, async () => this.#alarm()).then(stop);
  }

  async #alarm(): Promise<void> {
    const { clock, history } = this.#ground;
    try {
      for (const message of this.#dueMessages(clock.now())) {
        await this.#send(message);
        for (const { id } of message.from.blocks) this.#sentAt.set(id, clock.now());
      }
      const next = this.#nextDue();
      if (next !== null) this.#wakeAt(next);
    } catch {
      history.add(`intents ${this.#name} unsent`);
      this.#wakeAt(clock.now() + PAUSE_MS);
    }
  }

  #dueMessages(now: number): DueMessage[] {
    const [tenant_id = ""] = this.#name.split("/");
    const messages: DueMessage[] = [];
    let room = 0;
    for (const { due_at, id, intents } of this.#inOrder()) {
      const isUnderWay = now - (this.#sentAt.get(id) ?? -Infinity) < RESEND_MS;
      if (due_at > now || isUnderWay) continue;
      const bytes = byteLength(intents);
      if (messages.length === 0 || bytes > room) {
        messages.push({ type: "resolve-intents", tenant_id, intents: [], from: { object: this.#name, blocks: [] } });
        room = MAX_MESSAGE_BYTES;
      }
      const message = messages.at(-1);
      message?.intents.push(...(JSON.parse(intents) as Intent[]));
      message?.from.blocks.push({ due_at, id });
      room -= bytes;
    }
    return messages;
  }

  #nextDue(): number | null {
    const due = this.#inOrder().map(({ due_at, id }) => {
      const sentAt = this.#sentAt.get(id);
      return sentAt === undefined ? due_at : sentAt + RESEND_MS;
    });
    return due.length === 0 ? null : Math.min(...due);
  }

  #inOrder(): BlockRow[] {
    return [...this.#blocks.values()].toSorted((a, b) => a.due_at - b.due_at);
  }

  /** Sets the one alarm, unless it rings before that. */
  #wakeAt(at: number): void {
    const { clock } = this.#ground;
    const next = Math.ceil(at / ALARM_STEP_MS) * ALARM_STEP_MS;
    if (this.#alarmAt !== null && this.#alarmAt <= next) return;
    this.#alarmAt = next;
    clock.in(undefined, Math.max(1, next - clock.now()), () => {
      if (this.#alarmAt === next) this.#ring();
    });
  }
}
