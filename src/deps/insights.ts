import type { Config } from "../config.ts";
import { checkAnomalies, type CheckAnomaliesDeps, sweepAnomalies } from "../services/insights/check-anomalies.ts";
import { MinuteCache } from "../services/insights/minute-cache.ts";
import { type AnomalyFilter, type AnomalyReport, readAnomalies } from "../services/insights/read-anomalies.ts";
import { type ForecastDeps, type ForecastReport, readForecast } from "../services/insights/read-forecast.ts";
import { readSla, type SlaDeps, type SlaReport, type SlaRequest } from "../services/insights/read-sla.ts";
import { AnomalyWatches } from "../storage/insights/anomaly-watches.ts";
import type { Shards } from "../storage/shards.ts";
import { bind } from "./bind.ts";
import { clock } from "./runtime.ts";

/** What {@link buildInsights} is built over. */
export interface InsightParts
  extends
    Omit<ForecastDeps, "now" | "maxBytes" | "executions">,
    Pick<SlaDeps, "resolve">,
    Pick<CheckAnomaliesDeps, "publishEvent"> {
  executions: ForecastDeps["executions"] & SlaDeps["executions"];
  shards: Shards;
}

/** What routes, queues and the cron trigger call for insights. */
export type InsightServices = ReturnType<typeof buildInsights>;

/** Messages of one send to a queue. */
const MESSAGES_A_SEND = 100;

/** Builds the use cases of insights. Routes get what was computed in the last minute. */
export function buildInsights(env: Env, config: Config, { shards, ...parts }: InsightParts) {
  const deps = { ...clock, ...parts, maxBytes: config.ledger.maxBytes };
  const [anomalies, forecasts] = [new MinuteCache<AnomalyReport>(clock), new MinuteCache<ForecastReport>(clock)];
  const slas = new MinuteCache<SlaReport>(clock);
  const watching = {
    ...deps,
    watches: new AnomalyWatches(shards),
    wake: async (tenantIds: readonly string[]) => wake(env, tenantIds),
  };
  return {
    readAnomalies: async (tenantId: string, filter: AnomalyFilter) =>
      anomalies.get(JSON.stringify([tenantId, filter.prompt, filter.model]), async () =>
        readAnomalies(deps, tenantId, filter),
      ),
    readForecast: async (tenantId: string, days: number) =>
      forecasts.get(JSON.stringify([tenantId, days]), async () => readForecast(deps, tenantId, days)),
    readSla: async (tenantId: string, request: SlaRequest) =>
      slas.get(JSON.stringify([tenantId, request.prompt, request.from, request.to, request.over_time]), async () =>
        readSla(deps, tenantId, request),
      ),
    checkAnomalies: bind(checkAnomalies, watching),
    sweepAnomalies: bind(sweepAnomalies, watching),
  };
}

/** A consumer of an older version takes it for the webhook of no batch, and does nothing. */
async function wake(env: Env, tenantIds: readonly string[]): Promise<void> {
  for (let at = 0; at < tenantIds.length; at += MESSAGES_A_SEND) {
    const some = tenantIds.slice(at, at + MESSAGES_A_SEND);
    await env.WEBHOOK_QUEUE.sendBatch(
      some.map((tenant_id) => ({ body: { type: "webhook" as const, tenant_id, batch_id: "", anomalies: true } })),
    );
  }
}
