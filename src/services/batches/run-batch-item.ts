import type { BatchHead, ItemOutcome } from "../../domain/batches/batch-record.ts";
import { isPoison, retryDelay } from "../../domain/batches/batch.ts";
import type { GroupKey } from "../../domain/batches/wake-up.ts";
import { toAppError } from "../../domain/errors.ts";
import type { ExecutionRequest } from "../../domain/executions/execution-options.ts";
import type { Execution } from "../../domain/executions/execution.ts";
import { startTimings } from "../../domain/executions/timings.ts";
import { newId, timeOfId } from "../../domain/id.ts";
import type { ClaimedItem, ItemRetry } from "../../storage/batches/claims.ts";
import { ExecutionFailed } from "../executions/execute-result.ts";
import type { RecordUsage } from "../usage/record-usage.ts";
import type { BatchDeps } from "./batch-deps.ts";
import { boundCost, mostSpent } from "./bound-cost.ts";
import { requestOf } from "./item-request.ts";
import { recordPaid } from "./record-paid.ts";
import { unknownExecution } from "./unknown-execution.ts";

/** An item under a lease. */
export interface LeasedItem {
  key: GroupKey;
  batch: BatchHead;
  item: ClaimedItem;
  token: string;
  /** Ends the item, in one write with others of its group that end at the same moment. */
  settle: (outcome: ItemOutcome) => Promise<ItemRun>;
  /** Records the execution, in one write with others of its invocation. */
  record: RecordUsage["now"];
}

/** The result of a run. `webhook`: the batch ended with this item and has a webhook to send. */
export interface ItemRun {
  webhook: boolean;
}

/** The part of an execution that its item keeps. */
type ExecutionEnd = Pick<Execution, "status" | "cost_nanousd" | "error">;

/**
 * Waits of an item while other items hold the budget that it needs, in ms: items that run, or items
 * that a provider's batch may have for a day.
 */
const BUDGET_WAIT_MS = 2_000;
const PROVIDER_WAIT_MS = 300_000;

/**
 * How long the record of a run that vanished is waited for before its item fails, and how often it
 * is looked for, in ms. The usage queue delivers a record that its share did not take again after
 * ten minutes at the latest.
 */
const LATE_RECORD_MS = 600_000;
const LOOK_MS = 60_000;

const NOT_ENDED: ItemRun = { webhook: false };

/**
 * Runs one item to its end, or puts it back into the queue: looks for an earlier record, reserves
 * money, executes, settles. A run that vanished is on record before its item runs again, so each
 * run that was paid has a record of its own.
 */
export async function runBatchItem(deps: BatchDeps, leased: LeasedItem): Promise<ItemRun> {
  const { key, batch, item, token } = leased;
  const recorded = item.starts > 1 ? await deps.executions.find(batch.tenant_id, item.execution_id) : undefined;
  if (recorded && recorded.status !== "unknown") {
    return settleAs(leased, recorded, mostSpentBefore(leased, recorded));
  }
  const vanished = recorded ?? (await recordVanished(deps, leased));
  if (item.reserved_nanousd > 0) await deps.claims.spendReserved(key, item.position, token);
  if (item.cancelled) return giveUp(deps, leased, vanished, "cancelled", null);
  if (isPoison(item.starts)) {
    const detail = "The item was started many times and never ended.";
    return giveUp(deps, leased, vanished, "failed", { code: "internal_error", detail });
  }
  return executeItem(deps, leased, vanished);
}

/** Executes an item, whose earlier run may have vanished. */
async function executeItem(deps: BatchDeps, leased: LeasedItem, vanished: Execution | undefined): Promise<ItemRun> {
  let own = leased;
  let reserved = 0;
  let hasEnded = false;
  const record = async (execution: Execution) => {
    hasEnded = true;
    await recordPaid(deps, leased.record, execution);
  };
  try {
    const affordable = await withinBudget(deps, leased, vanished);
    if ("notRun" in affordable) return affordable.notRun;
    ({ reserved } = affordable);
    const started = vanished && !keepsId(leased) ? await startAnew(deps, leased, vanished) : leased;
    if (!started) return NOT_ENDED;
    own = started;
    const request = { ...affordable.request, id: own.item.execution_id };
    const timings = startTimings(() => deps.now());
    const { execution, uncounted } = await deps.execute.run(request, timings, { record, hasDurableRow: true });
    const end = await endOnRecord(deps, own, execution);
    // Under a limit, the other run is counted already, and this one was paid as well.
    return await settleAs(own, end, mostSpent(reserved > 0 ? execution : end, reserved, uncounted));
  } catch (error) {
    // It is not known what of it is on record. The next run finds out; until then the money stays
    // reserved.
    if (hasEnded && !(error instanceof ExecutionFailed)) throw error;
    return afterError(deps, { ...own, vanished }, error, reserved);
  }
}

/**
 * Records an earlier run that vanished as `unknown`; the end of that run replaces it where it comes
 * after all. Returns the record; undefined where there was no such run, or it spent nothing.
 */
async function recordVanished(deps: BatchDeps, leased: LeasedItem): Promise<Execution | undefined> {
  const { batch, item } = leased;
  // Under a cost limit, nothing was spent before money was set aside.
  const mayHaveSpent = item.vanished && (batch.max_cost_nanousd === null || item.reserved_nanousd > 0);
  if (!mayHaveSpent) return undefined;
  const request = await requestOf(deps, batch, item);
  const id = keepsId(leased) ? newId("exe", deps.now()) : request.id;
  const execution = await unknownExecution(deps, { ...request, id }, lastSeenAt(deps, leased));
  if (execution) await leased.record(execution);
  return execution;
}

/**
 * Whether the next run has the same id, because the caller was told it: then the run that vanished
 * is recorded under another one.
 */
function keepsId({ batch, item }: LeasedItem): boolean {
  return batch.kind === "execution" && !item.cancelled && !isPoison(item.starts);
}

/** Gives an item a fresh id to run under. Undefined where the lease is lost. */
async function startAnew(deps: BatchDeps, leased: LeasedItem, vanished: Execution): Promise<LeasedItem | undefined> {
  const { key, item, token } = leased;
  const execution_id = newId("exe", deps.now());
  const retry = { execution_id, cost_nanousd: costOfVanished(leased, vanished) };
  const isMine = await deps.claims.startAnew(key, item.position, token, retry);
  return isMine ? { ...leased, item: { ...item, execution_id } } : undefined;
}

/**
 * If the batch has a cost limit, bounds the request's output and reserves money for it. Returns
 * `notRun` if the item may not run now; it has failed or is queued again then.
 */
async function withinBudget(
  deps: BatchDeps,
  leased: LeasedItem,
  vanished: Execution | undefined,
): Promise<{ request: ExecutionRequest; reserved: number } | { notRun: ItemRun }> {
  const { key, batch, item, token } = leased;
  const request = await requestOf(deps, batch, item);
  if (batch.max_cost_nanousd === null) return { request, reserved: 0 };
  const bound = await boundCost(deps, request);
  const reservation = await deps.claims.reserve(key, item.position, token, bound.nanousd);
  if (reservation === "reserved") return { request: bound.request, reserved: bound.nanousd };
  if (reservation === "lease lost") return { notRun: NOT_ENDED };
  if (reservation.refused === "for good") {
    const detail = "What is left of the batch's max_cost_usd does not cover this item.";
    return { notRun: await giveUp(deps, leased, vanished, "failed", { code: "budget_exceeded", detail }) };
  }
  // Nobody would know later that a run vanished under the present id.
  const execution_id = vanished ? newId("exe", deps.now()) : undefined;
  const isAtProvider = reservation.leased_until - deps.now() > deps.settings.leaseMs;
  const not_before = deps.now() + (isAtProvider ? PROVIDER_WAIT_MS : BUDGET_WAIT_MS);
  return { notRun: await requeue(deps, leased, { not_before, cost_nanousd: 0, outcome: "not started", execution_id }) };
}

/** Retries a failed item, or ends it. */
async function afterError(
  deps: BatchDeps,
  leased: LeasedItem & { vanished: Execution | undefined },
  thrown: unknown,
  reserved: number,
): Promise<ItemRun> {
  const { batch, item, vanished } = leased;
  const failures = item.failures + 1;
  if (thrown instanceof ExecutionFailed) {
    const { error, execution, uncounted } = thrown;
    const cost_nanousd = mostSpent(execution, reserved, uncounted);
    const wait = batch.kind === "batch" ? retryDelay(error, failures, deps.random()) : null;
    if (wait === null) return settleAs(leased, await endOnRecord(deps, leased, execution), cost_nanousd);
    const now = deps.now();
    // The failure is recorded under the old id, so the next execution needs a fresh one.
    const execution_id = newId("exe", now);
    const retry = { not_before: now + wait, cost_nanousd, outcome: "failed" as const, execution_id };
    return requeue(deps, leased, retry);
  }
  const error = toAppError(thrown, "The execution failed on our side.", { retryable: true });
  const wait = retryDelay(error, failures, deps.random());
  if (wait === null) return giveUp(deps, leased, vanished, "failed", { code: error.code, detail: error.detail });
  return requeue(deps, leased, { not_before: deps.now() + wait, cost_nanousd: 0, outcome: "failed" });
}

/**
 * The end that counts: two runs may have executed under the same id, and then it is the one that
 * was recorded first, which is what readers of the id are told.
 */
async function endOnRecord(deps: BatchDeps, { batch, item }: LeasedItem, own: Execution): Promise<ExecutionEnd> {
  const recorded = item.starts > 1 ? await deps.executions.find(batch.tenant_id, own.id) : undefined;
  return recorded ?? own;
}

async function requeue(deps: BatchDeps, { key, item, token }: LeasedItem, retry: ItemRetry): Promise<ItemRun> {
  await deps.claims.requeue(key, item.position, token, retry);
  return NOT_ENDED;
}

async function settleAs(
  { item, settle }: LeasedItem,
  { status, error }: ExecutionEnd,
  cost_nanousd: number,
): Promise<ItemRun> {
  const state = status === "succeeded" ? status : "failed";
  return settle({ position: item.position, state, cost_nanousd, error });
}

/**
 * The most that an earlier run spent, of which only the record is known: all but the call that
 * answered.
 */
function mostSpentBefore({ batch, item }: LeasedItem, execution: Execution): number {
  const { status, attempts, cached } = execution;
  // What was reserved for it counts as spent already.
  if (batch.max_cost_nanousd !== null && item.reserved_nanousd === 0) return 0;
  const hasAnswered = status === "succeeded" && cached === null;
  return mostSpent(execution, item.reserved_nanousd, hasAnswered ? attempts - 1 : attempts);
}

/** What a run that vanished adds to its item's cost, nano-dollars. */
function costOfVanished({ batch }: LeasedItem, { cost_nanousd }: Execution): number {
  return batch.max_cost_nanousd === null ? (cost_nanousd ?? 0) : 0;
}

/**
 * Ends an item that this run did not execute. An earlier run may have, and then its record is given
 * some time to come: what was paid is the item's result.
 */
async function giveUp(
  deps: BatchDeps,
  leased: LeasedItem,
  vanished: Execution | undefined,
  state: "failed" | "cancelled",
  error: ExecutionEnd["error"],
): Promise<ItemRun> {
  const { position, execution_id } = leased.item;
  const now = deps.now();
  const mayCome = vanished?.id === execution_id && now - vanished.created_at < LATE_RECORD_MS;
  if (mayCome && state === "failed") {
    return requeue(deps, leased, { not_before: now + LOOK_MS, cost_nanousd: 0, outcome: "not started" });
  }
  // The cost of another id was added when the item got its present one.
  const cost_nanousd = vanished?.id === execution_id ? costOfVanished(leased, vanished) : 0;
  return leased.settle({ position, state, cost_nanousd, error });
}

/**
 * About when a run that vanished was under way: it last renewed its lease a lease's length before
 * that ended, and it did not begin before its id was made. Unix ms.
 */
function lastSeenAt(deps: BatchDeps, { item }: LeasedItem): number {
  return Math.max(timeOfId(item.execution_id), item.free_since - deps.settings.leaseMs);
}
