import { AppError, invalid, notFound } from "../../domain/errors.ts";
import { eventBody, type WebhookEventType } from "../../domain/webhooks/webhook-event.ts";
import { webhookUrlFault } from "../../domain/webhooks/webhook-url.ts";
import type { WebhookRow } from "../../storage/webhooks/webhook-repository.ts";
import { newSigningSecret, sendSigned, type SendResult } from "./send-signed.ts";
import { openSecret, sealSecret, type WebhookDeps } from "./webhook-deps.ts";

/** A tenant's webhook, with its secret sealed. */
export type TenantWebhook = WebhookRow;

/** What a tenant says of a webhook. `prompts` is null where it asks for events of all. */
export interface WebhookSetting {
  name: string;
  url: string;
  events: WebhookEventType[];
  prompts: string[] | null;
}

/** A webhook as it was put. The secret of a new one is shown only here. */
export interface PutWebhook {
  webhook: TenantWebhook;
  secret: string | null;
}

/** A tenant's webhooks are read together. */
export const MAX_WEBHOOKS = 20;

/**
 * Sets a webhook; one that exists keeps its secret. Throws `validation_error` for an address that
 * nothing may be sent to, and `conflict` for too many webhooks.
 */
export async function putWebhook(deps: WebhookDeps, tenantId: string, setting: WebhookSetting): Promise<PutWebhook> {
  const fault = webhookUrlFault(setting.url, deps.webhookOrigins);
  if (fault !== null) throw invalid([{ path: "url", message: fault }]);
  const secret = newSigningSecret();
  const sealed = await sealSecret(deps, tenantId, setting.name, secret);
  const now = deps.now();
  const row = { ...setting, tenant_id: tenantId, secret: sealed, created_at: now, updated_at: now };
  const put = await deps.hooks.put(row, MAX_WEBHOOKS);
  if (!put) throw new AppError("conflict", `A tenant has at most ${MAX_WEBHOOKS} webhooks.`);
  return { webhook: put.row, secret: put.created ? secret : null };
}

/** A tenant's webhooks, by name. */
export async function listWebhooks(deps: WebhookDeps, tenantId: string): Promise<TenantWebhook[]> {
  return deps.hooks.list(tenantId);
}

/** Throws `not_found` if the tenant has no such webhook. */
export async function findWebhook(deps: WebhookDeps, tenantId: string, name: string): Promise<TenantWebhook> {
  const webhook = await deps.hooks.find(tenantId, name);
  if (!webhook) throw notFound("webhook");
  return webhook;
}

/** Deletes a webhook with what was not delivered yet. Throws `not_found` if there is none. */
export async function deleteWebhook(deps: WebhookDeps, tenantId: string, name: string): Promise<void> {
  if (!(await deps.hooks.delete(tenantId, name))) throw notFound("webhook");
}

/** Sends a `webhook.test` at once, and says how the receiver took it. It is not repeated. */
export async function testWebhook(deps: WebhookDeps, tenantId: string, name: string): Promise<SendResult> {
  const webhook = await findWebhook(deps, tenantId, name);
  const secret = await openSecret(deps, webhook);
  const now = deps.now();
  const body = eventBody({ type: "webhook.test", at: now, data: { webhook: name } });
  return sendSigned(deps, { url: webhook.url, secret, id: `msg_test_${crypto.randomUUID()}`, body });
}
