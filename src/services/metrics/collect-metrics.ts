import { AppError } from "../../domain/errors.ts";
import { toDeploymentDelta } from "../../domain/metrics/deployment-delta.ts";
import { foldExecution } from "../../domain/metrics/fold-execution.ts";
import type { MetricsObject } from "../../domain/metrics/metrics-messages.ts";
import { IdleMap } from "../../lib/idle-map.ts";
import type { EndedExecution } from "../executions/ended-execution.ts";
import type { ExecutePrompt } from "../executions/execute-prompt.ts";
import type { AuthorityDeps } from "../gate/ask-authority.ts";
import type { Throttle } from "../gate/throttle.ts";
import { ActiveExecutions, watchActive } from "./active-executions.ts";
import { FlushSchedule } from "./flush-schedule.ts";
import { MetricsOutbox } from "./metrics-outbox.ts";

/** What a {@link MetricsCollector} needs. */
export interface CollectorDeps extends AuthorityDeps {
  /** The name of this isolate. */
  isolate: string;
  /** The object of a tenant, or of the deployment, that takes what this isolate counts. */
  objectOf(tenantId: string | null): Pick<MetricsObject, "flush">;
  /** How old the oldest record is that this isolate has not written, of a tenant or of all, ms. */
  ledgerLagMs(tenantId: string | null): number;
}

/** An answered request. `route` is its pattern, `ms` the time until its reply began. */
export interface AnsweredRequest {
  tenant_id: string | null;
  route: string;
  method: string;
  status: number;
  ms: number;
}

/**
 * Tenants that an isolate counts for at a time, and how long it remembers each, ms. Only those are
 * forgotten that wait for nothing.
 */
const TENANTS = { maxEntries: 1_000, idleMs: 60_000 };

/**
 * Counts what happens in an isolate, for each tenant and for the deployment. What is on the path of
 * a reply adds to a few numbers; all else is behind it. The deployment gets what tenants' objects
 * get, without the names that tenants chose.
 */
export class MetricsCollector {
  readonly #deps: CollectorDeps;
  readonly #active: ActiveExecutions;
  readonly #schedule: FlushSchedule;
  #lastId = 0;
  readonly #deployment: MetricsOutbox;
  readonly #tenants = new IdleMap<MetricsOutbox>({ ...TENANTS, isIdle: (outbox) => outbox.isIdle });

  constructor(deps: CollectorDeps) {
    this.#deps = deps;
    this.#active = new ActiveExecutions(deps);
    this.#schedule = new FlushSchedule(deps);
    // Its turn is its own, however many tenants there are.
    this.#deployment = this.#outbox(null, new FlushSchedule(deps));
    this.#deployment.counts.of("isolates", []).add("started");
  }

  /** Counts an execution that has ended. */
  execution(ended: EndedExecution): void {
    const { request } = ended.prepared;
    this.#active.end(request);
    const outbox = this.#of(request.tenant_id);
    foldExecution(outbox.counts, ended);
    outbox.plan();
  }

  /** Counts a request that is answered. */
  request({ tenant_id, route, method, status, ms }: AnsweredRequest): void {
    const outbox = this.#of(tenant_id);
    const row = outbox.counts.of("requests", [route, method, String(status)]);
    row.add("requests");
    row.addMs("duration", ms);
    outbox.plan();
    this.#schedule.drive();
  }

  /** Counts a score that somebody gave to an answer, from 0 to 1. */
  feedback(tenantId: string, score: number): void {
    const outbox = this.#of(tenantId);
    const row = outbox.counts.of("feedback", []);
    row.add("scores");
    row.add("score", score);
    outbox.plan();
  }

  /** Counts a call to a part of storage, for the deployment. It goes along with the next flush. */
  backendCall(backend: string, outcome: "answered" | "failed", ms: number): void {
    const row = this.#deployment.counts.of("backends", [backend, outcome]);
    row.add("calls");
    row.addMs("duration", ms);
  }

  /**
   * Tells what this isolate counted of an owner, so that a read that follows sees it. Never throws.
   */
  async flush(tenantId: string | null): Promise<void> {
    await this.#of(tenantId).flush();
  }

  /** A throttle whose refusals are counted. */
  watchThrottle(throttle: Throttle): Throttle {
    return async (tenantId) => {
      try {
        return await throttle(tenantId);
      } catch (error) {
        if (error instanceof AppError && error.code === "rate_limit_error") {
          this.#of(tenantId).counts.of("throttled", []).add("requests");
        }
        throw error;
      }
    };
  }

  /** Executions that are counted while they are under way. */
  watchExecutions(execute: ExecutePrompt): ExecutePrompt {
    return watchActive(execute, {
      begin: (request) => {
        this.#active.begin(request);
        this.#of(request.tenant_id).plan();
        // Consumers of queues have no requests.
        this.#schedule.drive();
      },
      end: (request) => this.#active.end(request),
    });
  }

  #of(tenantId: string | null): MetricsOutbox {
    if (tenantId === null) return this.#deployment;
    const known = this.#tenants.peek(tenantId);
    if (known) return known;
    const outbox = this.#outbox(tenantId, this.#schedule);
    this.#tenants.set(tenantId, outbox, this.#deps.now());
    return outbox;
  }

  #outbox(tenantId: string | null, schedule: FlushSchedule): MetricsOutbox {
    const gauges = () => ({
      active: this.#active.count(tenantId),
      ledger_lag_ms: this.#deps.ledgerLagMs(tenantId),
    });
    return new MetricsOutbox({
      ...this.#deps,
      schedule,
      nextId: () => (this.#lastId += 1),
      object: () => this.#deps.objectOf(tenantId),
      gauges,
      hasGauges: () => this.#active.has(tenantId),
      onTaken: (delta) => {
        if (tenantId === null) return;
        this.#deployment.counts.merge(toDeploymentDelta(delta));
        this.#deployment.plan();
      },
    });
  }
}
