import { servicesOf } from "./deps/services.ts";
import { describeError, log } from "./telemetry/log.ts";

/**
 * Runs every minute: advances the provider batches, and sends lost wake-ups again. A fault of the
 * provider batches is only logged, so that it does not hide the sweep.
 */
export async function handleScheduled(_controller: ScheduledController, env: Env): Promise<void> {
  const { tickProviderBatches, sweepBatches } = servicesOf(env);
  const [ticked, swept] = await Promise.allSettled([tickProviderBatches(), sweepBatches()]);
  if (ticked.status === "rejected") log("error", "provider_batches_fault", { error: describeError(ticked.reason) });
  else if (ticked.value.opened + ticked.value.advanced > 0) log("info", "provider_batches", { ...ticked.value });
  if (swept.status === "rejected") throw swept.reason;
  if (swept.value.groups + swept.value.webhooks > 0) log("info", "swept", { ...swept.value });
}
