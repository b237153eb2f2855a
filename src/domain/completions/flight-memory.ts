/** A flight that keeps bytes. */
export interface FlightBytes {
  bytes: number;
  /** Lets go of the flight and its bytes. */
  forget(): void;
}

/** No flight takes longer, so one that is older lost its object, in ms. */
const LONGEST_FLIGHT_MS = 360_000;

/**
 * The bytes that flights keep, in whichever object: the objects of an isolate share its memory. A
 * flight that no longer serves is let go of when a caller joins any of them, because an object that
 * nobody calls does nothing itself.
 */
export class FlightMemory {
  readonly #limit: number;
  /** When each flight is over at the latest, the earliest first. */
  readonly #running = new Map<FlightBytes, number>();
  /** Until when each flight that has ended serves, the earliest first. */
  readonly #finished = new Map<FlightBytes, number>();
  #bytes = 0;

  /** `limit` is the most bytes that all flights keep together. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** A flight begins. */
  add(flight: FlightBytes, now: number): void {
    this.#running.set(flight, now + LONGEST_FLIGHT_MS);
  }

  /** Whether a running flight may keep this number of further bytes, which then count. */
  take(flight: FlightBytes, bytes: number): boolean {
    if (!this.#running.has(flight) || this.#bytes + bytes > this.#limit) return false;
    flight.bytes += bytes;
    this.#bytes += bytes;
    return true;
  }

  /** A flight has ended, and serves until then. */
  finish(flight: FlightBytes, until: number): void {
    if (this.#running.delete(flight)) this.#finished.set(flight, until);
  }

  /** A flight was forgotten. */
  remove(flight: FlightBytes): void {
    if (this.#running.delete(flight) || this.#finished.delete(flight)) this.#bytes -= flight.bytes;
  }

  /** Forgets the flights that are over. */
  sweep(now: number): void {
    for (const flights of [this.#running, this.#finished]) {
      for (const [flight, until] of flights) {
        if (now <= until) break;
        flight.forget();
      }
    }
  }
}
