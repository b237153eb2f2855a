import type { Config } from "../config.ts";
import type { EventDelivery } from "../domain/webhooks/event-delivery.ts";
import { deliverEvent, sweepEvents } from "../services/webhooks/deliver-event.ts";
import {
  deleteWebhook,
  findWebhook,
  listWebhooks,
  putWebhook,
  testWebhook,
} from "../services/webhooks/manage-webhooks.ts";
import { publishEvent } from "../services/webhooks/publish-event.ts";
import type { WebhookDeps } from "../services/webhooks/webhook-deps.ts";
import { EventDeliveryRepository } from "../storage/webhooks/event-deliveries.ts";
import { WebhookRepository } from "../storage/webhooks/webhook-repository.ts";
import type { Shards } from "../storage/shards.ts";
import { bind } from "./bind.ts";
import { clock, publicFetch, report } from "./runtime.ts";

/** The use cases of tenants' webhooks. */
export type WebhookServices = ReturnType<typeof bindWebhooks>;

/** Messages of one send to a queue. */
const MESSAGES_A_SEND = 100;

/** Builds the use cases of tenants' webhooks. */
export function buildWebhooks(
  env: Env,
  config: Config,
  parts: Pick<WebhookDeps, "tenants" | "vault"> & { shards: Shards },
): WebhookServices {
  return bindWebhooks({
    ...clock,
    ...parts,
    ...webhookStorage(parts.shards),
    fetch: publicFetch(config.batch.webhookOrigins),
    webhookOrigins: config.batch.webhookOrigins,
    wake: async (deliveries) => wake(env, deliveries),
    onError: (event, webhook, error) => report(event, error, { webhook }),
  });
}

/** The storage of webhooks over the shards. */
export function webhookStorage(shards: Shards): Pick<WebhookDeps, "hooks" | "deliveries"> {
  return { hooks: new WebhookRepository(shards), deliveries: new EventDeliveryRepository(shards) };
}

/** Binds the use cases of webhooks to what they work with. */
export function bindWebhooks(deps: WebhookDeps) {
  return {
    putWebhook: bind(putWebhook, deps),
    listWebhooks: bind(listWebhooks, deps),
    findWebhook: bind(findWebhook, deps),
    deleteWebhook: bind(deleteWebhook, deps),
    testWebhook: bind(testWebhook, deps),
    publishEvent: bind(publishEvent, deps),
    deliverEvent: bind(deliverEvent, deps),
    sweepEvents: bind(sweepEvents, deps),
  };
}

/**
 * A consumer of an older version does not know the queue and fails; the sweep wakes another one.
 */
async function wake(env: Env, deliveries: readonly EventDelivery[]): Promise<void> {
  for (let at = 0; at < deliveries.length; at += MESSAGES_A_SEND) {
    const some = deliveries.slice(at, at + MESSAGES_A_SEND);
    await env.WEBHOOK_QUEUE.sendBatch(
      some.map((delivery) => ({
        body: { type: "webhook" as const, tenant_id: delivery.tenant_id, batch_id: "", delivery },
      })),
    );
  }
}
