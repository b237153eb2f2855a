import type { IsolateGauges, MetricsFlush, MetricsObject } from "../../domain/metrics/metrics-messages.ts";
import { FLUSH_MS } from "../../domain/metrics/metrics-share.ts";
import { type MetricsDelta, MetricCounts } from "../../domain/metrics/metric-counts.ts";
import { withTimeout } from "../../lib/deadline.ts";
import type { AuthorityDeps } from "../gate/ask-authority.ts";
import { DueWork } from "../gate/due-work.ts";

/** What a {@link MetricsOutbox} needs. */
export interface OutboxDeps extends AuthorityDeps {
  isolate: string;
  object(): Pick<MetricsObject, "flush">;
  gauges(): IsolateGauges;
  /** Whether something is so now that must be told although nothing was counted. */
  hasGauges(): boolean;
  /** Is told of counts when they are taken, once. */
  onTaken(delta: MetricsDelta): void;
}

/** A flush without an answer has failed after this time, ms. */
const ANSWER_WITHIN_MS = 2_000;

/**
 * What an isolate counts for one owner, and the way of it to the owner's object: behind replies, at
 * the times that the object asks for, one flush at a time. What was not acknowledged is sent again
 * under the same id, so that it counts once. A request that is cut off takes its flush along, so a
 * flush counts as lost after a while.
 */
export class MetricsOutbox {
  readonly counts = new MetricCounts();
  readonly #deps: OutboxDeps;
  readonly #work: DueWork;
  #unsent: Omit<MetricsFlush, "gauges"> | null = null;
  #lastId = 0;
  #everyMs: number = FLUSH_MS.otherwise;
  #dueAt: number | null = null;
  #askedAt = -Infinity;

  constructor(deps: OutboxDeps) {
    this.#deps = deps;
    this.#work = new DueWork(deps, { dueAt: () => this.#dueAt, run: async () => this.#flush() });
  }

  /** Whether nothing waits to be told. */
  get isIdle(): boolean {
    return this.counts.isEmpty && this.#unsent === null && this.#dueAt === null;
  }

  /** Plans a flush of what was counted, or is so, unless one is planned. */
  plan(): void {
    this.#dueAt ??= this.#deps.now() + this.#everyMs;
    this.#work.plan();
  }

  /** Flushes what waits now, unless another request does. Never throws. */
  async flush(): Promise<void> {
    if (!this.isIdle) await this.#flush();
  }

  async #flush(): Promise<void> {
    const now = this.#deps.now();
    this.#dueAt = now + this.#everyMs;
    if (now - this.#askedAt < ANSWER_WITHIN_MS) return;
    if (!this.#unsent) {
      const delta = this.counts.take();
      this.#deps.onTaken(delta);
      this.#unsent = { isolate: this.#deps.isolate, id: ++this.#lastId, delta };
    }
    await this.#send(this.#unsent, now);
    const isDone = this.#unsent === null && this.counts.isEmpty && !this.#deps.hasGauges();
    this.#dueAt = isDone ? null : this.#deps.now() + this.#everyMs;
  }

  async #send(flush: Omit<MetricsFlush, "gauges">, now: number): Promise<void> {
    this.#askedAt = now;
    const late = () => new Error("The object of the metrics did not answer in time.");
    try {
      const flushed = this.#deps.object().flush({ ...flush, gauges: this.#deps.gauges() });
      this.#everyMs = (await withTimeout(flushed, ANSWER_WITHIN_MS, late)).flush_ms;
      if (this.#unsent === flush) this.#unsent = null;
    } catch (error) {
      this.#everyMs = FLUSH_MS.otherwise;
      this.#deps.onFault("metrics_unanswered", error);
    } finally {
      this.#askedAt = -Infinity;
    }
  }
}
