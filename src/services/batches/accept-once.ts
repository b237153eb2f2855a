import type { BatchRecord } from "../../domain/batches/batch-record.ts";
import { earlierIdentity, type ExecutionRequest, requestIdentity } from "../../domain/executions/execution-options.ts";
import { newId } from "../../domain/id.ts";
import type { Clock } from "../../lib/clock.ts";
import { sha256 } from "../../lib/hash.ts";
import { retryBriefly } from "../../lib/retry-briefly.ts";
import { stableJson } from "../../lib/stable-json.ts";
import type { BatchRepository } from "../../storage/batches/batches.ts";
import {
  type IdempotencyGrant,
  type IdempotencyKeys,
  unresolved,
  usedOtherwise,
} from "../executions/idempotency-keys.ts";
import type { AcceptedBatch, BatchSubmission } from "./accept-batch.ts";
import { AcceptanceUnknown } from "./open-batch.ts";

/** What accepting at most once needs beside the acceptance itself. */
export interface AcceptOnceDeps extends Clock {
  keys: IdempotencyKeys;
  batches: Pick<BatchRepository, "find" | "abandon">;
  sleep: (ms: number) => Promise<void>;
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
    earlier: earlierIdentity(request, "async"),
    id: newId("exe", deps.now()),
    lease_ms: EXECUTION_LEASE_MS,
  });
  if ("result" in begun) return { id: begun.result, replayed: true };
  const left = await leftBehind(deps, begun, tenant_id);
  if (!left) await workUnder(begun, async () => deps.acceptExecution(request, begun.id));
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
    : await workUnder(begun, async () => deps.acceptBatch({ ...submission, items: seen.items }, begun.id));
  // The secret is shown once. It must not be kept in the open for a replay.
  const kept = { record: accepted.record, webhook_secret: null };
  await begun.settle("done", JSON.stringify({ digest: seen.digest(), accepted: kept }));
  return { ...accepted, replayed: left !== undefined };
}

/**
 * What a worker that vanished had committed under this grant. An unfinished upload is deleted.
 * Throws a 503 where the shard does not say.
 */
async function leftBehind(
  { batches, sleep }: AcceptOnceDeps,
  grant: IdempotencyGrant,
  tenantId: string,
): Promise<BatchRecord | undefined> {
  if (!grant.resumed) return undefined;
  try {
    // The upload goes first: after that, nobody can commit it between the two calls.
    await retryBriefly({ sleep }, async () => batches.abandon(tenantId, grant.id));
    return await retryBriefly({ sleep }, async () => batches.find(tenantId, grant.id));
  } catch (error) {
    await grant.handBack();
    throw unresolved("What was accepted under this idempotency key cannot be read at the moment.", error);
  }
}

/**
 * Does the work of a grant. Where it fails, the key is released only if it is certain that nothing
 * was accepted. Otherwise the key stays in progress, and the next caller looks the id up.
 */
export async function workUnder<T>(grant: IdempotencyGrant, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isUncertain = grant.resumed || error instanceof AcceptanceUnknown;
    await (isUncertain ? grant.handBack() : grant.release());
    if (error instanceof AcceptanceUnknown)
      throw unresolved("The request may have been accepted. Send it again.", error);
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
