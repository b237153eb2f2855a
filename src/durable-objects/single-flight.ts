import { DurableObject } from "cloudflare:workers";
import type { Joined, Landing, Seat } from "../domain/completions/flight.ts";
import { createFlightBoard } from "../domain/completions/flight-board.ts";
import { encodeLastFrame, watchFrames } from "../domain/completions/flight-frame.ts";

const MIB = 1024 * 1024;
const LIMITS = { waiters: 2_000, bytes: 8 * MIB, all_bytes: 48 * MIB, lingerMs: 10_000 };
/** A leader that has not begun to lead within this time is gone, milliseconds. */
const TAKE_OFF_MS = 5_000;
/** No call takes longer than this: over the longest time-out that an execution may have. Milliseconds. */
const LONGEST_MS = 330_000;

/**
 * One call for all who ask the same at once, in whichever isolate or data centre: the bytes of the first are handed to the others as they come.
 * It makes no call itself and keeps nothing: where it is evicted, its followers are told to board anew. One object has the flights of many keys, since
 * an object that is new costs far more than a call to one that is there.
 */
export class SingleFlight extends DurableObject<Env> {
  readonly #board = createFlightBoard(LIMITS);
  /** Leaders that have not begun yet. */
  readonly #awaited = new Map<number, ReturnType<typeof setTimeout>>();

  /** Answers, and does nothing else. */
  ping(): "ok" {
    return "ok";
  }

  /** Boards a caller. A leader has to call {@link lead} with its token at once. */
  join(key: string, maxAgeMs: number): Joined {
    const boarding = this.#board.join(key, Date.now(), maxAgeMs);
    if (boarding.role === "leader") this.#expect(key, boarding.token);
    return boarding.role === "follower" ? { role: "follower", frames: streamOf(boarding.seat) } : boarding;
  }

  /** Takes the leader's frames to their end. Its breaking off is the leader's loss, and another leads. */
  async lead(key: string, token: number, frames: ReadableStream<Uint8Array>): Promise<void> {
    clearTimeout(this.#awaited.get(token));
    this.#awaited.delete(token);
    const reader = frames.getReader();
    const overdue = setTimeout(() => void reader.cancel("the flight took too long"), LONGEST_MS);
    const watch = watchFrames();
    try {
      for (let next = await reader.read(); !next.done; next = await reader.read()) {
        if (!this.#board.append(key, token, next.value)) return this.#land(key, token, "ended", "alone");
        watch.see(next.value);
      }
      const last = watch.last();
      const landed = last.t === "answer" || last.t === "error";
      this.#land(key, token, landed ? (last.t === "answer" && last.keep ? "kept" : "ended") : "lost");
    } catch {
      this.#land(key, token, "lost");
    } finally {
      clearTimeout(overdue);
      // What was not read is not waited for: the leader writes on into nothing.
      void reader.cancel().catch(() => undefined);
    }
  }

  #expect(key: string, token: number): void {
    const late = () => {
      this.#awaited.delete(token);
      this.#land(key, token, "lost");
    };
    this.#awaited.set(token, setTimeout(late, TAKE_OFF_MS));
  }

  #land(key: string, token: number, landing: Landing, said?: "alone"): void {
    const word = landing === "lost" ? "lost" : said;
    this.#board.land(key, token, landing, Date.now(), word && encodeLastFrame({ t: word }));
  }
}

function streamOf(seat: Seat): ReadableStream<Uint8Array> {
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      const chunk = await seat.next();
      // A byte stream may take ownership of what it is given, and others read the same bytes.
      if (chunk) controller.enqueue(chunk.slice());
      else {
        controller.close();
        controller.byobRequest?.respond(0);
      }
    },
    cancel: () => seat.leave(),
  });
}
