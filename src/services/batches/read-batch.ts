import { isSettled } from "../../domain/batches/batch.ts";
import { AppError, notFound } from "../../domain/errors.ts";
import { isId, newId } from "../../domain/id.ts";
import type { BatchWakeUp } from "../../domain/batches/wake-up.ts";
import type { BatchRecord, BatchRepository, ItemRecord } from "../../storage/batches/batches.ts";
import type { ExecutionRepository, ExecutionRow } from "../../storage/executions/executions.ts";
import type { Clock } from "../../lib/clock.ts";
import type { SendWakeUps } from "./wake-ups.ts";

/** An item with what is recorded of it so far. */
export interface BatchResult {
  item: ItemRecord;
  execution: ExecutionRow | undefined;
}

/** Reading of batches, and changing one's course. Each throws `not_found` where the tenant has no such batch. */
export interface ReadBatch {
  get(tenantId: string, id: string): Promise<BatchRecord>;
  /** All items in the order they came, as they stand when they are read. */
  results(tenantId: string, id: string): Promise<AsyncIterable<BatchResult>>;
  /** How the batch stands, again and again as it changes, until it changes no more or has been watched for long enough. */
  follow(tenantId: string, id: string): Promise<AsyncIterable<BatchRecord>>;
  /** Starts nothing new. A batch that has ended stays as it is. */
  cancel(tenantId: string, id: string): Promise<BatchRecord>;
  /** Queues the failed items again; 409 for a batch that was cancelled. */
  redrive(tenantId: string, id: string): Promise<BatchRecord>;
  /** An asynchronous execution of which nothing is recorded yet; undefined where there is none. */
  pending(tenantId: string, executionId: string): Promise<(ItemRecord & { created_at: number }) | undefined>;
}

/** What {@link createReadBatch} needs. */
export interface ReadBatchDeps extends Clock {
  batches: BatchRepository;
  lookUp: ExecutionRepository["findAll"];
  send: SendWakeUps;
  sendWebhook(tenantId: string, batchId: string): Promise<void>;
  onUnsent(batchId: string, error: unknown): void;
  sleep(ms: number): Promise<void>;
  wakeAfterMs: number;
}

/** Items that are read at once; their answers are in memory together. */
const ITEMS_A_READ = 50;
const FIRST_LOOK_MS = 250;
const LONGEST_LOOK_MS = 5_000;
/** A watcher of a batch that runs longer asks again. */
const LONGEST_WATCH_MS = 300_000;

/** The service. */
export function createReadBatch(deps: ReadBatchDeps): ReadBatch {
  async function get(tenantId: string, id: string): Promise<BatchRecord> {
    const record = isId("bat", id) ? await deps.batches.find(tenantId, id) : undefined;
    if (!record) throw notFound("batch");
    return record;
  }

  async function* readResults(tenantId: string, id: string): AsyncGenerator<BatchResult> {
    for (let from = 0; ;) {
      const items = await deps.batches.items(tenantId, id, from, ITEMS_A_READ);
      const ended = items.filter((item) => item.state === "succeeded" || item.state === "failed");
      const ids = new Set(ended.flatMap((item) => item.execution_id ?? []));
      const executions = await deps.lookUp(tenantId, [...ids]);
      for (const item of items) {
        yield {
          item,
          execution: ids.has(item.execution_id ?? "") ? executions.get(item.execution_id ?? "") : undefined,
        };
      }
      const last = items.at(-1);
      if (!last || items.length < ITEMS_A_READ) return;
      from = last.position + 1;
    }
  }

  async function* watch(first: BatchRecord): AsyncGenerator<BatchRecord> {
    yield first;
    let shown = first;
    let waited = 0;
    for (let wait = FIRST_LOOK_MS; !isSettled(shown.counts) && waited < LONGEST_WATCH_MS;) {
      await deps.sleep(wait);
      waited += wait;
      const now = await get(first.tenant_id, first.id);
      const changed = JSON.stringify(now.counts) !== JSON.stringify(shown.counts);
      if (changed) yield now;
      wait = changed ? FIRST_LOOK_MS : Math.min(LONGEST_LOOK_MS, wait * 2);
      shown = now;
    }
  }

  /** What was changed is committed; a wake-up that is not sent now is sent by the sweep. */
  async function send(id: string, work: () => Promise<void>): Promise<void> {
    await work().catch((error: unknown) => deps.onUnsent(id, error));
  }

  return {
    get,
    async results(tenantId, id) {
      await get(tenantId, id);
      return readResults(tenantId, id);
    },
    async follow(tenantId, id) {
      return watch(await get(tenantId, id));
    },
    async cancel(tenantId, id) {
      await get(tenantId, id);
      const { webhook } = await deps.batches.cancel(tenantId, id, deps.now());
      if (webhook) await send(id, () => deps.sendWebhook(tenantId, id));
      return get(tenantId, id);
    },
    async redrive(tenantId, id) {
      const { state } = await get(tenantId, id);
      if (state === "cancelled") throw new AppError("conflict", "The batch was cancelled.");
      const now = deps.now();
      const failed = await deps.batches.failedItems(tenantId, id);
      if (failed.length > 0) {
        const fresh = failed.map((position) => ({ position, execution_id: newId("exe", now) }));
        const groups = await deps.batches.requeueFailed(tenantId, id, fresh, now + deps.wakeAfterMs);
        const wakeUps = groups.map((group): BatchWakeUp => ({
          type: "group",
          tenant_id: tenantId,
          batch_id: id,
          group,
        }));
        await send(id, () => deps.send("batch", wakeUps));
      }
      return get(tenantId, id);
    },
    async pending(tenantId, executionId) {
      const record = isId("exe", executionId) ? await deps.batches.find(tenantId, executionId) : undefined;
      if (record?.kind !== "execution") return undefined;
      const [item] = await deps.batches.items(tenantId, executionId, 0, 1);
      return item && { ...item, created_at: record.created_at };
    },
  };
}
