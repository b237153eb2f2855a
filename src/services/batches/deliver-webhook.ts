import { batchStatus } from "../../domain/batches/batch.ts";
import type { BatchRecord } from "../../domain/batches/batch-record.ts";
import { webhookDelay } from "../../domain/webhooks/webhook-delay.ts";
import { traceparentOf } from "../../domain/trace-context.ts";
import { newSigningSecret, type SendDeps, sendSigned } from "../webhooks/send-signed.ts";
import type { BatchDeps } from "./batch-deps.ts";
import { dataKey } from "./data-key.ts";

/** A delivery holds the webhook this long; after that it counts as lost. */
const DELIVERY_LEASE_MS = 60_000;
const NANO = 1e9;

/** A webhook's secret: the text for the owner of the batch, and its sealed form for the row. */
export interface WebhookSecret {
  secret: string;
  sealed: string;
}

/** Generates the secret that signs a batch's webhook. */
export async function newWebhookSecret(deps: BatchDeps, tenantId: string, batchId: string): Promise<WebhookSecret> {
  const secret = newSigningSecret();
  const place = placeOf(tenantId, batchId);
  return { secret, sealed: await deps.vault.seal(await dataKey(deps, tenantId), tenantId, place, secret) };
}

/**
 * Tells of the end of a batch if that is due: to the tenant's webhooks, and to its own one. After a
 * failed delivery the latter is due again later, until the last of the waits is over.
 */
export async function deliverWebhook(deps: BatchDeps, tenantId: string, batchId: string): Promise<void> {
  const now = deps.now();
  const until = now + DELIVERY_LEASE_MS;
  const claimed = await deps.webhooks.claim(tenantId, batchId, now, until);
  if (!claimed) return;
  const record = await deps.batches.find(tenantId, batchId);
  if (record) await publishEnd(deps, record);
  const { webhook_url: url, webhook_secret: sealed, webhook_attempts } = claimed;
  if (!record || url === null || sealed === null) {
    return deps.webhooks.setDue(tenantId, batchId, until, null);
  }
  const fault = await send(deps, record, { url, sealed });
  if (fault !== null) {
    deps.onError("webhook_failed", batchId, new Error(`attempt ${webhook_attempts}: ${fault}`));
  }
  const wait = fault === null ? null : webhookDelay(webhook_attempts);
  await deps.webhooks.setDue(tenantId, batchId, until, wait === null ? null : deps.now() + wait);
}

/** Sends a batch's own webhook. Returns the reason of a failure, or null. */
async function send(
  deps: BatchDeps,
  record: BatchRecord,
  { url, sealed }: { url: string; sealed: string },
): Promise<string | null> {
  const { tenant_id, id } = record;
  const place = placeOf(tenant_id, id);
  const secret = await deps.vault.open(await dataKey(deps, tenant_id), tenant_id, place, sealed);
  const data = endOf(record);
  const timestamp = new Date(record.ended_at ?? 0).toISOString();
  const body = JSON.stringify({ type: `batch.${data.status}`, timestamp, data });
  const net: SendDeps = {
    now: () => deps.now(),
    fetch: async (...of) => deps.fetch(...of),
    webhookOrigins: deps.settings.webhookOrigins,
  };
  const message = { url, secret, id: `msg_${id}_${record.ended_at}`, body, traceparent: traceOf(record) };
  return (await sendSigned(net, message)).fault;
}

async function publishEnd(deps: BatchDeps, record: BatchRecord): Promise<void> {
  if (record.kind === "execution") return;
  const { tenant_id, id, ended_at, request } = record;
  const prompt = request?.prompt.name ?? null;
  const key = `batch.completed/${id}/${ended_at}`;
  const data = { ...endOf(record), prompt };
  const traceparent = traceOf(record);
  await deps.publishEvent(tenant_id, { type: "batch.completed", key, prompt, at: ended_at ?? 0, data, traceparent });
}

/** The `traceparent` of the request that asked for a batch. */
function traceOf({ request }: BatchRecord): string | undefined {
  return request?.trace && traceparentOf(request.trace);
}

function endOf({ id, state, counts, cost_nanousd }: BatchRecord) {
  return { id, status: batchStatus(counts, state === "cancelled"), counts, cost_usd: cost_nanousd / NANO };
}

/** The associated data of a sealed secret: a ciphertext of another row does not open. */
function placeOf(tenantId: string, batchId: string): string {
  return `webhook|${tenantId}|${batchId}`;
}
