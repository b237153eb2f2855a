import { servicesOf } from "./deps.ts";
import { log } from "./telemetry/log.ts";

/** What the clock sets going, every minute: the sweep over work that was accepted and of which nothing is heard. */
export async function handleScheduled(_controller: ScheduledController, env: Env): Promise<void> {
  const swept = await servicesOf(env).handleWakeUps.sweep();
  if (swept.groups + swept.webhooks > 0) log("info", "swept", swept);
}
