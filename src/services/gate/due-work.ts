import type { AuthorityDeps } from "./ask-authority.ts";

/** A timer that is this late, in ms, died with the request that set it. */
const LATE_MS = 150;

/** Work that an isolate owes an authority at some time, unless a question does it before. */
interface DueWorkPlan {
  /** When the work is due, in epoch ms; null where there is nothing to do. */
  dueAt(now: number): number | null;
  run(): Promise<void>;
}

/** Does work when it is due, on a timer of whichever request planned it. One timer at a time. */
export class DueWork {
  readonly #deps: Pick<AuthorityDeps, "now" | "sleep" | "defer">;
  readonly #work: DueWorkPlan;
  #plannedAt: number | null = null;

  constructor(deps: Pick<AuthorityDeps, "now" | "sleep" | "defer">, work: DueWorkPlan) {
    this.#deps = deps;
    this.#work = work;
  }

  /** Plans the work for when it is due, unless a living timer comes as early. */
  plan(): void {
    const now = this.#deps.now();
    const due = this.#work.dueAt(now);
    const planned = this.#plannedAt;
    const isPlanned = planned !== null && planned <= (due ?? Infinity) && planned > now - LATE_MS;
    if (due === null || isPlanned) return;
    this.#plannedAt = due;
    this.#deps.defer(this.#runAt(due));
  }

  async #runAt(due: number): Promise<void> {
    await this.#deps.sleep(Math.max(0, due - this.#deps.now()));
    if (this.#plannedAt !== due) return;
    this.#plannedAt = null;
    await this.#work.run();
    this.plan();
  }
}
