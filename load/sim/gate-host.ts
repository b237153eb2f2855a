import type { GateObject } from "../../src/domain/gate/protocol/messages.ts";
import { slotsOut } from "../../src/domain/gate/authority/ledger-lease.ts";
import { answerThrottle } from "../../src/domain/gate/authority/throttle-bucket.ts";
import type { ThrottleObject } from "../../src/domain/gate/protocol/throttle-messages.ts";
import { GateWorld } from "../proofs/gate-sim/gate-world.ts";
import { type Ground, type Handled, type ObjectShare, ObjectSite } from "./object-site.ts";
import type { Place } from "./places.ts";

/** A provider gate's object: the authority itself, with its rows, behind its queue. */
export class GateHost {
  readonly site: ObjectSite;
  readonly #gate: GateWorld;

  constructor(ground: Ground, name: string, place: Place, shape: GateShape) {
    const { clock, random } = ground;
    this.site = new ObjectSite(ground, { className: "ProviderGate", name }, place, shape);
    const queue = {
      now: () => clock.elapsed(),
      after: (ms: number, run: () => void) => void clock.in(undefined, ms, run),
      runUntil: () => undefined,
      runNext: () => false,
    };
    const { object_request, object_write } = ground.times;
    const work = { request_ms: shape.slowness * object_request, write_ms: shape.slowness * object_write };
    this.#gate = new GateWorld({ queue, random, skewMs: 0, concurrency: shape.concurrency, work });
  }

  evict(awayMs?: number): void {
    this.site.evict(awayMs);
    this.#gate.evict();
  }

  /** Slots that it has lent to holders of a name and not got back, by lease. */
  lentTo(name: string): Map<string, number> {
    const own = this.#gate.leases.filter(({ holder }) => holder.startsWith(name));
    return new Map(own.map((lease) => [lease.id, slotsOut(lease)]));
  }

  /** The object as isolates of a place call it. */
  stub(from: Place): GateObject {
    return {
      acquire: async (request) =>
        this.site.call(from, async () => {
          const { promise, resolve } = Promise.withResolvers<Awaited<ReturnType<GateObject["acquire"]>>>();
          const { rows } = this.#count(() =>
            this.#gate.acquire(structuredClone(request), (reply) => reply && resolve(structuredClone(reply))),
          );
          return { reply: await promise, rows };
        }),
      settle: async (settlement) =>
        this.site.call(from, () => this.#count(() => this.#gate.settle(structuredClone(settlement)))),
      view: async (keys) => this.site.call(from, () => this.#count(() => this.#gate.view(structuredClone(keys)))),
    };
  }

  #count<T>(run: () => T): Handled<T> {
    const before = this.#gate.rowsWritten;
    const reply = run();
    const rows = this.#gate.rowsWritten - before;
    this.site.noteRows(rows);
    return { reply, rows };
  }
}

/** How large a gate is: its concurrency over all keys. */
export interface GateShape extends ObjectShare {
  concurrency: number;
}

/** How far the stored time is ahead, ms, as in `TenantThrottle`. */
const AHEAD_MS = 1_000;

/** A throttle's object. */
export class ThrottleHost {
  readonly site: ObjectSite;
  readonly #ground: Ground;
  #fullAt = 0;
  #stored = 0;

  constructor(ground: Ground, name: string, place: Place, share: ObjectShare) {
    this.#ground = ground;
    this.site = new ObjectSite(ground, { className: "TenantThrottle", name }, place, share);
  }

  evict(awayMs?: number): void {
    this.site.evict(awayMs);
    this.#fullAt = this.#stored;
  }

  stub(from: Place): ThrottleObject {
    const { clock } = this.#ground;
    return {
      ask: async (limits, question) =>
        this.site.call(from, () => {
          const { fullAt, answer } = answerThrottle(this.#fullAt, limits, question, clock.now());
          this.#fullAt = fullAt;
          if (fullAt <= this.#stored) return { reply: answer, rows: 0 };
          this.#stored = fullAt + AHEAD_MS;
          this.site.noteRows(1);
          return { reply: answer, rows: 1 };
        }),
    };
  }
}
