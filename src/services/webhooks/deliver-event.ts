import type { EventDelivery } from "../../domain/webhooks/event-delivery.ts";
import { webhookDelay } from "../../domain/webhooks/webhook-delay.ts";
import { sendSigned } from "./send-signed.ts";
import { openSecret, type WebhookDeps } from "./webhook-deps.ts";

/** A delivery holds its row this long; after that it counts as lost. */
const LEASE_MS = 60_000;
/** Deliveries that one sweep takes up on each shard. */
const SWEPT_AT_ONCE = 100;
/** Ended deliveries are remembered for this time: longer than any of them is repeated. */
const REMEMBERED_MS = 7 * 86_400_000;
const DELETED_AT_ONCE = 500;

/**
 * Sends an event to its webhook if that is due. After a failure it is due again later, until the
 * last of the waits is over.
 */
export async function deliverEvent(deps: WebhookDeps, delivery: EventDelivery): Promise<void> {
  const now = deps.now();
  const until = now + LEASE_MS;
  const claimed = await deps.deliveries.claim(delivery, now, until);
  if (!claimed) return;
  const webhook = await deps.hooks.find(delivery.tenant_id, delivery.webhook);
  if (!webhook) return deps.deliveries.setDue(delivery, until, null);
  const { id, body, attempts, traceparent } = claimed;
  const message = { url: webhook.url, secret: await openSecret(deps, webhook), id, body, traceparent };
  const { fault } = await sendSigned(deps, message);
  const wait = fault === null ? null : webhookDelay(attempts);
  if (fault !== null) {
    const end = wait === null ? ", given up" : "";
    deps.onError(
      "webhook_failed",
      `${delivery.tenant_id}/${webhook.name}`,
      new Error(`attempt ${attempts}: ${fault}${end}`),
    );
  }
  await deps.deliveries.setDue(delivery, until, wait === null ? null : deps.now() + wait);
}

/**
 * Wakes consumers for the deliveries that are due, and forgets old ones. Returns how many it woke.
 */
export async function sweepEvents(deps: WebhookDeps): Promise<number> {
  const now = deps.now();
  const due = await deps.deliveries.due(now, SWEPT_AT_ONCE);
  if (due.length > 0) await deps.wake(due);
  await deps.deliveries.deleteEnded(now - REMEMBERED_MS, DELETED_AT_ONCE);
  return due.length;
}
