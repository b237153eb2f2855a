import type { Clock } from "../../lib/clock.ts";
import type { Lane } from "../lane.ts";
import type { FlightEnd, Follower, RemoteFlightRole } from "./flight.ts";
import { encodeLastFrame, watchFrames } from "./flight-frame.ts";
import { FlightMemory } from "./flight-memory.ts";
import { FlightRegistry, type KnownLeader } from "./flight-registry.ts";

/** What {@link SharedFlights} needs. */
export interface SharedFlightsDeps extends Clock {
  /** A random number in [0, 1), from which the tokens of this life count up. */
  roll: number;
  /** The memory that this object shares with others. */
  memory: FlightMemory;
  /** Calls `run` after `ms` milliseconds. Returns a function that stops it. */
  after(ms: number, run: () => void): () => void;
  /** Tells the leader with this token that somebody follows. */
  tellLeader(token: number): void;
}

const MIB = 1024 * 1024;
const LIMITS = { waiters: 2_000, bytes: 8 * MIB, all_bytes: 48 * MIB, lingerMs: 10_000 };
/**
 * Tokens count up from a random part of the safe integers, so that lives of an object share none.
 */
const EPOCH_SHARE = 0.5;
/** A leader that was told to lead and has not begun to within this time is gone, in ms. */
const LEAD_WITHIN_MS = 5_000;
/** No call takes longer: it is over the longest time-out that an execution may have. In ms. */
const LONGEST_MS = 330_000;

/** Memory for the bytes of flights, for all objects that share an isolate. */
export function openFlightMemory(): FlightMemory {
  return new FlightMemory(LIMITS.all_bytes);
}

/**
 * The flights of one object: its registry, and the streams that leaders send and followers get. A
 * leader sends nothing until it is told that somebody follows. One that breaks off, or does not
 * begin to lead then, loses its flight. While nobody follows there is no timer and no stream here,
 * so that the object can hibernate.
 */
export class SharedFlights {
  readonly #deps: SharedFlightsDeps;
  readonly #flights: FlightRegistry;
  /** The leaders that have not been told of a follower. */
  readonly #unfollowed = new Set<number>();
  /** The timers of leaders that were told to lead, by token: each is a function that stops one. */
  readonly #expected = new Map<number, () => void>();

  constructor(deps: SharedFlightsDeps) {
    this.#deps = deps;
    const epoch = Math.floor(deps.roll * Number.MAX_SAFE_INTEGER * EPOCH_SHARE);
    this.#flights = new FlightRegistry(LIMITS, epoch, deps.memory);
  }

  /** Joins a caller. A leader calls {@link lead} with its token once it is told to. */
  board(key: string, maxAgeMs: number, lane: Lane): RemoteFlightRole {
    const joined = this.#flights.join(key, lane, this.#deps.now(), maxAgeMs);
    if (joined.role === "leader") this.#unfollowed.add(joined.token);
    if (joined.role !== "follower") return joined;
    if (this.#unfollowed.delete(joined.leader)) {
      this.#expectLeader(joined.leader);
      this.#deps.tellLeader(joined.leader);
    }
    return { role: "follower", frames: streamOf(joined.follower) };
  }

  /** The same for a caller that cannot be told: as a leader it must call {@link lead} at once. */
  join(key: string, maxAgeMs: number, lane: Lane): RemoteFlightRole {
    const joined = this.board(key, maxAgeMs, lane);
    if (joined.role === "leader" && this.#unfollowed.delete(joined.token)) this.#expectLeader(joined.token);
    return joined;
  }

  /** Takes up the flight of a leader again that boarded in an earlier life of the object. */
  restore(leader: KnownLeader): void {
    this.#flights.restore(leader, this.#deps.now());
    this.#unfollowed.add(leader.token);
  }

  /** The answer of this leader has begun, so that callers in all lanes may follow it. */
  begin(token: number): void {
    this.#flights.begin(token);
  }

  /**
   * A leader has ended. If it was told to lead meanwhile, it hears of that before its socket is
   * closed, and still does.
   */
  finish(token: number): void {
    if (this.#unfollowed.delete(token)) this.#end(token, "ended");
  }

  /** A leader is gone. If it leads already, the end of its frames says how its flight ended. */
  leave(token: number): void {
    if (this.#unfollowed.delete(token) || this.#stopExpecting(token)) this.#end(token, "lost");
  }

  /**
   * Reads the leader's frames to their end. A leader that breaks off has lost its flight, and
   * another one leads.
   */
  async lead(token: number, frames: ReadableStream<Uint8Array>): Promise<void> {
    this.#stopExpecting(token);
    const reader = frames.getReader();
    const cancel = (reason?: string) => void reader.cancel(reason).catch(() => undefined);
    const stop = this.#deps.after(LONGEST_MS, () => cancel("the flight took too long"));
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
      // Nobody waits for what was not read: the leader writes on into nothing.
      cancel();
    }
  }

  #expectLeader(token: number): void {
    const late = () => {
      this.#expected.delete(token);
      this.#end(token, "lost");
    };
    this.#expected.set(token, this.#deps.after(LEAD_WITHIN_MS, late));
  }

  /** Whether this leader was told to lead and had not begun to. */
  #stopExpecting(token: number): boolean {
    this.#expected.get(token)?.();
    return this.#expected.delete(token);
  }

  #end(token: number, how: FlightEnd, lastFrame?: "alone"): void {
    const frame = how === "lost" ? "lost" : lastFrame;
    this.#flights.end(token, how, this.#deps.now(), frame && encodeLastFrame({ t: frame }));
  }
}

function streamOf(follower: Follower): ReadableStream<Uint8Array> {
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      const chunk = await follower.next();
      // A byte stream may take ownership of what it is given, and others read the same bytes.
      if (chunk) controller.enqueue(chunk.slice());
      else {
        controller.close();
        controller.byobRequest?.respond(0);
      }
    },
    cancel: () => follower.leave(),
  });
}
