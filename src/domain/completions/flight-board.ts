import { type Boarding, countFrom, createFlight, type Flight, type FlightLimits, type Landing } from "./flight.ts";

/** Bounds of a board's flights, and the bytes that it keeps of all of them together. */
export interface BoardLimits extends FlightLimits {
  all_bytes: number;
}

/** The flights of many keys. What is said of one is said with its key; those that are over are forgotten. */
export interface FlightBoard {
  join(key: string, now: number, maxAgeMs: number): Boarding;
  append(key: string, token: number, bytes: Uint8Array): boolean;
  land(key: string, token: number, landing: Landing, now: number, last?: Uint8Array): void;
  /** Flights that it knows. */
  size(): number;
}

/** An empty board. */
export function createFlightBoard(limits: BoardLimits): FlightBoard {
  const flights = new Map<string, { flight: Flight; bytes: number }>();
  /** When those landed whose answers serve some time longer, the first first. */
  const landed = new Map<string, number>();
  // One count for all: a leader whose flight was forgotten must not be taken for that of a later one.
  const nextToken = countFrom(0);
  let bytesOfAll = 0;

  function forget(key: string): void {
    bytesOfAll -= flights.get(key)?.bytes ?? 0;
    flights.delete(key);
    landed.delete(key);
  }

  function sweep(now: number): void {
    for (const [key, at] of landed) {
      if (now - at <= limits.lingerMs) return;
      forget(key);
    }
  }

  return {
    join(key, now, maxAgeMs) {
      sweep(now);
      const known = flights.get(key)?.flight;
      const flight = known ?? createFlight(limits, nextToken);
      const boarding = flight.join(now, maxAgeMs);
      if (boarding.role !== "leader") return boarding;
      forget(key);
      flights.set(key, { flight, bytes: 0 });
      return boarding;
    },
    append(key, token, bytes) {
      const entry = flights.get(key);
      if (!entry?.flight.isLedBy(token)) return true;
      if (bytesOfAll + bytes.byteLength > limits.all_bytes || !entry.flight.append(token, bytes)) return false;
      entry.bytes += bytes.byteLength;
      bytesOfAll += bytes.byteLength;
      return true;
    },
    land(key, token, landing, now, last) {
      const flight = flights.get(key)?.flight;
      if (!flight?.isLedBy(token)) return;
      flight.land(token, landing, now, last);
      if (landing === "kept") landed.set(key, now);
      else forget(key);
    },
    size: () => flights.size,
  };
}
