import { countFrom, Flight, type FlightEnd, type FlightLimits, type FlightRole } from "./flight.ts";
import { FlightMemory, type FlightBytes } from "./flight-memory.ts";
import { type Lane, LANES } from "../lane.ts";

/** The bounds of each flight, and of the bytes that all of them keep together. */
export interface FlightRegistryLimits extends FlightLimits {
  all_bytes: number;
}

/** A leader as it is known beyond the registry's life. */
export interface KnownLeader {
  key: string;
  lane: Lane;
  token: number;
  /** Whether its answer has begun. */
  begun: boolean;
}

/** A flight of one key, led in one lane. */
interface Entry extends FlightBytes {
  key: string;
  lane: Lane;
  flight: Flight;
}

/**
 * The flights of many keys. A caller never waits behind a leader of a less urgent lane: until that
 * leader's answer has begun, the first caller of a more urgent lane leads a flight of its own, so a
 * key has at most one flight a lane. A flight that is over is forgotten once its answer serves no
 * one.
 */
export class FlightRegistry {
  readonly #limits: FlightRegistryLimits;
  readonly #entries = new Map<string, Entry>();
  readonly #memory: FlightMemory;
  readonly #byToken = new Map<number, string>();
  // All flights share one count, so that the leader of a forgotten flight is never taken for that
  // of a later one.
  readonly #nextToken: () => number;

  /**
   * `epoch` is where the count of tokens starts: a random number, so that a leader of this object's
   * earlier life is never taken for one of this life. Registries may share a `memory`.
   */
  constructor(limits: FlightRegistryLimits, epoch: number, memory = new FlightMemory(limits.all_bytes)) {
    this.#limits = limits;
    this.#memory = memory;
    this.#nextToken = countFrom(epoch);
  }

  /** Flights that are under way or still serve. */
  get size(): number {
    return this.#entries.size;
  }

  join(key: string, lane: Lane, now: number, maxAgeMs: number): FlightRole {
    this.#memory.sweep(now);
    const known = this.#worthJoining(key, lane);
    const flight = known?.flight ?? new Flight(this.#limits, this.#nextToken);
    const joined = flight.join(now, maxAgeMs);
    if (joined.role !== "leader") return joined;
    known?.forget();
    this.#add(key, lane, flight, joined.token, now);
    return joined;
  }

  /** Takes up the flight of a leader again that joined in an earlier life. */
  restore({ key, lane, token, begun }: KnownLeader, now: number): void {
    const flight = new Flight(this.#limits, this.#nextToken);
    flight.restore(token);
    if (begun) flight.begin(token);
    this.#add(key, lane, flight, token, now);
  }

  /** The answer of this leader has begun. */
  begin(token: number): void {
    this.#ledBy(token)?.flight.begin(token);
  }

  append(token: number, bytes: Uint8Array): boolean {
    const entry = this.#ledBy(token);
    if (!entry) return true;
    return this.#memory.take(entry, bytes.byteLength) && entry.flight.append(token, bytes);
  }

  end(token: number, how: FlightEnd, now: number, last?: Uint8Array): void {
    const entry = this.#ledBy(token);
    if (!entry) return;
    entry.flight.end(token, how, now, last);
    this.#byToken.delete(token);
    if (how === "kept") this.#memory.finish(entry, now + this.#limits.lingerMs);
    else entry.forget();
  }

  #add(key: string, lane: Lane, flight: Flight, token: number, now: number): void {
    const name = nameOf(key, lane);
    this.#entries.get(name)?.forget();
    const entry: Entry = { key, lane, flight, bytes: 0, forget: () => this.#forget(entry) };
    this.#entries.set(name, entry);
    this.#memory.add(entry, now);
    this.#byToken.set(token, name);
  }

  /**
   * A flight of this key in the caller's lane or a more urgent one, or any that has begun to
   * answer.
   */
  #worthJoining(key: string, lane: Lane): Entry | undefined {
    const entries = LANES.flatMap((each) => this.#entries.get(nameOf(key, each)) ?? []);
    const urgency = LANES.indexOf(lane);
    return entries.find((entry) => LANES.indexOf(entry.lane) <= urgency || entry.flight.hasBegun());
  }

  #ledBy(token: number): Entry | undefined {
    const entry = this.#entries.get(this.#byToken.get(token) ?? "");
    return entry?.flight.isLedBy(token) ? entry : undefined;
  }

  #forget(entry: Entry): void {
    const name = nameOf(entry.key, entry.lane);
    if (this.#entries.get(name) === entry) this.#entries.delete(name);
    this.#memory.remove(entry);
  }
}

function nameOf(key: string, lane: Lane): string {
  return `${lane}/${key}`;
}
