/** What an object's thread needs for a request, ms, and beside that for one that writes. */
export interface WorkTimes {
  request_ms: number;
  write_ms: number;
}

/**
 * About 1,000 requests a second, or 350 that write: Cloudflare's soft limit of an object, and the
 * middle of what its rules of Durable Objects say. An object's clock stands still while its code
 * runs, so it cannot measure them.
 */
export const OBJECT_TIMES: WorkTimes = { request_ms: 1, write_ms: 1.86 };

/** The share of its time that an object may be busy with those who keep to its pace. */
const TARGET = 0.5;
/** The longest pace, ms: what isolates know of an object is never older because of it. */
export const LONGEST_PACE_MS = 30_000;
/** The half-life of what was counted, ms. */
const HALF_LIFE_MS = 1_000;
/** The weight of the newest request in the mean. */
const MEMORY = 0.02;
/** An asker that is silent for this long asks little, or has gone, ms; or for twice its pace. */
const GONE_AFTER_MS = 10_000;
const GONE_AFTER_PACES = 2;
/** The golden section: its multiples are spread evenly, however many there are. */
const GOLDEN = 0.618_033_988_749_895;
/** A pace is up to this share shorter or longer, so that those that came together part. */
const SPREAD = 0.5;
/** How often those that have gone are looked for, ms. */
const LOOK_EVERY_MS = 1_000;

/**
 * How often an object can be asked by each of those that ask it: it counts them and its work, and
 * says how long each should wait between two questions, so that it has half of its time left for
 * those that cannot wait. Times are Unix ms.
 */
export class Pace {
  /** When each asker was heard of last, and for how long it may be silent. */
  readonly #askers = new Map<string, { at: number; silent_ms: number }>();
  #meanMs = 0;
  /** Share of its time that the object was busy; decays with {@link HALF_LIFE_MS}. */
  #busy = 0;
  #countedAt = 0;
  #lookedAt = 0;
  #turn = 0;

  /** Those that asked lately. */
  get askers(): number {
    return this.#askers.size;
  }

  /** Counts a request, which kept the object's thread for `ms`. */
  count(asker: string, ms: number, now: number): void {
    this.#meanMs = this.#meanMs === 0 ? ms : this.#meanMs + MEMORY * (ms - this.#meanMs);
    this.#busy = this.busy(now) + (ms * Math.LN2) / HALF_LIFE_MS;
    this.#countedAt = now;
    this.#turn = (this.#turn + GOLDEN) % 1;
    this.#askers.set(asker, { at: now, silent_ms: Math.max(GONE_AFTER_MS, GONE_AFTER_PACES * this.#middleMs(now)) });
    // A clock may be set back: then nobody was heard of in times that are to come.
    if (Math.abs(now - this.#lookedAt) < LOOK_EVERY_MS) return;
    this.#lookedAt = now;
    for (const [each, { at, silent_ms }] of this.#askers) {
      if (Math.abs(now - at) > silent_ms) this.#askers.delete(each);
    }
  }

  /** The share of its time that the object was busy of late. */
  busy(now: number): number {
    return this.#busy * 0.5 ** (Math.max(0, now - this.#countedAt) / HALF_LIFE_MS);
  }

  /**
   * How long the asker that was counted last should wait until it asks again, ms. An object with more
   * work than it should have does not see all of those that ask it, and says up to twice as much.
   */
  ms(now: number): number {
    return Math.round(this.#middleMs(now) * (1 + SPREAD * (2 * this.#turn - 1)));
  }

  #middleMs(now: number): number {
    const all = (this.askers * this.#meanMs) / TARGET;
    const more = Math.min(2, Math.max(1, this.busy(now) / TARGET));
    return Math.min(LONGEST_PACE_MS / (1 + SPREAD), all * more);
  }
}
