import { DurableObject } from "cloudflare:workers";
import type { RemoteFlightRole } from "../domain/completions/flight.ts";
import { openFlightMemory, SharedFlights } from "../domain/completions/shared-flights.ts";
import type { Lane } from "../domain/lane.ts";

/** Objects in one isolate share its memory, and so the bytes of their flights. */
const MEMORY = openFlightMemory();

/**
 * One call for all callers that ask the same at once, in whatever isolate or data centre: the bytes
 * of the first go to the others as they come. The object makes no call itself and stores nothing;
 * where it is evicted, its followers are told to join again. One object has the flights of many
 * keys, because a new object costs far more than a call to one that exists.
 */
export class SingleFlight extends DurableObject<Env> {
  readonly #flights = new SharedFlights({
    now: () => Date.now(),
    roll: Math.random(),
    memory: MEMORY,
    after: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
  });

  /** Answers, and does nothing else. */
  ping(): "ok" {
    return "ok";
  }

  /** Joins a caller. A leader must call {@link lead} with its token at once. */
  join(key: string, maxAgeMs: number, lane: Lane = "standard"): RemoteFlightRole {
    return this.#flights.join(key, maxAgeMs, lane);
  }

  /** Reads the leader's frames to their end, and passes them to the followers. */
  async lead(_key: string, token: number, frames: ReadableStream<Uint8Array>): Promise<void> {
    await this.#flights.lead(token, frames);
  }
}
