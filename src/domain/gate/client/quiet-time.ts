import type { Lane } from "../../lane.ts";

/** A pace that was told so long ago is not kept any more, ms: the object may have little to do. */
const BELIEVED_MS = 5_000;
/** The part of the pace that callers of the high lane wait for at most. */
const HIGH_PART = 1 / 4;

/**
 * The time after a message in which a holder gathers what it has to ask and to tell, as its gate's
 * answers say. Times are epoch ms.
 */
export class QuietTime {
  #paceMs = 0;
  #toldAt = -Infinity;
  #spokeAt = -Infinity;

  /** Takes what an answer says; one without a pace ends it. */
  learn(paceMs: number | undefined, now: number): void {
    this.#paceMs = paceMs ?? 0;
    this.#toldAt = now;
  }

  noteMessage(now: number): void {
    this.#spokeAt = now;
  }

  /** Until when a lane's callers, or news that can wait, are not for a message of their own. */
  until(now: number, lane?: Lane): number {
    if (now - this.#toldAt > BELIEVED_MS) return -Infinity;
    return this.#spokeAt + this.#paceMs * (lane === "high" ? HIGH_PART : 1);
  }
}
