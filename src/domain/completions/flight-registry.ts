import { countFrom, Flight, type FlightEnd, type FlightLimits, type FlightRole } from "./flight.ts";

/** The bounds of each flight, and of the bytes that all of them keep together. */
export interface FlightRegistryLimits extends FlightLimits {
  all_bytes: number;
}

/** The flights of many keys. A flight that is over is forgotten once its answer serves no one. */
export class FlightRegistry {
  readonly #limits: FlightRegistryLimits;
  readonly #flights = new Map<string, { flight: Flight; bytes: number }>();
  /** When the flights ended whose answers still serve; the earliest first. */
  readonly #endedAt = new Map<string, number>();
  // All flights share one count, so that the leader of a forgotten flight is never taken for that
  // of a later one.
  readonly #nextToken = countFrom(0);
  #bytes = 0;

  constructor(limits: FlightRegistryLimits) {
    this.#limits = limits;
  }

  /** Flights that are under way or still serve. */
  get size(): number {
    return this.#flights.size;
  }

  join(key: string, now: number, maxAgeMs: number): FlightRole {
    this.#sweep(now);
    const flight = this.#flights.get(key)?.flight ?? new Flight(this.#limits, this.#nextToken);
    const joined = flight.join(now, maxAgeMs);
    if (joined.role !== "leader") return joined;
    this.#forget(key);
    this.#flights.set(key, { flight, bytes: 0 });
    return joined;
  }

  append(key: string, token: number, bytes: Uint8Array): boolean {
    const entry = this.#flights.get(key);
    if (!entry?.flight.isLedBy(token)) return true;
    const isFull = this.#bytes + bytes.byteLength > this.#limits.all_bytes;
    if (isFull || !entry.flight.append(token, bytes)) return false;
    entry.bytes += bytes.byteLength;
    this.#bytes += bytes.byteLength;
    return true;
  }

  end(key: string, token: number, how: FlightEnd, now: number, last?: Uint8Array): void {
    const flight = this.#flights.get(key)?.flight;
    if (!flight?.isLedBy(token)) return;
    flight.end(token, how, now, last);
    if (how === "kept") this.#endedAt.set(key, now);
    else this.#forget(key);
  }

  #forget(key: string): void {
    this.#bytes -= this.#flights.get(key)?.bytes ?? 0;
    this.#flights.delete(key);
    this.#endedAt.delete(key);
  }

  #sweep(now: number): void {
    for (const [key, at] of this.#endedAt) {
      if (now - at <= this.#limits.lingerMs) return;
      this.#forget(key);
    }
  }
}
