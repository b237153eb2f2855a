import type { KnownLeader } from "../../../src/domain/completions/flight-registry.ts";
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
import type { FlightObject, LeaderSocket } from "../../../src/services/completions/flights.ts";
import type { IdempotencyObject } from "../../../src/services/executions/idempotency-keys.ts";
import { GateWorld } from "../gate-sim/gate-world.ts";
import type { Life } from "./life.ts";
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

/** The socket of a leader, as its object keeps it through evictions. */
interface HeldSocket extends KnownLeader {
  caller: Life | undefined;
  /** When the last message to the leader arrives. */
  busyUntil: number;
  /** Calls the leader, once it listens. */
  run: (token: number) => void;
}

/**
 * The share of sockets that break without a word to the object, and those that an eviction breaks.
 */
const BROKEN = { silently: 0.1, by_eviction: 0.5 };

/** A single-flight object. */
export class FlightHost {
  readonly #ground: Ground;
  readonly #name: string;
  readonly #memory: Memory;
  readonly #sockets = new Map<number, HeldSocket>();
  #flights: SharedFlights;

  constructor(ground: Ground, name: string) {
    this.#ground = ground;
    this.#name = name;
    this.#memory = new Memory(name);
    this.#flights = this.#newFlights();
  }

  /** A reset of the object breaks its sockets; hibernation keeps them. */
  evict(): void {
    this.#memory.evict();
    if (this.#ground.random.unit() < BROKEN.by_eviction) this.#sockets.clear();
    this.#flights = this.#newFlights();
    for (const { caller: _caller, busyUntil: _busyUntil, run: _run, ...leader } of this.#sockets.values())
      this.#flights.restore(leader);
  }

  stub(): FlightObject {
    const ground = this.#ground;
    const { clock } = ground;
    return {
      board: async ({ key, max_age_ms, lane }) => {
        const caller = clock.life();
        return callObject(ground, this.#memory, "flight board", () => {
          const boarded = this.#flights.board(key, max_age_ms, lane);
          if (boarded.role === "alone") return boarded;
          if (boarded.role === "leader") {
            const leader = { key, lane, token: boarded.token, begun: false };
            return { role: "leader", socket: this.#openSocket(leader, caller) } as const;
          }
          return { role: "follower", frames: carryStream(ground, boarded.frames, this.#memory.life, caller) } as const;
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
      tellLeader: (token) => this.#tellLeader(token),
    });
  }

  /** Messages of one side arrive in their order. A leader that is cut off may leave no word. */
  #openSocket(leader: KnownLeader, caller: Life | undefined): LeaderSocket {
    const { clock, random, faults, history } = this.#ground;
    const { token } = leader;
    const held: HeldSocket = { ...leader, caller, busyUntil: 0, run: () => undefined };
    this.#sockets.set(token, held);
    let busyUntil = 0;
    const arrive = (run: () => void) => {
      busyUntil = Math.max(busyUntil, clock.elapsed() + random.between(1, 12));
      const wait = busyUntil - clock.elapsed();
      clock.in(undefined, wait, () => this.#sockets.has(token) && clock.within(this.#memory.life, run));
    };
    caller?.onEnd(() => {
      const isSilent = faults.has("messages") && random.unit() < BROKEN.silently;
      if (isSilent) history.add(`${this.#name} is not told that a leader is gone`);
      else arrive(() => this.#close(token, () => this.#flights.leave(token)));
    });
    return {
      onFollowed: (run) => (held.run = run),
      begin: () => arrive(() => this.#begin(held)),
      close: async () =>
        new Promise((resolve) => {
          arrive(() => {
            this.#close(token, () => this.#flights.finish(token));
            this.#send(held, resolve);
          });
        }),
    };
  }

  #begin(held: HeldSocket): void {
    held.begun = true;
    this.#flights.begin(held.token);
  }

  #close(token: number, end: () => void): void {
    this.#sockets.delete(token);
    end();
  }

  #tellLeader(token: number): void {
    const held = this.#sockets.get(token);
    if (!held) return;
    this.#ground.history.add(`${this.#name} is followed`);
    this.#send(held, () => held.run(token));
  }

  /** Sends a message to a leader. */
  #send(held: HeldSocket, run: () => void): void {
    const { clock, random } = this.#ground;
    held.busyUntil = Math.max(held.busyUntil, clock.elapsed() + random.between(1, 12));
    clock.in(held.caller, held.busyUntil - clock.elapsed(), run);
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
