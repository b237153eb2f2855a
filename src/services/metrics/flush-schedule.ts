import { FLUSH_MS } from "../../domain/metrics/metrics-share.ts";
import type { AuthorityDeps } from "../gate/ask-authority.ts";
import { DueWork } from "../gate/due-work.ts";

/** What flushes when it is its turn. */
export interface Flushing {
  /** Whether somebody watches what it flushes. */
  readonly isWatched: boolean;
  /** Whether there is something to flush. */
  readonly hasNews: boolean;
  /** Never throws. */
  flush(): Promise<void>;
}

/** The clock and the timers of a {@link FlushSchedule}. */
type ScheduleDeps = Pick<AuthorityDeps, "now" | "sleep" | "defer">;

/** Flushes that begin together, and the pause until others do, ms: 200 a second at most. */
const MAX_AT_ONCE = 10;
const TICK_MS = 50;

/**
 * When the outboxes of an isolate flush: at the pace that they are asked for while they are few,
 * and in turn where that were more than 200 calls a second. Whichever request comes next drives all
 * of them, so that none depends on the life of the request that filled it.
 */
export class FlushSchedule {
  readonly #watched: FlushLine;
  readonly #others: FlushLine;

  constructor(deps: ScheduleDeps) {
    this.#watched = new FlushLine(deps, FLUSH_MS.watched);
    this.#others = new FlushLine(deps, FLUSH_MS.otherwise);
  }

  /** Plans a flush, unless one is planned. */
  plan(outbox: Flushing): void {
    if (!this.has(outbox)) this.#lineOf(outbox).add(outbox);
    this.#watched.drive();
    this.#others.drive();
  }

  /** Ends the turn of an outbox that has flushed, and plans the next one where there is news. */
  settle(outbox: Flushing): void {
    this.#watched.delete(outbox);
    this.#others.delete(outbox);
    if (outbox.hasNews) this.plan(outbox);
  }

  has(outbox: Flushing): boolean {
    return this.#others.has(outbox) || this.#watched.has(outbox);
  }

  /** How long an outbox waits for its next flush now, ms. */
  pauseMs(outbox: Flushing): number {
    return this.#lineOf(outbox).pauseMs;
  }

  #lineOf({ isWatched }: Flushing): FlushLine {
    return isWatched ? this.#watched : this.#others;
  }
}

/** Outboxes that flush equally often, in the order in which they are due. */
class FlushLine {
  readonly #deps: ScheduleDeps;
  readonly #everyMs: number;
  readonly #work: DueWork;
  readonly #dueAt = new Map<Flushing, number>();
  #notBefore = 0;

  constructor(deps: ScheduleDeps, everyMs: number) {
    this.#deps = deps;
    this.#everyMs = everyMs;
    this.#work = new DueWork(deps, { dueAt: () => this.#nextAt(), run: async () => this.#run() });
  }

  get pauseMs(): number {
    return Math.max(this.#everyMs, (this.#dueAt.size / MAX_AT_ONCE) * TICK_MS);
  }

  has(outbox: Flushing): boolean {
    return this.#dueAt.has(outbox);
  }

  add(outbox: Flushing): void {
    this.#dueAt.set(outbox, this.#deps.now() + this.#everyMs);
  }

  delete(outbox: Flushing): void {
    this.#dueAt.delete(outbox);
  }

  /** Sees to it that a living request waits for the next flush. */
  drive(): void {
    if (this.#dueAt.size > 0) this.#work.plan();
  }

  #nextAt(): number | null {
    const { value } = this.#dueAt.values().next();
    return value === undefined ? null : Math.max(value, this.#notBefore);
  }

  async #run(): Promise<void> {
    const now = this.#deps.now();
    const due: Flushing[] = [];
    for (const [outbox, at] of this.#dueAt) {
      if (at > now || due.length === MAX_AT_ONCE) break;
      due.push(outbox);
    }
    this.#notBefore = now + TICK_MS;
    // Each stays planned until it has flushed: this request may be cut off.
    for (const outbox of due) {
      this.delete(outbox);
      this.add(outbox);
    }
    // The next ones do not wait for these.
    this.drive();
    await Promise.all(due.map(async (outbox) => outbox.flush()));
  }
}
