import type { IsolateGauges, MetricsFlush, MetricsObject } from "../../domain/metrics/metrics-messages.ts";
import { FLUSH_MS } from "../../domain/metrics/metrics-share.ts";
import { type MetricsDelta, MetricCounts } from "../../domain/metrics/metric-counts.ts";
import { withTimeout } from "../../lib/deadline.ts";
import type { AuthorityDeps } from "../gate/ask-authority.ts";
import type { Flushing, FlushSchedule } from "./flush-schedule.ts";

/** What a {@link MetricsOutbox} needs. */
export interface OutboxDeps extends Pick<AuthorityDeps, "now" | "onFault"> {
  isolate: string;
  schedule: FlushSchedule;
  /** The id of the isolate's next flush: it rises, whichever outbox flushes. */
  nextId(): number;
  object(): Pick<MetricsObject, "flush">;
  gauges(): Omit<IsolateGauges, "pause_ms">;
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
export class MetricsOutbox implements Flushing {
  readonly counts = new MetricCounts();
  readonly #deps: OutboxDeps;
  #unsent: Omit<MetricsFlush, "gauges"> | null = null;
  #everyMs: number = FLUSH_MS.otherwise;
  #askedAt = -Infinity;

  constructor(deps: OutboxDeps) {
    this.#deps = deps;
  }

  /** Whether nothing waits to be told. */
  get isIdle(): boolean {
    return this.counts.isEmpty && this.#unsent === null && !this.#deps.schedule.has(this);
  }

  get isWatched(): boolean {
    return this.#everyMs < FLUSH_MS.otherwise;
  }

  get hasNews(): boolean {
    return !this.counts.isEmpty || this.#unsent !== null || this.#deps.hasGauges();
  }

  /** Plans a flush of what was counted, or is so, unless one is planned. */
  plan(): void {
    this.#deps.schedule.plan(this);
  }

  /** Flushes what waits now, unless another request does. Never throws. */
  async flush(): Promise<void> {
    const now = this.#deps.now();
    if (this.isIdle || now - this.#askedAt < ANSWER_WITHIN_MS) return;
    if (!this.#unsent) {
      const delta = this.counts.take();
      this.#deps.onTaken(delta);
      this.#unsent = { isolate: this.#deps.isolate, id: this.#deps.nextId(), delta };
    }
    await this.#send(this.#unsent, now);
    this.#deps.schedule.settle(this);
  }

  async #send(flush: Omit<MetricsFlush, "gauges">, now: number): Promise<void> {
    this.#askedAt = now;
    const late = () => new Error("The object of the metrics did not answer in time.");
    try {
      const gauges = { ...this.#deps.gauges(), pause_ms: this.#deps.schedule.pauseMs(this) };
      const flushed = this.#deps.object().flush({ ...flush, gauges });
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
