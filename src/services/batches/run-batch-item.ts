import { isPoison, retryDelay } from "../../domain/batches/batch.ts";
import { AppError, type ErrorCode } from "../../domain/errors.ts";
import type { Execution } from "../../domain/executions/execution.ts";
import { newId } from "../../domain/id.ts";
import { LANE_RULES } from "../../domain/gate/lanes.ts";
import type { BatchClaims, ClaimedItem, GroupKey, ItemOutcome } from "../../storage/batches/claims.ts";
import type { BatchRecord } from "../../storage/batches/batches.ts";
import type { ExecutionRepository } from "../../storage/executions/executions.ts";
import type { BoundCost } from "./bound-cost.ts";
import type { Clock } from "../../lib/clock.ts";
import type { ExecutePrompt } from "../executions/execute-prompt.ts";
import type { ExecutionRequest } from "../../domain/executions/execution-options.ts";
import { ExecutionFailed } from "../executions/execute-result.ts";
import type { RecordUsage } from "../usage/record-usage.ts";
import { startTimings } from "../../domain/executions/timings.ts";

/** An item under a lease. */
export interface LeasedItem {
  key: GroupKey;
  batch: BatchRecord;
  item: ClaimedItem;
  token: string;
  /** Ends the item, together with others of its group that end in the same moment. */
  settle(outcome: ItemOutcome): Promise<{ webhook: boolean }>;
  /** Records its execution, together with others of its invocation. */
  record: RecordUsage["now"];
}

/** Runs one item to its end, or puts it back. Whether its batch ended with it and has a webhook to send. */
export type RunBatchItem = (leased: LeasedItem) => Promise<{ webhook: boolean }>;

/** What {@link createRunBatchItem} needs. `random` in [0, 1). */
export interface RunBatchItemDeps extends Clock {
  random(): number;
  claims: Pick<BatchClaims, "reserve" | "requeue">;
  executions: Pick<ExecutionRepository, "find">;
  execute: Pick<ExecutePrompt, "run">;
  boundCost: BoundCost;
}

/** What an item takes over from its execution. */
type Ended = Pick<Execution, "status" | "cost_nanousd" | "error">;

/** How long an item waits for others to give back what they set aside and do not spend. */
const BUDGET_WAIT_MS = 2_000;

const NOT_ENDED = { webhook: false };

/** The service: look for an earlier end → set money aside → execute → settle. */
export function createRunBatchItem(deps: RunBatchItemDeps): RunBatchItem {
  async function settle({ item, ...leased }: LeasedItem, outcome: Omit<ItemOutcome, "position">) {
    return leased.settle({ position: item.position, ...outcome });
  }

  async function fail(leased: LeasedItem, code: ErrorCode, detail: string) {
    return settle(leased, { state: "failed", cost_nanousd: 0, error: { code, detail } });
  }

  /** An execution that may be tried again gets a fresh id: under the old one its failure is on record. */
  async function afterExecution(leased: LeasedItem, execution: Ended, error?: AppError) {
    const { key, batch, item, token } = leased;
    const cost_nanousd = execution.cost_nanousd ?? 0;
    const failures = item.failures + 1;
    const wait = error && batch.kind === "batch" ? retryDelay(error, failures, deps.random()) : null;
    if (wait === null) return settle(leased, { state: execution.status, cost_nanousd, error: execution.error });
    const now = deps.now();
    const retry = { not_before: now + wait, cost_nanousd, failed: true, execution_id: newId("exe", now) };
    await deps.claims.requeue(key, item.position, token, retry);
    return NOT_ENDED;
  }

  async function afterError(leased: LeasedItem, thrown: unknown) {
    const { key, item, token } = leased;
    if (thrown instanceof ExecutionFailed) return afterExecution(leased, thrown.execution, thrown.error);
    const error =
      thrown instanceof AppError
        ? thrown
        : new AppError("internal_error", "The execution failed on our side.", { retryable: true, cause: thrown });
    const wait = retryDelay(error, item.failures + 1, deps.random());
    if (wait === null) return fail(leased, error.code, error.detail);
    const { execution_id } = item;
    const retry = { not_before: deps.now() + wait, cost_nanousd: 0, failed: true, execution_id };
    await deps.claims.requeue(key, item.position, token, retry);
    return NOT_ENDED;
  }

  /** The request with its money set aside, or null where the item was dealt with otherwise. */
  async function withinBudget(leased: LeasedItem, request: ExecutionRequest) {
    const { key, item, token } = leased;
    const bound = await deps.boundCost(request);
    const reservation = await deps.claims.reserve(key, item.position, token, bound.nanousd);
    if (reservation === "reserved") return { request: bound.request };
    if (reservation === "lease lost") return NOT_ENDED;
    if (reservation.refused === "for good") {
      return fail(leased, "budget_exceeded", "What is left of the batch's max_cost_usd does not cover this item.");
    }
    const retry = {
      not_before: deps.now() + BUDGET_WAIT_MS,
      cost_nanousd: 0,
      failed: false,
      execution_id: item.execution_id,
    };
    await deps.claims.requeue(key, item.position, token, retry);
    return NOT_ENDED;
  }

  return async function runBatchItem(leased) {
    const { batch, item } = leased;
    const started = item.starts > 1;
    const recorded = started ? await deps.executions.find(batch.tenant_id, item.execution_id) : undefined;
    if (recorded) {
      return settle(leased, {
        state: recorded.status,
        cost_nanousd: recorded.cost_nanousd ?? 0,
        error: recorded.error,
      });
    }
    if (isPoison(item.starts))
      return fail(leased, "internal_error", "The item was started many times and never ended.");
    try {
      let request = requestOf(batch, item);
      if (batch.max_cost_nanousd !== null) {
        const affordable = await withinBudget(leased, request);
        if (!("request" in affordable)) return affordable;
        request = affordable.request;
      }
      const { execution } = await deps.execute.run(
        request,
        startTimings(() => deps.now()),
        leased.record,
      );
      // Two runs of one id may have met: the record that came first is the one that counts.
      const kept = started ? await deps.executions.find(batch.tenant_id, execution.id) : undefined;
      return await afterExecution(leased, kept ?? execution);
    } catch (error) {
      return afterError(leased, error);
    }
  };
}

function requestOf({ tenant_id, key_id, lane, request }: BatchRecord, item: ClaimedItem): ExecutionRequest {
  if (request === null) throw new AppError("internal_error", "The batch has no request.");
  const variables = JSON.parse(item.variables) as Record<string, unknown>;
  const options = { timeout_ms: LANE_RULES[lane].timeout_ms, ...request };
  return { id: item.execution_id, tenant_id, key_id, lane, variables, options };
}
