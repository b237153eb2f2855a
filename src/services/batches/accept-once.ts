import type { BatchRecord } from "../../domain/batches/batch-record.ts";
import { type ExecutionRequest, requestIdentity } from "../../domain/executions/execution-options.ts";
import { newId } from "../../domain/id.ts";
import type { Clock } from "../../lib/clock.ts";
import { sha256 } from "../../lib/hash.ts";
import { stableJson } from "../../lib/stable-json.ts";
import type { BatchRepository } from "../../storage/batches/batches.ts";
import { type IdempotencyGrant, type IdempotencyKeys, usedOtherwise } from "../executions/idempotency-keys.ts";
import type { AcceptedBatch, BatchSubmission } from "./accept-batch.ts";

/** What accepting at most once needs beside the acceptance itself. */
export interface AcceptOnceDeps extends Clock {
  keys: IdempotencyKeys;
  batches: Pick<BatchRepository, "find" | "abandon">;
  acceptBatch(submission: BatchSubmission, reservedId: string): Promise<AcceptedBatch>;
  acceptExecution(request: ExecutionRequest, reservedId: string): Promise<string>;
}

/** After this time, milliseconds, the worker that accepts an execution counts as gone. */
const EXECUTION_LEASE_MS = 30_000;
/** The same for a worker that takes in an upload. */
const UPLOAD_LEASE_MS = 15 * 60_000;

/**
 * Accepts an execution at most once for each idempotency key of a tenant: the same key and request
 * return the first id again (`replayed`). Throws as {@link IdempotencyKeys} does.
 */
export async function acceptExecutionOnce(
  deps: AcceptOnceDeps,
  key: string,
  request: ExecutionRequest,
): Promise<{ id: string; replayed: boolean }> {
  const { tenant_id } = request;
  const begun = await deps.keys.begin({
    tenant_id,
    key,
    request: requestIdentity(request, "async"),
    id: newId("exe", deps.now()),
    lease_ms: EXECUTION_LEASE_MS,
  });
  if ("result" in begun) return { id: begun.result, replayed: true };
  const left = await leftBehind(deps, begun, tenant_id);
  if (!left) await orRelease(begun, async () => deps.acceptExecution(request, begun.id));
  await begun.settle("done", begun.id);
  return { id: begun.id, replayed: left !== undefined };
}

/**
 * Accepts a batch at most once for each idempotency key of a tenant. The items are read to their
 * end in any case: only then is it known whether the batch is the same. Throws as
 * {@link IdempotencyKeys} does.
 */
export async function acceptBatchOnce(
  deps: AcceptOnceDeps,
  key: string,
  submission: BatchSubmission,
): Promise<AcceptedBatch & { replayed: boolean }> {
  const { tenant_id } = submission;
  const begun = await deps.keys.begin({
    tenant_id,
    key,
    request: { form: "batch" },
    id: newId("bat", deps.now()),
    lease_ms: UPLOAD_LEASE_MS,
  });
  const seen = digestOf(submission);
  if ("result" in begun) {
    await seen.readAll();
    const { digest, accepted } = JSON.parse(begun.result) as { digest: string; accepted: AcceptedBatch };
    if (seen.digest() !== digest) throw usedOtherwise();
    return { ...accepted, replayed: true };
  }
  const left = await leftBehind(deps, begun, tenant_id);
  if (left) await seen.readAll();
  const accepted = left
    ? { record: left, webhook_secret: null }
    : await orRelease(begun, async () => deps.acceptBatch({ ...submission, items: seen.items }, begun.id));
  // The secret is shown once. It must not be kept in the open for a replay.
  const kept = { record: accepted.record, webhook_secret: null };
  await begun.settle("done", JSON.stringify({ digest: seen.digest(), accepted: kept }));
  return { ...accepted, replayed: left !== undefined };
}

/** What a worker that vanished had committed under this grant. An unfinished upload is deleted. */
async function leftBehind(
  { batches }: AcceptOnceDeps,
  { id, resumed }: IdempotencyGrant,
  tenantId: string,
): Promise<BatchRecord | undefined> {
  if (!resumed) return undefined;
  const record = await batches.find(tenantId, id);
  if (!record) await batches.abandon(tenantId, id);
  return record;
}

/** Does the work of a grant; if it fails, nothing was accepted and the key is released. */
async function orRelease<T>(grant: IdempotencyGrant, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await grant.release();
    throw error;
  }
}

/** The items of a submission, and a digest of the items that were read together with the header. */
function digestOf({ items: source, header }: BatchSubmission) {
  const hash = sha256();
  async function* watched(): AsyncGenerator<string> {
    for await (const item of source) {
      hash.update(`${item}\n`);
      yield item;
    }
  }
  const items = watched();
  return {
    items,
    async readAll() {
      for (let next = await items.next(); !next.done; next = await items.next());
    },
    digest() {
      const { options, ...rest } = typeof header === "function" ? header() : header;
      return hash.update(stableJson({ ...options, ...rest })).hex();
    },
  };
}
