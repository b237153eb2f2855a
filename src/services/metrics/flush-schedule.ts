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
  readonly #deps: ScheduleDeps;
  readonly #watched = new FlushLine(FLUSH_MS.watched);
  readonly #others = new FlushLine(FLUSH_MS.otherwise);
  readonly #work: DueWork;
  /** The line that each planned outbox is in. */
  readonly #planned = new Map<Flushing, FlushLine>();
  /** Not after the first that is due, Unix ms; null where nothing is planned. */
  #nextAt: number | null = null;

  constructor(deps: ScheduleDeps) {
    this.#deps = deps;
    this.#work = new DueWork(deps, { dueAt: () => this.#nextAt, run: async () => this.#run() });
  }

  /** Plans a flush, unless one is planned. */
  plan(outbox: Flushing): void {
    if (this.#planned.has(outbox)) return;
    const line = this.#lineOf(outbox);
    this.#planned.set(outbox, line);
    line.add(outbox, this.#deps.now());
    this.#planNext();
  }

  /** Sees to it that a living request waits for the next flush. */
  drive(): void {
    this.#work.plan();
  }

  /** Ends the turn of an outbox that has flushed, and plans the next one where there is news. */
  settle(outbox: Flushing): void {
    this.#planned.get(outbox)?.delete(outbox);
    this.#planned.delete(outbox);
    if (outbox.hasNews) this.plan(outbox);
  }

  has(outbox: Flushing): boolean {
    return this.#planned.has(outbox);
  }

  /** How long an outbox waits for its next flush now, ms. */
  pauseMs(outbox: Flushing): number {
    return this.#lineOf(outbox).pauseMs;
  }

  #lineOf({ isWatched }: Flushing): FlushLine {
    return isWatched ? this.#watched : this.#others;
  }

  #planNext(): void {
    const first = Math.min(this.#watched.nextAt, this.#others.nextAt);
    this.#nextAt = Number.isFinite(first) ? first : null;
    this.#work.plan();
  }

  async #run(): Promise<void> {
    const now = this.#deps.now();
    const due = [...this.#watched.takeDue(now), ...this.#others.takeDue(now)];
    // The next ones do not wait for these.
    this.#planNext();
    await Promise.all(due.map(async (outbox) => outbox.flush()));
  }
}

/** Outboxes that flush equally often, in the order in which they are due. */
class FlushLine {
  readonly #everyMs: number;
  readonly #dueAt = new Map<Flushing, number>();
  #notBefore = 0;

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  get pauseMs(): number {
    return Math.max(this.#everyMs, (this.#dueAt.size / MAX_AT_ONCE) * TICK_MS);
  }

  /** When the first is due; Infinity where there is none. */
  get nextAt(): number {
    const { value } = this.#dueAt.values().next();
    return value === undefined ? Infinity : Math.max(value, this.#notBefore);
  }

  add(outbox: Flushing, now: number): void {
    this.#dueAt.set(outbox, now + this.#everyMs);
  }

  delete(outbox: Flushing): void {
    this.#dueAt.delete(outbox);
  }

  /** Those whose turn it is. They stay planned until they settle: their request may be cut off. */
  takeDue(now: number): Flushing[] {
    if (this.nextAt > now) return [];
    const due: Flushing[] = [];
    for (const [outbox, at] of this.#dueAt) {
      if (at > now || due.length === MAX_AT_ONCE) break;
      due.push(outbox);
    }
    for (const outbox of due) {
      this.delete(outbox);
      this.add(outbox, now);
    }
    this.#notBefore = now + TICK_MS;
    return due;
  }
}
