import { batchStatus, webhookDelay } from "../../domain/batches/batch.ts";
import { webhookUrlFault } from "../../domain/batches/webhook-url.ts";
import { fromBase64, toBase64, utf8 } from "../../lib/encoding.ts";
import type { BatchWebhookRepository } from "../../storage/batches/webhooks.ts";
import type { BatchRecord, BatchRepository } from "../../storage/batches/batches.ts";
import type { TenantRepository } from "../../storage/tenants/tenants.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Vault } from "../tenants/vault.ts";

/** Tells a batch's owner that it ended, signed per Standard Webhooks (github.com/standard-webhooks, specification 1.0.0). */
export interface Webhooks {
  /** A fresh secret for a batch: as its owner gets it, once, and sealed for the row. */
  newSecret(tenantId: string, batchId: string): Promise<{ secret: string; sealed: string }>;
  /** Sends a batch's webhook if it is due. A receiver that does not take it is tried again later, up to the last of the waits. */
  deliver(tenantId: string, batchId: string): Promise<void>;
}

/** What {@link createWebhooks} needs. */
export interface WebhooksDeps extends Clock {
  rows: Pick<BatchWebhookRepository, "take" | "setDue">;
  batches: Pick<BatchRepository, "find">;
  tenants: Pick<TenantRepository, "find">;
  vault: Vault;
  fetch(url: string, init: RequestInit): Promise<Response>;
  /** Origins that may be called although they are neither https nor public. */
  allowedOrigins: readonly string[];
  onFailure(batchId: string, attempt: number, reason: string): void;
}

const SECRET_PREFIX = "whsec_";
const SECRET_BYTES = 32;
const TIMEOUT_MS = 15_000;
/** While a delivery is under way nobody else begins one; after this it counts as lost. */
const DELIVERY_LEASE_MS = 60_000;
const GONE = 410;
const NANO = 1e9;

/** The service. */
export function createWebhooks(deps: WebhooksDeps): Webhooks {
  async function dataKey(tenantId: string): Promise<string> {
    const tenant = await deps.tenants.find(tenantId);
    if (!tenant) throw new Error("a batch without its tenant");
    return tenant.wrapped_data_key;
  }

  /** Null where the receiver took it, or says that it never will; else why not. */
  async function post(record: BatchRecord & { webhook_url: string; webhook_secret: string }): Promise<string | null> {
    const fault = webhookUrlFault(record.webhook_url, deps.allowedOrigins);
    if (fault !== null) return `the address ${fault}`;
    const { tenant_id, id, webhook_secret } = record;
    const secret = await deps.vault.open(await dataKey(tenant_id), tenant_id, placeOf(tenant_id, id), webhook_secret);
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

  return {
    async newSecret(tenantId, batchId) {
      const secret = SECRET_PREFIX + toBase64(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)));
      const place = placeOf(tenantId, batchId);
      return { secret, sealed: await deps.vault.seal(await dataKey(tenantId), tenantId, place, secret) };
    },
    async deliver(tenantId, batchId) {
      const now = deps.now();
      const taken = await deps.rows.take(tenantId, batchId, now, now + DELIVERY_LEASE_MS);
      if (!taken) return;
      const record = await deps.batches.find(tenantId, batchId);
      const { webhook_url, webhook_secret } = taken;
      if (!record || webhook_url === null || webhook_secret === null) return deps.rows.setDue(tenantId, batchId, null);
      const reason = await post({ ...record, webhook_url, webhook_secret }).catch((error: unknown) =>
        error instanceof Error ? error.name : "unknown",
      );
      if (reason !== null) deps.onFailure(batchId, taken.webhook_attempts, reason);
      const wait = reason === null ? null : webhookDelay(taken.webhook_attempts);
      await deps.rows.setDue(tenantId, batchId, wait === null ? null : deps.now() + wait);
    },
  };
}

function eventOf({ id, state, counts, cost_nanousd, ended_at }: BatchRecord) {
  const status = batchStatus(counts, state === "cancelled");
  const timestamp = new Date(ended_at ?? 0).toISOString();
  return { type: `batch.${status}`, timestamp, data: { id, status, counts, cost_usd: cost_nanousd / NANO } };
}

/** The three headers: HMAC-SHA-256 over `id.timestamp.body` under the bytes of the secret. `timestamp` in Unix seconds. */
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

function placeOf(tenantId: string, batchId: string): string {
  return `webhook|${tenantId}|${batchId}`;
}
