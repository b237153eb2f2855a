import type { BatchHead, ItemOutcome } from "../../domain/batches/batch-record.ts";
import { isPoison, retryDelay } from "../../domain/batches/batch.ts";
import type { GroupKey } from "../../domain/batches/wake-up.ts";
import { AppError, type ErrorCode, toAppError } from "../../domain/errors.ts";
import type { ExecutionRequest } from "../../domain/executions/execution-options.ts";
import type { Execution } from "../../domain/executions/execution.ts";
import { startTimings } from "../../domain/executions/timings.ts";
import { newId } from "../../domain/id.ts";
import { LANE_RULES } from "../../domain/gate/lanes.ts";
import type { ClaimedItem, ItemRetry } from "../../storage/batches/claims.ts";
import { ExecutionFailed } from "../executions/execute-result.ts";
import type { RecordUsage } from "../usage/record-usage.ts";
import type { BatchDeps } from "./batch-deps.ts";
import { MAX_ATTEMPTS } from "../completions/make-completion.ts";
import { boundCost } from "./bound-cost.ts";
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

/** Wait of an item while other items hold the budget that it needs. */
const BUDGET_WAIT_MS = 2_000;
/** The pauses between the tries to record an execution, in ms. Its lease is renewed meanwhile. */
const RECORD_PAUSES_MS = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000];

const NOT_ENDED: ItemRun = { webhook: false };

/**
 * Runs one item to its end, or puts it back into the queue: looks for an earlier record, reserves
 * money, executes, settles.
 */
export async function runBatchItem(deps: BatchDeps, leased: LeasedItem): Promise<ItemRun> {
  const { batch, item } = leased;
  const restarted = item.starts > 1;
  const recorded = restarted ? await deps.executions.find(batch.tenant_id, item.execution_id) : undefined;
  if (recorded) return settleAs(leased, recorded, mostSpentBefore(item, recorded));
  if (item.cancelled) return giveUp(deps, leased, "cancelled", null);
  if (isPoison(item.starts)) {
    return giveUp(deps, leased, "failed", {
      code: "internal_error",
      detail: "The item was started many times and never ended.",
    });
  }
  let reserved = 0;
  let hasEnded = false;
  const record = async (execution: Execution) => {
    hasEnded = true;
    await recordPaid(deps, leased, execution);
  };
  try {
    const affordable = await withinBudget(deps, leased, requestOf(batch, item));
    if ("notRun" in affordable) return affordable.notRun;
    ({ reserved } = affordable);
    const timings = startTimings(() => deps.now());
    const { execution, uncounted } = await deps.execute.run(affordable.request, timings, {
      record,
      hasDurableRow: true,
    });
    // Two runs may have executed under the same id: the record that was written first counts.
    const kept = restarted ? await deps.executions.find(batch.tenant_id, execution.id) : undefined;
    const end = kept ?? execution;
    // Under a limit, the other run is counted already, and this one was paid as well.
    return await settleAs(leased, end, mostSpent(reserved > 0 ? execution : end, reserved, uncounted));
  } catch (error) {
    // It is not known what of it is on record. The next run finds out; until then the money stays
    // reserved.
    if (reserved > 0 && hasEnded && !(error instanceof ExecutionFailed)) throw error;
    return afterError(deps, leased, error, reserved);
  }
}

/**
 * Records an execution that is paid for. It would be paid for again by the item's next run, so
 * shards and queue that both refuse the record are given a minute.
 */
async function recordPaid(deps: BatchDeps, { record }: LeasedItem, execution: Execution): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return await record(execution);
    } catch (error) {
      const pause = RECORD_PAUSES_MS[tries];
      if (pause === undefined) throw error;
      await deps.sleep(pause);
    }
  }
}

/**
 * If the batch has a cost limit, bounds the request's output and reserves money for it. Returns
 * `notRun` if the item may not run now; it has failed or is queued again then.
 */
async function withinBudget(
  deps: BatchDeps,
  leased: LeasedItem,
  request: ExecutionRequest,
): Promise<{ request: ExecutionRequest; reserved: number } | { notRun: ItemRun }> {
  const { key, batch, item, token } = leased;
  if (batch.max_cost_nanousd === null) return { request, reserved: 0 };
  if (item.reserved_nanousd > 0) await deps.claims.spendReserved(key, item.position, token);
  const bound = await boundCost(deps, request);
  const reservation = await deps.claims.reserve(key, item.position, token, bound.nanousd);
  if (reservation === "reserved") return { request: bound.request, reserved: bound.nanousd };
  if (reservation === "lease lost") return { notRun: NOT_ENDED };
  if (reservation.refused === "for good") {
    const detail = "What is left of the batch's max_cost_usd does not cover this item.";
    return { notRun: await fail(deps, leased, "budget_exceeded", detail) };
  }
  const retry = {
    not_before: deps.now() + BUDGET_WAIT_MS,
    cost_nanousd: 0,
    outcome: "not started" as const,
    execution_id: await idToWaitUnder(deps, leased),
  };
  return { notRun: await requeue(deps, leased, retry) };
}

/**
 * The id under which an item waits for money. Nobody would know later that an earlier run vanished
 * under its present one, so that is recorded as `unknown` now, and its money counts as spent.
 */
async function idToWaitUnder(deps: BatchDeps, leased: LeasedItem): Promise<string> {
  const { batch, item } = leased;
  const vanished = item.reserved_nanousd > 0 ? await unknownExecution(deps, requestOf(batch, item)) : undefined;
  if (!vanished) return item.execution_id;
  await leased.record(vanished);
  return newId("exe", deps.now());
}

/** Retries a failed item, or ends it. */
async function afterError(deps: BatchDeps, leased: LeasedItem, thrown: unknown, reserved: number): Promise<ItemRun> {
  const { batch, item } = leased;
  const failures = item.failures + 1;
  if (thrown instanceof ExecutionFailed) {
    const { error, execution, uncounted } = thrown;
    const cost_nanousd = mostSpent(execution, reserved, uncounted);
    const wait = batch.kind === "batch" ? retryDelay(error, failures, deps.random()) : null;
    if (wait === null) return settleAs(leased, execution, cost_nanousd);
    const now = deps.now();
    // The failure is recorded under the old id, so the next execution needs a fresh one.
    const execution_id = newId("exe", now);
    const retry = {
      not_before: now + wait,
      cost_nanousd,
      outcome: "failed" as const,
      execution_id,
    };
    return requeue(deps, leased, retry);
  }
  const error = toAppError(thrown, "The execution failed on our side.", { retryable: true });
  const wait = retryDelay(error, failures, deps.random());
  if (wait === null) return fail(deps, leased, error.code, error.detail);
  const { execution_id } = item;
  return requeue(deps, leased, { not_before: deps.now() + wait, cost_nanousd: 0, outcome: "failed", execution_id });
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
 * The most that an execution spent. Under a cost limit a call that may be billed for more than was
 * seen of it counts at its worst: `reserved` covers every attempt.
 */
function mostSpent({ cost_nanousd }: ExecutionEnd, reserved: number, uncounted = 0): number {
  const booked = cost_nanousd ?? 0;
  return Math.max(booked, Math.min(reserved, booked + (uncounted * reserved) / MAX_ATTEMPTS));
}

/** The same of an earlier run, of which only the record is known: all but the call that answered. */
function mostSpentBefore({ reserved_nanousd }: ClaimedItem, execution: Execution): number {
  const { status, attempts, cached } = execution;
  const hasAnswered = status === "succeeded" && cached === null;
  return mostSpent(execution, reserved_nanousd, hasAnswered ? attempts - 1 : attempts);
}

/** Ends an item that this run did not execute. An earlier run may have. */
async function fail(deps: BatchDeps, leased: LeasedItem, code: ErrorCode, detail: string): Promise<ItemRun> {
  const { batch, item, settle } = leased;
  const error = { code, detail };
  // Under a limit, what was reserved for the earlier run counts as spent by now.
  const counted = batch.max_cost_nanousd === null ? 0 : item.reserved_nanousd;
  if (item.starts > 1) return giveUp(deps, leased, "failed", error, counted);
  return settle({ position: item.position, state: "failed", cost_nanousd: 0, error });
}

/**
 * Ends an item that runs of dead consumers may have spent money on that no record counts. Its
 * execution is recorded as `unknown` first, at what it may have cost. `counted` of that is in the
 * item's cost already, nano-dollars.
 */
async function giveUp(
  deps: BatchDeps,
  leased: LeasedItem,
  state: "failed" | "cancelled",
  error: ExecutionEnd["error"],
  counted = 0,
): Promise<ItemRun> {
  const { batch, item, settle } = leased;
  // Under a cost limit, nothing was spent before money was set aside.
  const mayHaveSpent = batch.max_cost_nanousd === null || item.reserved_nanousd > 0;
  const execution = mayHaveSpent ? await unknownExecution(deps, requestOf(batch, item)) : undefined;
  if (execution) await leased.record(execution);
  const cost_nanousd = Math.max(0, (execution?.cost_nanousd ?? 0) - counted);
  return settle({ position: item.position, state, cost_nanousd, error });
}

function requestOf(
  { tenant_id, key_id, lane, request }: BatchHead,
  item: ClaimedItem,
): ExecutionRequest & { id: string } {
  if (request === null) throw new AppError("internal_error", "The batch has no request.");
  const variables = JSON.parse(item.variables) as Record<string, unknown>;
  const options = { timeout_ms: LANE_RULES[lane].timeout_ms, ...request };
  return { id: item.execution_id, tenant_id, key_id, lane, variables, options };
}
