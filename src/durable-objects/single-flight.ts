import { DurableObject } from "cloudflare:workers";
import type { FlightEnd, Follower, RemoteFlightRole } from "../domain/completions/flight.ts";
import { encodeLastFrame, watchFrames } from "../domain/completions/flight-frame.ts";
import { FlightMemory } from "../domain/completions/flight-memory.ts";
import { FlightRegistry } from "../domain/completions/flight-registry.ts";
import type { Lane } from "../domain/lane.ts";

const MIB = 1024 * 1024;
const LIMITS = { waiters: 2_000, bytes: 8 * MIB, all_bytes: 48 * MIB, lingerMs: 10_000 };
/** Objects in one isolate share its memory, and so these bytes. */
const MEMORY = new FlightMemory(LIMITS.all_bytes);
/**
 * Tokens count up from a random part of the safe integers, so that lives of an object share none.
 */
const EPOCH_SHARE = 0.5;
/** A leader that has not begun to lead within this time is gone, in ms. */
const LEAD_WITHIN_MS = 5_000;
/** No call takes longer: it is over the longest time-out that an execution may have. In ms. */
const LONGEST_MS = 330_000;

/**
 * One call for all callers that ask the same at once, in whatever isolate or data centre: the bytes
 * of the first go to the others as they come. The object makes no call itself and stores nothing;
 * where it is evicted, its followers are told to join again. One object has the flights of many
 * keys, because a new object costs far more than a call to one that exists.
 */
export class SingleFlight extends DurableObject<Env> {
  readonly #flights = new FlightRegistry(
    LIMITS,
    Math.floor(Math.random() * Number.MAX_SAFE_INTEGER * EPOCH_SHARE),
    MEMORY,
  );
  /** Timers of leaders that have not begun yet, by token. */
  readonly #expected = new Map<number, ReturnType<typeof setTimeout>>();

  /** Answers, and does nothing else. */
  ping(): "ok" {
    return "ok";
  }

  /** Joins a caller. A leader must call {@link lead} with its token at once. */
  join(key: string, maxAgeMs: number, lane: Lane = "standard"): RemoteFlightRole {
    const joined = this.#flights.join(key, lane, Date.now(), maxAgeMs);
    if (joined.role === "leader") this.#expectLeader(joined.token);
    return joined.role === "follower" ? { role: "follower", frames: streamOf(joined.follower) } : joined;
  }

  /**
   * Reads the leader's frames to their end. A leader that breaks off has lost its flight, and
   * another one leads.
   */
  async lead(_key: string, token: number, frames: ReadableStream<Uint8Array>): Promise<void> {
    clearTimeout(this.#expected.get(token));
    this.#expected.delete(token);
    const reader = frames.getReader();
    const overdue = setTimeout(() => void reader.cancel("the flight took too long"), LONGEST_MS);
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
      clearTimeout(overdue);
      // Nobody waits for what was not read: the leader writes on into nothing.
      void reader.cancel().catch(() => undefined);
    }
  }

  #expectLeader(token: number): void {
    const late = () => {
      this.#expected.delete(token);
      this.#end(token, "lost");
    };
    this.#expected.set(token, setTimeout(late, LEAD_WITHIN_MS));
  }

  #end(token: number, how: FlightEnd, lastFrame?: "alone"): void {
    const frame = how === "lost" ? "lost" : lastFrame;
    this.#flights.end(token, how, Date.now(), frame && encodeLastFrame({ t: frame }));
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
