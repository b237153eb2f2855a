import { openFlightMemory, SharedFlights } from "../../../src/domain/completions/shared-flights.ts";
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

/** A single-flight object. */
export class FlightHost {
  readonly #ground: Ground;
  readonly #memory: Memory;
  #flights: SharedFlights;

  constructor(ground: Ground, name: string) {
    this.#ground = ground;
    this.#memory = new Memory(name);
    this.#flights = this.#newFlights();
  }

  evict(): void {
    this.#memory.evict();
    this.#flights = this.#newFlights();
  }

  stub(): FlightObject {
    const ground = this.#ground;
    const { clock } = ground;
    return {
      join: async (key, maxAgeMs, lane) => {
        const caller = clock.life();
        return callObject(ground, this.#memory, "flight join", () => {
          const joined = this.#flights.join(key, maxAgeMs, lane);
          if (joined.role !== "follower") return joined;
          return { role: "follower", frames: carryStream(ground, joined.frames, this.#memory.life, caller) } as const;
        });
      },
      lead: async (_key, token, frames) => {
        const caller = clock.life();
        return callObject(ground, this.#memory, "flight lead", async () =>
          this.#flights.lead(token, carryStream(ground, frames, caller, this.#memory.life)),
        );
      },
    };
  }

  #newFlights(): SharedFlights {
    const { clock, random } = this.#ground;
    const { life } = this.#memory;
    return new SharedFlights({
      now: () => clock.now(),
      roll: random.unit(),
      memory: openFlightMemory(),
      after: (ms, run) => clock.in(life, ms, run),
    });
  }
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
