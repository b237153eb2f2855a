/** Bounds of a flight. */
export interface FlightLimits {
  /** Callers that may wait at once. */
  waiters: number;
  /** Bytes of an answer that are kept for those who join late. */
  bytes: number;
  /** How long an answer that has landed serves those who join just after, milliseconds. */
  lingerMs: number;
}

/** A follower's place. */
export interface Seat {
  /** The next bytes, those that came before it joined first; null at the end. */
  next(): Promise<Uint8Array | null>;
  leave(): void;
}

/** What a caller that joins is told. An `alone` one is not served by this flight and makes its own call. */
export type Boarding = { role: "leader"; token: number } | { role: "follower"; seat: Seat } | { role: "alone" };

/** How a flight ended: with an answer that those who join just after may have too, with one (or an error) for those who wait now alone, or with nothing, so that another must lead. */
export type Landing = "kept" | "ended" | "lost";

/** The same as it is told across isolates: a follower gets a stream of the leader's bytes. */
export type Joined = Exclude<Boarding, { role: "follower" }> | { role: "follower"; frames: ReadableStream<Uint8Array> };

/**
 * One call shared by all who ask the same at once: the first leads, the others follow its bytes. State only: it knows no clock, no network and no format.
 * A leader's token tells its flight from later ones; what comes with an old token is dropped.
 */
export interface Flight {
  /** `maxAgeMs`: how old a landed answer may be for this caller. */
  join(now: number, maxAgeMs: number): Boarding;
  /** Takes the leader's next bytes; whether there was room for them. */
  append(token: number, bytes: Uint8Array): boolean;
  /** Ends the flight. `last` are bytes for the followers before their end. */
  land(token: number, landing: Landing, now: number, last?: Uint8Array): void;
  /** Whether this token still leads. */
  isLedBy(token: number): boolean;
  /** Callers that wait now. */
  waiting(): number;
}

/** Numbers in their order, each once. */
export function countFrom(last: number): () => number {
  let count = last;
  return () => (count += 1);
}

/** One take-off: the bytes so far and those who wait for more. */
interface Trip {
  chunks: Uint8Array[];
  bytes: number;
  ended: boolean;
  wake: Set<() => void>;
}

/** An empty flight; `nextToken` numbers its leaders. */
export function createFlight(limits: FlightLimits, nextToken: () => number = countFrom(0)): Flight {
  let token = 0;
  let trip: Trip | null = null;
  let landedAt: number | null = null;
  let waiters = 0;

  function seatIn(on: Trip): Seat {
    let at = 0;
    let left = false;
    let wake: (() => void) | null = null;
    waiters++;
    const leave = () => {
      if (left) return;
      left = true;
      waiters--;
      if (wake) on.wake.delete(wake);
      wake?.();
    };
    return {
      async next() {
        for (;;) {
          if (left) return null;
          const chunk = on.chunks[at];
          if (chunk) {
            at++;
            return chunk;
          }
          if (on.ended) leave();
          else {
            await new Promise<void>((resolve) => {
              wake = resolve;
              on.wake.add(resolve);
            });
          }
        }
      },
      leave,
    };
  }

  function rouse(on: Trip): void {
    const woken = [...on.wake];
    on.wake.clear();
    for (const wake of woken) wake();
  }

  const isLedBy = (by: number) => by === token && trip !== null && !trip.ended;

  return {
    isLedBy,
    waiting: () => waiters,
    join(now, maxAgeMs) {
      const stale = landedAt !== null && now - landedAt > Math.min(limits.lingerMs, maxAgeMs);
      if (trip === null || stale) {
        trip = { chunks: [], bytes: 0, ended: false, wake: new Set() };
        landedAt = null;
        return { role: "leader", token: (token = nextToken()) };
      }
      if (waiters >= limits.waiters) return { role: "alone" };
      return { role: "follower", seat: seatIn(trip) };
    },
    append(by, bytes) {
      if (!isLedBy(by) || !trip) return true;
      if (trip.bytes + bytes.byteLength > limits.bytes) return false;
      trip.chunks.push(bytes);
      trip.bytes += bytes.byteLength;
      rouse(trip);
      return true;
    },
    land(by, landing, now, last) {
      if (!isLedBy(by) || !trip) return;
      const ending = trip;
      if (last) ending.chunks.push(last);
      ending.ended = true;
      if (landing === "kept") landedAt = now;
      else trip = null;
      rouse(ending);
    },
  };
}
