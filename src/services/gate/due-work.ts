import type { AuthorityDeps } from "./ask-authority.ts";

/** A timer that is this late, in ms, died with the request that set it. */
const LATE_MS = 150;
/**
 * The platform ends what a request deferred 30 s after its response, whatever its timers wait for.
 * So a request takes a timer over that belongs to one that came this much earlier, in ms.
 */
const OWNED_MS = 5_000;

/** Work that an isolate owes an authority at some time, unless a question does it before. */
interface DueWorkPlan {
  /** When the work is due, in epoch ms; null where there is nothing to do. */
  dueAt(now: number): number | null;
  run(): Promise<void>;
}

/** A timer, and since when the request lives that it belongs to, as far as known; in epoch ms. */
interface Timer {
  rings_at: number;
  since: number;
}

/** Does work when it is due, on a timer of whichever request planned it. One timer counts at a time. */
export class DueWork {
  readonly #deps: Pick<AuthorityDeps, "now" | "sleep" | "defer">;
  readonly #work: DueWorkPlan;
  #timer: Timer | null = null;
  /** While work is done: the time of its timer's request. */
  #doneSince: number | null = null;

  constructor(deps: Pick<AuthorityDeps, "now" | "sleep" | "defer">, work: DueWorkPlan) {
    this.#deps = deps;
    this.#work = work;
  }

  /** Plans the work for when it is due, unless a living timer of a request as new comes as early. */
  plan(): void {
    const now = this.#deps.now();
    const due = this.#work.dueAt(now);
    if (due === null) return;
    const since = this.#doneSince ?? now;
    const timer = this.#timer;
    const isLiving = timer !== null && timer.rings_at > now - LATE_MS && since - timer.since < OWNED_MS;
    if (isLiving && timer.rings_at <= due) return;
    this.#timer = { rings_at: due, since };
    this.#deps.defer(this.#runAt(this.#timer));
  }

  async #runAt(timer: Timer): Promise<void> {
    await this.#deps.sleep(Math.max(0, timer.rings_at - this.#deps.now()));
    if (this.#timer !== timer) return;
    this.#timer = null;
    this.#doneSince = timer.since;
    try {
      await this.#work.run();
      this.plan();
    } finally {
      this.#doneSince = null;
    }
  }
}
