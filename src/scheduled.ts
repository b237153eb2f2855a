import { servicesOf } from "./deps/services.ts";
import { describeError, log } from "./telemetry/log.ts";

/** What the clock sets going, every minute: the batches at the providers, and the sweep over work that was accepted and of which nothing is heard. */
export async function handleScheduled(_controller: ScheduledController, env: Env): Promise<void> {
  const { handleWakeUps, providerBatches } = servicesOf(env);
  const [ticked, swept] = await Promise.allSettled([providerBatches.tick(), handleWakeUps.sweep()]);
  if (ticked.status === "rejected") log("error", "provider_batches_fault", { error: describeError(ticked.reason) });
  else if (ticked.value.opened + ticked.value.advanced > 0) log("info", "provider_batches", { ...ticked.value });
  if (swept.status === "rejected") throw swept.reason;
  if (swept.value.groups + swept.value.webhooks > 0) log("info", "swept", swept.value);
}
