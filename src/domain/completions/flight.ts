/** The bounds of a flight. */
export interface FlightLimits {
  /** The most callers that may wait at a time. */
  waiters: number;
  /** The most bytes of an answer that are kept for late followers. */
  bytes: number;
  /** How long a finished answer serves callers that come just after it, in ms. */
  lingerMs: number;
}

/**
 * What a caller becomes when it joins. A follower is told its leader's token. One that is `alone`
 * makes its own call, outside the flight.
 */
export type FlightRole =
  { role: "leader"; token: number } | { role: "follower"; follower: Follower; leader: number } | { role: "alone" };

/** The same across isolates: a follower gets a stream of the leader's bytes. */
export type RemoteFlightRole =
  Exclude<FlightRole, { role: "follower" }> | { role: "follower"; frames: ReadableStream<Uint8Array> };

/**
 * How a flight ends. `kept`: with an answer that callers who come just after may have, too.
 * `ended`: with an answer or error for the current followers only. `lost`: with nothing, so that
 * another caller must lead.
 */
export type FlightEnd = "kept" | "ended" | "lost";

/** Counts upward from a number: each call gives the next one. */
export function countFrom(last: number): () => number {
  let count = last;
  return () => (count += 1);
}

/** The bytes of one leader so far, and the followers that wait for more. */
interface Broadcast {
  chunks: Uint8Array[];
  bytes: number;
  /** Whether the answer has begun, even if none of its bytes are here. */
  begun: boolean;
  ended: boolean;
  waiting: Set<() => void>;
}

/** A caller that follows a flight: it reads the leader's bytes from their beginning. */
export class Follower {
  readonly #broadcast: Broadcast;
  readonly #onLeave: () => void;
  #position = 0;
  #hasLeft = false;
  #wake: (() => void) | null = null;

  constructor(broadcast: Broadcast, onLeave: () => void) {
    this.#broadcast = broadcast;
    this.#onLeave = onLeave;
  }

  /** The next bytes, those from before it joined first; null at the end. */
  async next(): Promise<Uint8Array | null> {
    while (!this.#hasLeft) {
      const chunk = this.#broadcast.chunks[this.#position];
      if (chunk) {
        this.#position += 1;
        return chunk;
      }
      if (this.#broadcast.ended) this.leave();
      else await this.#more();
    }
    return null;
  }

  leave(): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.#onLeave();
    if (this.#wake) this.#broadcast.waiting.delete(this.#wake);
    this.#wake?.();
  }

  async #more(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#broadcast.waiting.add(resolve);
    });
  }
}

/**
 * One call shared by all callers that ask the same at once: the first leads, the others follow its
 * bytes. State only: it knows no clock, no network and no format. A leader's token tells its
 * broadcast from later ones; whatever comes with an old token is dropped.
 */
export class Flight {
  readonly #limits: FlightLimits;
  readonly #nextToken: () => number;
  #token = 0;
  #broadcast: Broadcast | null = null;
  #endedAt: number | null = null;
  #followers = 0;

  /** `nextToken` numbers the leaders; several flights may share one. */
  constructor(limits: FlightLimits, nextToken: () => number = countFrom(0)) {
    this.#limits = limits;
    this.#nextToken = nextToken;
  }

  /** Callers that wait now. */
  get followers(): number {
    return this.#followers;
  }

  /** Whether this token still leads. */
  isLedBy(token: number): boolean {
    return token === this.#token && this.#broadcast !== null && !this.#broadcast.ended;
  }

  /** Whether the answer has begun, or has just come. */
  hasBegun(): boolean {
    return this.#broadcast !== null && (this.#broadcast.begun || this.#broadcast.ended);
  }

  /** The leader's answer begins. */
  begin(token: number): void {
    if (this.isLedBy(token) && this.#broadcast) this.#broadcast.begun = true;
  }

  /** Takes up a flight again whose leader got this token earlier. */
  restore(token: number): void {
    this.#broadcast = { chunks: [], bytes: 0, begun: false, ended: false, waiting: new Set() };
    this.#endedAt = null;
    this.#token = token;
  }

  /** Joins a caller; `maxAgeMs` is how old a finished answer may be for it. */
  join(now: number, maxAgeMs: number): FlightRole {
    const isStale = this.#endedAt !== null && now - this.#endedAt > Math.min(this.#limits.lingerMs, maxAgeMs);
    const broadcast = isStale ? null : this.#broadcast;
    if (broadcast === null) {
      this.restore(this.#nextToken());
      return { role: "leader", token: this.#token };
    }
    if (this.#followers >= this.#limits.waiters) return { role: "alone" };
    this.#followers += 1;
    const follower = new Follower(broadcast, () => (this.#followers -= 1));
    return { role: "follower", follower, leader: this.#token };
  }

  /** Takes the leader's next bytes; false where there is no room for them. */
  append(token: number, bytes: Uint8Array): boolean {
    if (!this.isLedBy(token) || !this.#broadcast) return true;
    if (this.#broadcast.bytes + bytes.byteLength > this.#limits.bytes) return false;
    this.#broadcast.chunks.push(bytes);
    this.#broadcast.bytes += bytes.byteLength;
    this.#broadcast.begun = true;
    wakeAll(this.#broadcast);
    return true;
  }

  /** Ends the flight. `last` are bytes for the followers before their end. */
  end(token: number, how: FlightEnd, now: number, last?: Uint8Array): void {
    const ending = this.#broadcast;
    if (!this.isLedBy(token) || !ending) return;
    if (last) ending.chunks.push(last);
    ending.ended = true;
    if (how === "kept") this.#endedAt = now;
    else this.#broadcast = null;
    wakeAll(ending);
  }
}

function wakeAll({ waiting }: Broadcast): void {
  const woken = [...waiting];
  waiting.clear();
  for (const wake of woken) wake();
}
