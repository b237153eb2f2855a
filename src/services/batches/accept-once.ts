import { newId } from "../../domain/id.ts";
import { sha256 } from "../../lib/hash.ts";
import { stableJson } from "../../lib/stable-json.ts";
import type { BatchRepository } from "../../storage/batches/batches.ts";
import type { AcceptBatch, AcceptedBatch, BatchHeader, Caller } from "./accept-batch.ts";
import type { Clock } from "../../lib/clock.ts";
import { type ExecutionRequest, requestIdentity } from "../../domain/executions/execution-options.ts";
import { type IdempotencyGrant, type IdempotencyKeys, usedOtherwise } from "../executions/idempotency-keys.ts";

/** Accepts work for later at most once for each idempotency key of a tenant: the same key and work give the first acceptance again. Throws as {@link IdempotencyKeys} does. */
export interface AcceptOnce {
  execution(key: string, request: ExecutionRequest): Promise<{ id: string; replayed: boolean }>;
  /** Reads the items to their end in any case: only then it is known whether they are the same. */
  batch(
    key: string,
    caller: Caller,
    items: AsyncIterable<string>,
    header: BatchHeader | (() => BatchHeader),
  ): Promise<AcceptedBatch & { replayed: boolean }>;
}

/** What {@link createAcceptOnce} needs. */
export interface AcceptOnceDeps extends Clock {
  keys: IdempotencyKeys;
  accept: AcceptBatch;
  batches: Pick<BatchRepository, "find" | "abandon">;
}

/** How long an acceptance may take before its worker is taken for gone: an execution's, and an upload's. Milliseconds. */
const EXECUTION_LEASE_MS = 30_000;
const UPLOAD_LEASE_MS = 15 * 60_000;

/** The service. */
export function createAcceptOnce(deps: AcceptOnceDeps): AcceptOnce {
  const { keys, accept, batches } = deps;
  /** What a worker that vanished has left: its work where it was committed, else nothing any more. */
  async function leftBy({ id, resumed }: IdempotencyGrant, tenantId: string) {
    if (!resumed) return undefined;
    const record = await batches.find(tenantId, id);
    if (!record) await batches.abandon(tenantId, id);
    return record;
  }

  async function done<T>(grant: IdempotencyGrant, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      await grant.release();
      throw error;
    }
  }

  return {
    async execution(key, request) {
      const { tenant_id } = request;
      const begun = await keys.begin({
        tenant_id,
        key,
        request: requestIdentity(request, "async"),
        id: newId("exe", deps.now()),
        lease_ms: EXECUTION_LEASE_MS,
      });
      if ("result" in begun) return { id: begun.result, replayed: true };
      const left = await leftBy(begun, tenant_id);
      if (!left) await done(begun, async () => accept.execution(request, begun.id));
      await begun.settle("done", begun.id);
      return { id: begun.id, replayed: left !== undefined };
    },

    async batch(key, caller, items, header) {
      const begun = await keys.begin({
        tenant_id: caller.tenant_id,
        key,
        request: { form: "batch" },
        id: newId("bat", deps.now()),
        lease_ms: UPLOAD_LEASE_MS,
      });
      const seen = digestOf(items, header);
      if ("result" in begun) {
        await seen.readAll();
        const { digest, accepted } = JSON.parse(begun.result) as { digest: string; accepted: AcceptedBatch };
        if (seen.digest() !== digest) throw usedOtherwise();
        return { ...accepted, replayed: true };
      }
      const left = await leftBy(begun, caller.tenant_id);
      if (left) await seen.readAll();
      const accepted = left
        ? { record: left, webhook_secret: null }
        : await done(begun, async () => accept.batch(caller, seen.items, header, begun.id));
      // The secret is shown once, and is not kept in the open for a replay.
      const kept = { record: accepted.record, webhook_secret: null };
      await begun.settle("done", JSON.stringify({ digest: seen.digest(), accepted: kept }));
      return { ...accepted, replayed: left !== undefined };
    },
  };
}

/** The items as they go by, and the digest of all that went by with the header. */
function digestOf(source: AsyncIterable<string>, header: BatchHeader | (() => BatchHeader)) {
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
