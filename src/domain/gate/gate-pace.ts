import { Pace, type WorkTimes } from "../pace.ts";

/** Up to this share of its time an object sets no pace: questions are answered at once anyway. */
const IDLE = 0.35;
/** From this share on its pace is whole. */
const BUSY = 0.6;
/** The longest pace, ms: permits live for seconds, and callers may wait for the next question. */
const LONGEST_MS = 1_000;

/**
 * How long each holder should gather what it has to tell and to ask, so that a busy gate or branch
 * is asked as often as it can answer. One that is not busy sets none. Times are epoch ms.
 */
export class GatePace {
  readonly #pace = new Pace();
  readonly #work: WorkTimes;
  #asker: string | null = null;

  /** `work` is what messages take of the object's thread. */
  constructor(work: WorkTimes) {
    this.#work = work;
  }

  /** A message of a holder came. */
  begin(holder: string): void {
    this.#asker = holder;
  }

  /** It was handled, with or without a write. Does nothing where none came. */
  end(wrote: boolean, now: number): void {
    const { request_ms, write_ms } = this.#work;
    if (this.#asker !== null) this.#pace.count(this.#asker, request_ms + (wrote ? write_ms : 0), now);
    this.#asker = null;
  }

  /** The pace now, ms; 0 while the object is not busy. */
  ms(now: number): number {
    const share = Math.max(0, Math.min(1, (this.#pace.busy(now) - IDLE) / (BUSY - IDLE)));
    return Math.round(Math.min(LONGEST_MS, share * this.#pace.ms(now)));
  }

  /** What a reply says of it. */
  told(now: number): { pace_ms?: number } {
    const pace_ms = this.ms(now);
    return pace_ms > 0 ? { pace_ms } : {};
  }
}
