import type { WebhookEvent } from "../../domain/webhooks/webhook-event.ts";
import type { WebhookDeps } from "./webhook-deps.ts";

/** Raises an event: it is stored for the tenant's webhooks that ask for it when this resolves. */
export type PublishEvent = (tenantId: string, event: WebhookEvent) => Promise<void>;

/** Stores an event for each webhook that asks for it, once, and wakes the consumers. */
export async function publishEvent(
  deps: Pick<WebhookDeps, "now" | "deliveries" | "wake" | "onError">,
  tenantId: string,
  event: WebhookEvent,
): Promise<void> {
  const added = await deps.deliveries.add(tenantId, event, deps.now());
  if (added.length === 0) return;
  await deps.wake(added).catch((error: unknown) => deps.onError("wake_up_unsent", event.key, error));
}
