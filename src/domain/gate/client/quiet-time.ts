import type { Lane } from "../../lane.ts";

/** A pace that was told so long ago is not kept any more, ms: the object may have little to do. */
const BELIEVED_MS = 5_000;
/** The part of the pace that callers of the high lane wait for at most. */
export const HIGH_PART = 1 / 4;

/**
 * The time after a message in which a holder gathers what it has to ask and to tell, as its gate's
 * answers say. Messages that go meanwhile, for those that cannot wait, do not begin it anew: the
 * others would never have their turn. Times are epoch ms.
 */
export class QuietTime {
  #paceMs = 0;
  #toldAt = -Infinity;
  #beganAt = -Infinity;
  /** When callers of the high lane were asked for. */
  #highAt = -Infinity;

  /** Takes what an answer says; one without a pace ends it. */
  learn(paceMs: number | undefined, now: number): void {
    this.#paceMs = paceMs ?? 0;
    this.#toldAt = now;
  }

  /** Notes a message; one of a lane asks for callers of it who can wait. */
  noteMessage(now: number, lane?: Lane): void {
    if (now >= this.until(now)) this.#beganAt = now;
    this.#highAt = lane === "high" ? now : Math.min(this.#highAt, now);
  }

  /** Until when a lane's callers, or news that can wait, are not for a message of their own. */
  until(now: number, lane?: Lane): number {
    // A clock may be set back, too.
    if (Math.abs(now - this.#toldAt) > BELIEVED_MS) return -Infinity;
    if (lane !== "high") return this.#beganAt + this.#paceMs;
    return Math.max(this.#beganAt, this.#highAt) + this.#paceMs * HIGH_PART;
  }
}
