import type { Config } from "../config.ts";
import type { ObserveExecution } from "../services/executions/ended-execution.ts";
import type { ExecutePrompt } from "../services/executions/execute-prompt.ts";
import type { ReadExecutions } from "../services/executions/read-executions.ts";
import type { Throttle } from "../services/gate/throttle.ts";
import { measureBudgets, measureGates } from "../services/metrics/measure-tenant.ts";
import { measureQueue, measureReadiness } from "../services/metrics/measure-deployment.ts";
import { type AnsweredRequest, MetricsCollector } from "../services/metrics/collect-metrics.ts";
import { followMetrics } from "../services/metrics/follow-metrics.ts";
import { type MetricsSource, readMetrics } from "../services/metrics/read-metrics.ts";
import type { BudgetState } from "../domain/budgets/budget.ts";
import type { ReadGate } from "../services/gate/read-gate.ts";
import type { Readiness } from "../services/system/check-readiness.ts";
import type { WaitingRecords } from "../services/usage/waiting-records.ts";
import { bind } from "./bind.ts";
import { clock, defer, report, sleep } from "./runtime.ts";

/** Objects that the metrics of a tenant are spread over, and those of the deployment. */
const SHARES = { tenant: 2, deployment: 8 };

/** What routes and the middleware call for metrics. */
export interface MetricsServices {
  readMetrics: (tenantId: string | null) => Promise<string>;
  followMetrics: (tenantId: string) => ReturnType<typeof followMetrics>;
}

/** How what happens in an isolate is counted. */
export interface Counting {
  watchers: ObserveExecution[];
  execute: (execute: ExecutePrompt) => ExecutePrompt;
  throttle: (throttle: Throttle) => Throttle;
  readExecutions: (read: ReadExecutions) => ReadExecutions;
  request: (request: AnsweredRequest) => void;
  flush: MetricsCollector["flush"];
  backendCall: MetricsCollector["backendCall"];
}

const NO_COUNTING: Counting = {
  watchers: [],
  execute: (execute) => execute,
  throttle: (throttle) => throttle,
  readExecutions: (read) => read,
  request: () => undefined,
  flush: async () => undefined,
  backendCall: () => undefined,
};

/** Counts what happens in this isolate, unless telemetry is off. */
export function buildCounting(env: Env, config: Config, waiting: Pick<WaitingRecords, "lagMs">): Counting {
  if (!config.hasTelemetry) return NO_COUNTING;
  const collector = buildCollector(env, waiting);
  return {
    watchers: [(ended) => collector.execution(ended)],
    execute: (execute) => collector.watchExecutions(execute),
    throttle: (throttle) => collector.watchThrottle(throttle),
    readExecutions: (read) => ({
      ...read,
      async giveFeedback(tenantId, id, score, comment) {
        await read.giveFeedback(tenantId, id, score, comment);
        collector.feedback(tenantId, score);
      },
    }),
    request: (request) => collector.request(request),
    flush: async (tenantId) => collector.flush(tenantId),
    backendCall: (...call) => collector.backendCall(...call),
  };
}

/** Each isolate tells one object of each owner. */
function buildCollector(env: Env, waiting: Pick<WaitingRecords, "lagMs">): MetricsCollector {
  const isolate = crypto.randomUUID();
  const roll = Math.random();
  return new MetricsCollector({
    ...clock,
    isolate,
    defer,
    sleep,
    onFault: report,
    ledgerLagMs: (tenantId) => waiting.lagMs(tenantId),
    objectOf(tenantId) {
      const names = sharesOf(tenantId);
      return env.METRICS.getByName(names[Math.floor(roll * names.length)] ?? "");
    },
  });
}

/** What {@link buildMetrics} is built over. */
interface MetricsParts extends Pick<Counting, "flush"> {
  readGate: ReadGate;
  listBudgets: (tenantId: string) => Promise<BudgetState[]>;
  checkReadiness: () => Promise<Readiness>;
}

/** Reads and follows metrics. */
export function buildMetrics(
  env: Env,
  { flush, readGate, listBudgets, checkReadiness }: MetricsParts,
): MetricsServices {
  const queues = {
    usage: env.USAGE_QUEUE,
    high: env.HIGH_QUEUE,
    standard: env.STANDARD_QUEUE,
    batch: env.BATCH_QUEUE,
    webhooks: env.WEBHOOK_QUEUE,
  };
  const ofQueues = Object.entries(queues).map(([name, queue]): [string, MetricsSource] => [
    `queue_${name}`,
    async () => measureQueue(name, await queue.metrics(), Date.now()),
  ]);
  const ofDeployment = {
    ...Object.fromEntries(ofQueues),
    backends: async () => measureReadiness(await checkReadiness()),
  };
  const objectsOf = (tenantId: string | null) => sharesOf(tenantId).map((name) => env.METRICS.getByName(name));
  return {
    readMetrics: bind(readMetrics, {
      flush,
      sharesOf: objectsOf,
      sourcesOf(tenantId) {
        if (tenantId === null) return ofDeployment;
        return {
          gates: async () => measureGates(await readGate(tenantId)),
          budgets: async () => measureBudgets(await listBudgets(tenantId)),
        };
      },
    }),
    followMetrics: bind(followMetrics, {
      ...clock,
      flush,
      sharesOf: objectsOf,
      newId: () => crypto.randomUUID(),
      sleep,
    }),
  };
}

function sharesOf(tenantId: string | null): string[] {
  const [owner, count] = tenantId === null ? ["deployment", SHARES.deployment] : [tenantId, SHARES.tenant];
  return Array.from({ length: count }, (_, share) => `${owner}/${share}`);
}
