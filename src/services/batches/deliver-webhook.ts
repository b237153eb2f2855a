import { batchStatus, webhookDelay } from "../../domain/batches/batch.ts";
import type { BatchRecord } from "../../domain/batches/batch-record.ts";
import { webhookUrlFault } from "../../domain/batches/webhook-url.ts";
import { fromBase64, toBase64, utf8 } from "../../lib/encoding.ts";
import type { BatchDeps } from "./batch-deps.ts";

const SECRET_PREFIX = "whsec_";
const SECRET_BYTES = 32;
const TIMEOUT_MS = 15_000;
/** A delivery holds the webhook this long; after that it counts as lost. */
const DELIVERY_LEASE_MS = 60_000;
const GONE = 410;
const NANO = 1e9;

/** A webhook's secret: the text for the owner of the batch, and its sealed form for the row. */
export interface WebhookSecret {
  secret: string;
  sealed: string;
}

/** A batch whose webhook is set. */
interface BatchWithWebhook extends BatchRecord {
  webhook_url: string;
  webhook_secret: string;
}

/** Generates the secret that signs a batch's webhook. */
export async function newWebhookSecret(deps: BatchDeps, tenantId: string, batchId: string): Promise<WebhookSecret> {
  const secret = SECRET_PREFIX + toBase64(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)));
  const place = placeOf(tenantId, batchId);
  return { secret, sealed: await deps.vault.seal(await dataKey(deps, tenantId), tenantId, place, secret) };
}

/**
 * Sends a batch's webhook if it is due, signed per Standard Webhooks (specification 1.0.0,
 * github.com/standard-webhooks). After a failed delivery it is due again later, until the last of
 * the waits is over.
 */
export async function deliverWebhook(deps: BatchDeps, tenantId: string, batchId: string): Promise<void> {
  const now = deps.now();
  const until = now + DELIVERY_LEASE_MS;
  const claimed = await deps.webhooks.claim(tenantId, batchId, now, until);
  if (!claimed) return;
  const record = await deps.batches.find(tenantId, batchId);
  const { webhook_url, webhook_secret, webhook_attempts } = claimed;
  if (!record || webhook_url === null || webhook_secret === null) {
    return deps.webhooks.setDue(tenantId, batchId, until, null);
  }
  const reason = await post(deps, { ...record, webhook_url, webhook_secret }).catch((error: unknown) =>
    error instanceof Error ? error.name : "unknown",
  );
  if (reason !== null) {
    deps.onError("webhook_failed", batchId, new Error(`attempt ${webhook_attempts}: ${reason}`));
  }
  const wait = reason === null ? null : webhookDelay(webhook_attempts);
  await deps.webhooks.setDue(tenantId, batchId, until, wait === null ? null : deps.now() + wait);
}

/**
 * Posts a webhook. Returns null if the receiver took it or said that it never will (410), and the
 * reason of the failure otherwise.
 */
async function post(deps: BatchDeps, record: BatchWithWebhook): Promise<string | null> {
  const fault = webhookUrlFault(record.webhook_url, deps.settings.webhookOrigins);
  if (fault !== null) return `the address ${fault}`;
  const { tenant_id, id, webhook_secret } = record;
  const place = placeOf(tenant_id, id);
  const secret = await deps.vault.open(await dataKey(deps, tenant_id), tenant_id, place, webhook_secret);
  const body = JSON.stringify(eventOf(record));
  const headers = await signedHeaders(secret, `msg_${id}_${record.ended_at}`, Math.floor(deps.now() / 1000), body);
  const response = await deps.fetch(record.webhook_url, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json", "user-agent": "pbt-edge" },
    body,
    redirect: "manual",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  await response.body?.cancel();
  return response.ok || response.status === GONE ? null : `status ${response.status}`;
}

async function dataKey({ tenants }: BatchDeps, tenantId: string): Promise<string> {
  const tenant = await tenants.find(tenantId);
  if (!tenant) throw new Error("a batch without its tenant");
  return tenant.wrapped_data_key;
}

function eventOf({ id, state, counts, cost_nanousd, ended_at }: BatchRecord) {
  const status = batchStatus(counts, state === "cancelled");
  const timestamp = new Date(ended_at ?? 0).toISOString();
  return { type: `batch.${status}`, timestamp, data: { id, status, counts, cost_usd: cost_nanousd / NANO } };
}

/**
 * The three headers of Standard Webhooks. The signature is an HMAC-SHA-256 of `id.timestamp.body`
 * under the bytes of the secret; `timestamp` is in Unix seconds.
 */
async function signedHeaders(
  secret: string,
  id: string,
  timestamp: number,
  body: string,
): Promise<Record<string, string>> {
  const raw = fromBase64(secret.slice(SECRET_PREFIX.length));
  const key = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const signature = await crypto.subtle.sign("HMAC", key, utf8(`${id}.${timestamp}.${body}`));
  return {
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": `v1,${toBase64(new Uint8Array(signature))}`,
  };
}

/** The associated data of a sealed secret: a ciphertext of another row does not open. */
function placeOf(tenantId: string, batchId: string): string {
  return `webhook|${tenantId}|${batchId}`;
}
