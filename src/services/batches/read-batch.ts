import { isSettled } from "../../domain/batches/batch.ts";
import type { BatchRecord, ItemRecord, ListedBatch } from "../../domain/batches/batch-record.ts";
import { notFound } from "../../domain/errors.ts";
import { isId } from "../../domain/id.ts";
import type { RecordedExecution } from "../../domain/executions/execution.ts";
import { decodeCursor, type Page, toPage } from "../../domain/page.ts";
import type { BatchQuery } from "../../storage/batches/batch-list.ts";
import type { BatchDeps } from "./batch-deps.ts";

/** An item of a batch, and its execution once that is recorded. */
export interface ItemResult {
  item: ItemRecord;
  execution: RecordedExecution | undefined;
}

/** The item of an asynchronous execution. `created_at` in Unix ms. */
export interface AsyncExecutionItem extends ItemRecord {
  created_at: number;
}

/** Items in one read; their answers are in memory together. */
const ITEMS_A_READ = 50;
const FIRST_LOOK_MS = 250;
const LONGEST_LOOK_MS = 5_000;
/** {@link followBatch} ends after this time; a client that wants more asks again. */
const LONGEST_WATCH_MS = 300_000;

/** Reads a batch. Throws `not_found` if the tenant has none with this id. */
export async function readBatch(
  { batches }: Pick<BatchDeps, "batches">,
  tenantId: string,
  id: string,
): Promise<BatchRecord> {
  const record = isId("bat", id) ? await batches.find(tenantId, id) : undefined;
  if (!record) throw notFound("batch");
  return record;
}

/** A page of a tenant's batches, newest first. Throws a 422 for a bad cursor. */
export async function listBatches(
  { batches }: Pick<BatchDeps, "batches">,
  tenantId: string,
  { cursor, ...query }: Omit<BatchQuery, "before"> & { cursor?: string | undefined },
): Promise<Page<ListedBatch>> {
  const rows = await batches.list(tenantId, { ...query, before: decodeCursor("batches", cursor) });
  return toPage(rows, query.limit, ({ id }) => id, "batches");
}

/** Reads all items of a batch in input order, each in its present state. Throws `not_found`. */
export async function readBatchResults(
  deps: BatchDeps,
  tenantId: string,
  id: string,
): Promise<AsyncIterable<ItemResult>> {
  await readBatch(deps, tenantId, id);
  return resultsOf(deps, tenantId, id);
}

/**
 * Reads a batch now and whenever its counts change, until it is settled or five minutes have
 * passed. Throws `not_found`.
 */
export async function followBatch(deps: BatchDeps, tenantId: string, id: string): Promise<AsyncIterable<BatchRecord>> {
  return watch(deps, await readBatch(deps, tenantId, id));
}

/** Finds the item of an asynchronous execution; undefined if the tenant has none with this id. */
export async function findAsyncExecution(
  { batches }: BatchDeps,
  tenantId: string,
  executionId: string,
): Promise<AsyncExecutionItem | undefined> {
  const record = isId("exe", executionId) ? await batches.find(tenantId, executionId) : undefined;
  if (record?.kind !== "execution") return undefined;
  const [item] = await batches.items(tenantId, executionId, 0, 1);
  return item && { ...item, created_at: record.created_at };
}

async function* resultsOf(
  { batches, executions }: BatchDeps,
  tenantId: string,
  id: string,
): AsyncGenerator<ItemResult> {
  for (let from = 0; ;) {
    const items = await batches.items(tenantId, id, from, ITEMS_A_READ);
    const ended = items.filter((item) => item.state === "succeeded" || item.state === "failed");
    const ids = new Set(ended.flatMap((item) => item.execution_id ?? []));
    const found = await executions.findAll(tenantId, [...ids]);
    for (const item of items) {
      const { execution_id } = item;
      const recorded = execution_id !== null && ids.has(execution_id);
      yield { item, execution: recorded ? found.get(execution_id) : undefined };
    }
    const last = items.at(-1);
    if (!last || items.length < ITEMS_A_READ) return;
    from = last.position + 1;
  }
}

async function* watch(deps: BatchDeps, first: BatchRecord): AsyncGenerator<BatchRecord> {
  yield first;
  let shown = first;
  let waited = 0;
  for (let wait = FIRST_LOOK_MS; !isSettled(shown.counts) && waited < LONGEST_WATCH_MS;) {
    await deps.sleep(wait);
    waited += wait;
    const now = await readBatch(deps, first.tenant_id, first.id);
    const changed = JSON.stringify(now.counts) !== JSON.stringify(shown.counts);
    if (changed) yield now;
    wait = changed ? FIRST_LOOK_MS : Math.min(LONGEST_LOOK_MS, wait * 2);
    shown = now;
  }
}
