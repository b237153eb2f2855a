import { servicesOf } from "./deps/services.ts";
import { describeError, log } from "./telemetry/log.ts";

/**
 * Runs every minute: advances the provider batches, moves executions from before the ledger, wakes
 * the deliveries of webhooks that are due, has tenants looked at for anomalies, sends lost wake-ups
 * again and deletes old batches. A fault of the others is only logged, so that it does not hide the
 * sweep.
 */
export async function handleScheduled(_controller: ScheduledController, env: Env): Promise<void> {
  const { tickProviderBatches, moveExecutions, sweepBatches, sweepEvents, sweepAnomalies } = servicesOf(env);
  const work = [tickProviderBatches(), sweepBatches(), moveExecutions(), sweepEvents(), sweepAnomalies()] as const;
  const [ticked, swept, moved, events, anomalies] = await Promise.allSettled(work);
  if (ticked.status === "rejected") log("error", "provider_batches_fault", { error: describeError(ticked.reason) });
  else if (ticked.value.opened + ticked.value.advanced > 0) log("info", "provider_batches", { ...ticked.value });
  if (moved.status === "rejected") log("error", "executions_unmoved", { error: describeError(moved.reason) });
  else if (moved.value > 0) log("info", "executions_moved", { count: moved.value });
  if (events.status === "rejected") log("error", "webhooks_unswept", { error: describeError(events.reason) });
  else if (events.value > 0) log("info", "webhooks_woken", { count: events.value });
  if (anomalies.status === "rejected") log("error", "anomalies_unswept", { error: describeError(anomalies.reason) });
  if (swept.status === "rejected") throw swept.reason;
  const { groups, webhooks, deleted } = swept.value;
  if (groups + webhooks + deleted > 0) log("info", "swept", { ...swept.value });
}
