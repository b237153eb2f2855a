import { encodeLastFrame, watchFrames } from "../../../src/domain/completions/flight-frame.ts";
import { FlightRegistry } from "../../../src/domain/completions/flight-registry.ts";
import type { FlightEnd, Follower } from "../../../src/domain/completions/flight.ts";
import {
  claim,
  handBack,
  type IdempotencyState,
  isHeldBy,
  isSettledBy,
  settle,
} from "../../../src/domain/executions/idempotency.ts";
import type { GateObject, KeyLimits } from "../../../src/domain/gate/protocol/messages.ts";
import type { FlightObject } from "../../../src/services/completions/flights.ts";
import type { IdempotencyObject } from "../../../src/services/executions/idempotency-keys.ts";
import { GateWorld } from "../gate-sim/gate-world.ts";
import { callObject, carryStream, type Ground, Memory } from "./network.ts";

const MIB = 1024 * 1024;
const FLIGHT_LIMITS = { waiters: 2_000, bytes: 8 * MIB, all_bytes: 48 * MIB, lingerMs: 10_000 };
/** After this time a leader that has not begun to lead is gone, in ms. */
const LEAD_WITHIN_MS = 5_000;
/** After this time a flight is cut off, in ms. */
const LONGEST_MS = 330_000;
/** The part of the safe integers at which the tokens of an object's life may begin. */
const EPOCH_SHARE = 0.5;

/** A gate's object: the authority with its stored rows. */
export class GateHost {
  readonly #ground: Ground;
  readonly #name: string;
  readonly #memory: Memory;
  readonly #gate: GateWorld;

  constructor(ground: Ground, name: string, concurrency: number) {
    const { clock, random } = ground;
    this.#ground = ground;
    this.#name = name;
    this.#memory = new Memory(name);
    const queue = {
      now: () => clock.elapsed(),
      after: (ms: number, run: () => void) => void clock.in(undefined, ms, run),
      runUntil: () => undefined,
      runNext: () => false,
    };
    this.#gate = new GateWorld({ queue, random, skewMs: 0, concurrency });
  }

  evict(): void {
    this.#memory.evict();
    this.#gate.evict();
  }

  /** The object as Workers call it. */
  stub(): GateObject {
    const call = async <T>(what: string, run: () => T | Promise<T>, mayDouble = false) =>
      callObject(this.#ground, this.#memory, `${this.#name} ${what}`, run, mayDouble);
    return {
      acquire: async (request) =>
        call("acquire", async () => {
          const { promise, resolve } = Promise.withResolvers<Awaited<ReturnType<GateObject["acquire"]>>>();
          this.#gate.acquire(structuredClone(request), (reply) => reply && resolve(structuredClone(reply)));
          return promise;
        }),
      settle: async (settlement) => call("settle", () => this.#gate.settle(structuredClone(settlement)), true),
      view: async (_keys: KeyLimits[]) => Promise.reject(new Error("nobody looks at the gate here")),
    };
  }
}

/** A single-flight object: the registry behind the same shell as in the Worker. */
export class FlightHost {
  readonly #ground: Ground;
  readonly #memory: Memory;
  #flights: FlightRegistry;
  #led = new Set<number>();

  constructor(ground: Ground, name: string) {
    this.#ground = ground;
    this.#memory = new Memory(name);
    this.#flights = this.#newFlights();
  }

  evict(): void {
    this.#flights = this.#newFlights();
    this.#led = new Set();
    this.#memory.evict();
  }

  stub(): FlightObject {
    const ground = this.#ground;
    const { clock } = ground;
    return {
      join: async (key, maxAgeMs, lane) => {
        const caller = clock.life();
        return callObject(ground, this.#memory, "flight join", () => {
          const joined = this.#flights.join(key, lane, clock.now(), maxAgeMs);
          if (joined.role === "leader") this.#expectLeader(joined.token);
          if (joined.role !== "follower") return joined;
          const frames = carryStream(ground, framesOf(joined.follower), this.#memory.life, caller);
          return { role: "follower", frames } as const;
        });
      },
      lead: async (_key, token, frames) => {
        const caller = clock.life();
        return callObject(ground, this.#memory, "flight lead", async () =>
          this.#lead(token, carryStream(ground, frames, caller, this.#memory.life)),
        );
      },
    };
  }

  async #lead(token: number, frames: ReadableStream<Uint8Array>): Promise<void> {
    this.#led.add(token);
    const reader = frames.getReader();
    const stop = this.#ground.clock.in(
      this.#memory.life,
      LONGEST_MS,
      () => void reader.cancel("too long").catch(() => undefined),
    );
    const watch = watchFrames();
    try {
      for (let next = await reader.read(); !next.done; next = await reader.read()) {
        if (!this.#flights.append(token, next.value)) return this.#end(token, "ended", "alone");
        watch.see(next.value);
      }
      const last = watch.last();
      const hasEnded = last.t === "answer" || last.t === "error";
      this.#end(token, hasEnded ? (last.t === "answer" && last.keep ? "kept" : "ended") : "lost");
    } catch {
      this.#end(token, "lost");
    } finally {
      stop();
      void reader.cancel().catch(() => undefined);
    }
  }

  #newFlights(): FlightRegistry {
    return new FlightRegistry(
      FLIGHT_LIMITS,
      Math.floor(this.#ground.random.unit() * Number.MAX_SAFE_INTEGER * EPOCH_SHARE),
    );
  }

  #expectLeader(token: number): void {
    const led = this.#led;
    this.#ground.clock.in(this.#memory.life, LEAD_WITHIN_MS, () => {
      if (!led.has(token)) this.#end(token, "lost");
    });
  }

  #end(token: number, how: FlightEnd, lastFrame?: "alone"): void {
    const frame = how === "lost" ? "lost" : lastFrame;
    this.#flights.end(token, how, this.#ground.clock.now(), frame && encodeLastFrame({ t: frame }));
  }
}

function framesOf(follower: Follower): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const chunk = await follower.next();
      if (chunk) controller.enqueue(chunk.slice());
      else controller.close();
    },
    cancel: () => follower.leave(),
  });
}

/** The object of an idempotency key. Its state is on disk, so an eviction only breaks calls. */
export class KeyHost {
  readonly #ground: Ground;
  readonly #name: string;
  readonly #memory: Memory;
  #state: IdempotencyState | undefined;
  #result = "";

  constructor(ground: Ground, name: string) {
    this.#ground = ground;
    this.#name = name;
    this.#memory = new Memory(name);
  }

  evict(): void {
    this.#memory.evict();
  }

  stub(): IdempotencyObject {
    const { clock } = this.#ground;
    const call = async <T>(what: string, run: () => T) =>
      callObject(this.#ground, this.#memory, `key ${this.#name} ${what}`, run);
    return {
      claim: async (wanted) =>
        call("claim", () => {
          const { verdict, next } = claim(this.#state, wanted, clock.now());
          this.#state = next ?? this.#state;
          return verdict.kind === "replay" ? { kind: "replay" as const, result: this.#result } : verdict;
        }),
      settle: async (token, status, result, execution_id) =>
        call("settle", () => {
          const holder = { token, execution_id };
          if (isSettledBy(this.#state, holder)) return true;
          const next = settle(this.#state, holder, status);
          if (!next) return false;
          this.#state = next;
          this.#result = result;
          return true;
        }),
      release: async (token, execution_id) =>
        call("release", () => {
          if (isHeldBy(this.#state, { token, execution_id })) this.#state = undefined;
        }),
      handBack: async (token, execution_id) =>
        call("hand back", () => {
          this.#state = handBack(this.#state, { token, execution_id }, clock.now()) ?? this.#state;
        }),
    };
  }
}
