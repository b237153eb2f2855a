import { DurableObject } from "cloudflare:workers";
import type {
  LiveReading,
  MetricsFlush,
  MetricsFlushed,
  MetricsObject,
  MetricsReading,
} from "../domain/metrics/metrics-messages.ts";
import { MetricsShare, type StoredShare } from "../domain/metrics/metrics-share.ts";

/**
 * A share of the metrics of a tenant, named `<tenant>/<share>`, or of the deployment,
 * `deployment/<share>`. Counts are in memory. Those that somebody reads are stored once a minute.
 */
export class Metrics extends DurableObject<Env> implements MetricsObject {
  readonly #share: MetricsShare;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const { sql } = ctx.storage;
    sql.exec("create table if not exists share (id integer primary key, value text not null)");
    const [row] = sql.exec<{ value: string }>("select value from share").toArray();
    this.#share = new MetricsShare(row ? (JSON.parse(row.value) as StoredShare) : null);
  }

  async flush(flush: MetricsFlush): Promise<MetricsFlushed> {
    const flushed = this.#share.flush(flush, Date.now());
    this.#store();
    return flushed;
  }

  async read(): Promise<MetricsReading> {
    const reading = this.#share.read(Date.now());
    this.#store();
    return reading;
  }

  async watch(follower: string, withHistory: boolean): Promise<LiveReading | null> {
    return this.#share.watch(follower, withHistory, Date.now());
  }

  /** Answers and does nothing else, for the readiness probe. */
  ping(): "ok" {
    return "ok";
  }

  #store(): void {
    const stored = this.#share.takeSnapshot(Date.now());
    if (stored) this.ctx.storage.sql.exec("insert or replace into share values (1, ?)", JSON.stringify(stored));
  }
}
