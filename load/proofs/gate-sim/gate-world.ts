import { Gate, type GateChanges } from "../../../src/domain/gate/authority/gate.ts";
import { leaseTimes } from "../../../src/domain/gate/authority/gate-settings.ts";
import type { StoredConfiguration } from "../../../src/domain/gate/authority/configuration.ts";
import type { StoredKey, StoredPart } from "../../../src/domain/gate/authority/stored-part.ts";
import type { GateView } from "../../../src/domain/gate/protocol/gate-view.ts";
import type {
  KeyLimits,
  AcquireReply,
  AcquireRequest,
  Renewed,
  Settlement,
} from "../../../src/domain/gate/protocol/messages.ts";
import type { LedgerLease } from "../../../src/domain/gate/authority/ledger-lease.ts";
import type { WorkTimes } from "../../../src/domain/pace.ts";
import type { EventQueue } from "./event-queue.ts";
import type { Random } from "./random.ts";

/**
 * The gate's clock at the start: it may be behind the simulation's clock, but never before 1970.
 */
const EPOCH_MS = 1_000_000;

/** What a simulated gate runs on. Its clock is `skewMs` off the simulation's. */
export interface GateWorldDeps {
  queue: EventQueue;
  random: Random;
  skewMs: number;
  concurrency: number;
  /** After this time without a message the platform evicts the object; never without it. */
  idleMs?: number;
  /** What messages take of its thread, where it stands for several gates. */
  work?: WorkTimes;
}

/** Gets the reply, or null where the gate was evicted while the request was pending. */
type ReplyHandler = (reply: AcquireReply | null) => void;

/**
 * A gate as its object runs it: it stores each change before it replies, sleeps until its next
 * wake-up, and can be evicted at any moment.
 */
export class GateWorld {
  readonly #deps: GateWorldDeps;
  readonly #disk = {
    keys: new Map<string, StoredKey>(),
    parts: new Map<number, StoredPart>(),
    configuration: null as StoredConfiguration | null,
  };
  #waiting = new Map<string, ReplyHandler>();
  #gate: Gate;
  #wakeAt: number | null = null;
  #messages = 0;
  #calledAt = 0;
  #rowsWritten = 0;
  #evictions = 0;

  constructor(deps: GateWorldDeps) {
    this.#deps = deps;
    this.#gate = this.#start();
  }

  /** Messages that the gate got. */
  get messages(): number {
    return this.#messages;
  }

  /** Rows that the gate stored. */
  get rowsWritten(): number {
    return this.#rowsWritten;
  }

  /** The stored leases whose calls may be under way, those of lost isolates included. */
  get leases(): LedgerLease[] {
    const now = this.#now();
    return [...this.#disk.parts.values()].flatMap(({ leases }) => leases.filter(({ hold_until }) => hold_until > now));
  }

  get evictions(): number {
    return this.#evictions;
  }

  acquire(request: AcquireRequest, onReply: ReplyHandler): void {
    this.#noteMessage();
    this.#waiting.set(this.#gate.acquire(request, this.#now()), onReply);
    this.#drive();
  }

  settle(settlement: Settlement): Renewed[] {
    this.#noteMessage();
    const renewed = this.#gate.settle(settlement, this.#now());
    this.#drive();
    return renewed;
  }

  view(keys: KeyLimits[]): GateView {
    this.#noteMessage();
    const view = this.#gate.view(keys, this.#now());
    this.#drive();
    return view;
  }

  evict(): void {
    this.#evictions += 1;
    const lost = this.#waiting;
    this.#waiting = new Map();
    this.#wakeAt = null;
    this.#gate = this.#start();
    for (const onReply of lost.values()) onReply(null);
  }

  #noteMessage(): void {
    const { queue, idleMs = Infinity } = this.#deps;
    if (this.#waiting.size === 0 && queue.now() - this.#calledAt > idleMs) this.evict();
    this.#calledAt = queue.now();
    this.#messages += 1;
  }

  #now(): number {
    return EPOCH_MS + this.#deps.queue.now() + this.#deps.skewMs;
  }

  #start(): Gate {
    const { concurrency, random } = this.#deps;
    const { keys, parts, configuration } = this.#disk;
    const settings = {
      times: leaseTimes(2_000),
      strategy: "least_busy" as const,
      concurrency: { execution: concurrency, test: 0 },
      epoch: `e${this.#evictions}`,
      random: () => random.unit(),
      ...(this.#deps.work && { work: this.#deps.work }),
    };
    const stored = { keys: [...keys.values()], parts: [...parts.values()], configuration };
    return new Gate(settings, structuredClone(stored));
  }

  #store({ keys, forgotten, configuration, parts }: GateChanges): void {
    this.#rowsWritten += keys.length + parts.length + forgotten.length + (configuration ? 1 : 0);
    for (const key of keys) this.#disk.keys.set(key.name, key);
    for (const name of forgotten) this.#disk.keys.delete(name);
    this.#disk.configuration = configuration ?? this.#disk.configuration;
    for (const part of parts) {
      const leases = part.leases.map((lease) => ({ ...lease, told: { ...lease.told } }));
      this.#disk.parts.set(part.part, { ...part, leases });
    }
  }

  #drive(): void {
    this.#store(this.#gate.takeChanges());
    for (const [ticket, reply] of this.#gate.takeReplies()) {
      const onReply = this.#waiting.get(ticket);
      this.#waiting.delete(ticket);
      onReply?.(reply);
    }
    const next = this.#gate.nextWake();
    if (next === null || (this.#wakeAt !== null && this.#wakeAt <= next)) return;
    this.#wakeAt = next;
    const own = this.#gate;
    this.#deps.queue.after(Math.max(1, next - this.#now()), () => {
      if (own !== this.#gate) return;
      this.#wakeAt = null;
      this.#gate.wake(this.#now());
      this.#drive();
    });
  }
}
