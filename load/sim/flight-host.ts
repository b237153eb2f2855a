import { openFlightMemory, SharedFlights } from "../../src/domain/completions/shared-flights.ts";
import type { BoardedRole, FlightObject, LeaderSocket } from "../../src/services/completions/flights.ts";
import { type Ground, type Handled, type ObjectShare, ObjectSite } from "./object-site.ts";
import { type Place, rttMs } from "./places.ts";

/** A leader's socket: its place, and what it does once it is followed. */
interface Socket {
  from: Place;
  run: (token: number) => void;
}

/** A single-flight object: the flights themselves, behind its queue. */
export class FlightHost {
  readonly site: ObjectSite;
  readonly #ground: Ground;
  readonly #sockets = new Map<number, Socket>();
  #flights: SharedFlights;

  constructor(ground: Ground, name: string, place: Place, share: ObjectShare) {
    this.#ground = ground;
    this.site = new ObjectSite(ground, { className: "SingleFlight", name }, place, share);
    this.#flights = this.#start();
  }

  /** A reset breaks the sockets: followers join again. */
  evict(awayMs?: number): void {
    this.site.evict(awayMs);
    this.#sockets.clear();
    this.#flights = this.#start();
  }

  stub(from: Place): FlightObject {
    return {
      board: async ({ key, max_age_ms, lane }) =>
        this.site.call<BoardedRole>(from, () => {
          const boarded = this.#flights.board(key, max_age_ms, lane);
          if (boarded.role !== "leader") return handled(boarded);
          return handled({ role: "leader", socket: this.#openSocket(boarded.token, from) } as const);
        }),
      lead: async (_key, token, frames) =>
        this.site.call(from, async () => handled(await this.#flights.lead(token, frames))),
    };
  }

  #start(): SharedFlights {
    const { clock, random } = this.#ground;
    const { life } = this.site;
    return new SharedFlights({
      now: () => clock.now(),
      roll: random.unit(),
      memory: openFlightMemory(),
      after: (ms, run) => clock.in(life, ms, run),
      tellLeader: (token) => this.#tellLeader(token),
    });
  }

  /** Messages over the socket take the way and no turn in the queue: they wake a handler each. */
  #openSocket(token: number, from: Place): LeaderSocket {
    const { clock } = this.#ground;
    const socket: Socket = { from, run: () => undefined };
    this.#sockets.set(token, socket);
    const caller = clock.life();
    const arrive = (run: () => void) => clock.in(this.site.life, rttMs(from, this.site.place) / 2, run);
    return {
      onFollowed: (run) => (socket.run = (told) => clock.within(caller, () => run(told))),
      begin: () => void arrive(() => this.#flights.begin(token)),
      close: async () => {
        const { promise, resolve } = Promise.withResolvers<void>();
        const wayBack = rttMs(from, this.site.place) / 2;
        arrive(() => {
          this.#sockets.delete(token);
          this.#flights.finish(token);
          clock.in(caller, wayBack, resolve);
        });
        return promise;
      },
    };
  }

  #tellLeader(token: number): void {
    const socket = this.#sockets.get(token);
    if (!socket) return;
    this.#ground.clock.in(undefined, rttMs(socket.from, this.site.place) / 2, () => socket.run(token));
  }
}

function handled<T>(reply: T): Handled<T> {
  return { reply, rows: 0 };
}
