import {
  type AnswerRoom,
  type ChainItem,
  type ChainRun,
  withExecution,
  worstCostOfItems,
} from "../../domain/chains/chain-run.ts";
import type { StepCall } from "../../domain/chains/plan-run.ts";
import { retryDelay } from "../../domain/batches/batch.ts";
import { AppError, toAppError } from "../../domain/errors.ts";
import { parseCacheControl } from "../../domain/executions/cache-control.ts";
import type { ExecutionOptions, ExecutionRequest } from "../../domain/executions/execution-options.ts";
import type { Execution } from "../../domain/executions/execution.ts";
import { toUnknown } from "../../domain/executions/intent.ts";
import { startTimings } from "../../domain/executions/timings.ts";
import { LANE_RULES } from "../../domain/gate/lanes.ts";
import { traceBelow, traceOfRun } from "../../domain/trace-context.ts";
import { boundCost } from "../batches/bound-cost.ts";
import { recordPaid } from "../batches/record-paid.ts";
import { MAX_ATTEMPTS } from "../completions/make-completion.ts";
import type { ExecutionOwner } from "../executions/execute-prompt.ts";
import { ExecutionFailed } from "../executions/execute-result.ts";
import type { RunLease } from "./run-lease.ts";
import type { ChainDeps } from "./chain-deps.ts";
import type { RunBudget } from "./run-budget.ts";
import type { RunTurn } from "./run-turn.ts";
import type { StepEvent } from "./step-events.ts";

/** What happens in a run, for the reader of its stream. */
export type ChainEvent =
  StepEvent | { type: "delta"; step: string; text: string } | { type: "retry"; step: string; item: number };

/** A run under the lease of one worker. */
export interface ChainWork {
  run: ChainRun;
  lease: RunLease;
  /** Null where the run has no limit of its own. */
  budget: RunBudget | null;
  turn: RunTurn;
  room: AnswerRoom;
  /** Absent where nobody reads. */
  tell?: (event: ChainEvent) => Promise<void>;
}

const NO_MONEY = "What is left of the run's max_cost_usd does not cover this step.";
const FIRST_PAUSE_MS = 1_000;
/** From this failure on, the pauses grow no more. */
const MOST_GROWTH = 4;

/**
 * Executes one item of a step until it has ended or the turn is over, and keeps what is known of
 * it. Undefined where the run was cancelled or is another worker's by now. The caller has taken
 * room for the first try.
 */
export async function runItem(
  deps: ChainDeps,
  work: ChainWork,
  call: StepCall,
  known: ChainItem | undefined,
): Promise<ChainItem | undefined> {
  const { run, lease } = work;
  let item: ChainItem = known ?? { step: call.step.id, item: call.item, executions: [] };
  for (;;) {
    const tried = await tryOnce(deps, work, call, item);
    if (!tried || !lease.check(await deps.runs.save(run, lease.token, tried.item, false))) return undefined;
    item = tried.item;
    if (item.end) return item;
    if (!lease.isOpen) return undefined;
    await work.tell?.({ type: "retry", step: item.step, item: item.item });
    await deps.sleep(tried.pause_ms);
    if (!work.turn.take()) return item;
  }
}

/**
 * An item whose last execution may have been cut off, by what is on record of that. One that is not
 * on record is recorded as `unknown`, so that what it may have spent is counted.
 */
export async function resolveItem(
  deps: ChainDeps,
  run: ChainRun,
  item: ChainItem,
  room: AnswerRoom,
): Promise<ChainItem> {
  const { intent } = item;
  const step = run.plan.definition.steps.find(({ id }) => id === item.step);
  if (!intent || !step) return item;
  let execution: Execution | undefined = await deps.executions.find(run.tenant_id, intent.id);
  if (!execution) {
    execution = toUnknown(run.tenant_id, intent);
    await deps.record(execution);
  }
  const uncounted_nanousd = uncountedOf(execution, item.reserved_nanousd ?? 0);
  return withExecution(item, step, execution, { uncounted_nanousd, room });
}

/**
 * What the calls of an execution may be billed beyond its record: all but the one that answered.
 */
function uncountedOf({ status, attempts, cached }: Execution, reserved: number): number {
  if (status === "unknown") return 0;
  const calls = status === "succeeded" && cached === null ? attempts - 1 : attempts;
  return (calls * reserved) / MAX_ATTEMPTS;
}

/** What one try gave. `pause_ms`: the time until the next one, if the item has not ended. */
interface Tried {
  item: ChainItem;
  pause_ms: number;
}

/**
 * Undefined where the call was not to be made any more. A fault of ours that may pass is thrown:
 * the run goes on later.
 */
async function tryOnce(deps: ChainDeps, work: ChainWork, call: StepCall, item: ChainItem): Promise<Tried | undefined> {
  const { run, lease, budget } = work;
  let [reserved, isRefused] = [0, false];
  let tried: Tried | undefined;
  const start: ExecutionOwner["start"] = async (intent) => {
    const begun = { ...item, intent, ...(reserved > 0 && { reserved_nanousd: reserved }) };
    isRefused = !lease.check(await deps.runs.save(run, lease.token, begun, true));
    if (isRefused) throw new AppError("conflict", "The run was cancelled, or another worker has it.");
  };
  const record: ExecutionOwner["record"] = async (execution) => recordPaid(deps, deps.record, execution);
  try {
    let request = await requestOf(deps, run, call);
    if (budget) {
      const bound = await boundCost(deps, request);
      if (!(await budget.reserve(bound.nanousd))) throw new AppError("budget_exceeded", NO_MONEY);
      [reserved, request] = [bound.nanousd, bound.request];
    }
    const execution = await execute(deps, work, call, request, { start, record });
    const uncounted_nanousd = uncountedOf(execution, reserved);
    tried = { item: withExecution(item, call.step, execution, { uncounted_nanousd, room: work.room }), pause_ms: 0 };
  } catch (thrown) {
    if (!isRefused) tried = afterFailure(deps, work, { call, item, thrown, reserved });
  } finally {
    // Where its end is not known, all that was set aside may be spent.
    const spent = tried ? worstCostOfItems([tried.item]) - worstCostOfItems([item]) : reserved;
    if (reserved > 0) budget?.settle(reserved, spent);
  }
  return tried;
}

function afterFailure(
  deps: ChainDeps,
  { room }: ChainWork,
  { call, item, thrown, reserved }: { call: StepCall; item: ChainItem; thrown: unknown; reserved: number },
): Tried {
  if (thrown instanceof ExecutionFailed) {
    const { error, execution } = thrown;
    const growth = Math.min(item.executions.length + 1, MOST_GROWTH);
    const pause_ms = retryDelay(error, growth, deps.random()) ?? FIRST_PAUSE_MS;
    const uncounted_nanousd = uncountedOf(execution, reserved);
    return { item: withExecution(item, call.step, execution, { uncounted_nanousd, room }), pause_ms };
  }
  const { code, detail, retryable } = toAppError(thrown);
  if (retryable || code === "internal_error") throw thrown;
  return { item: { ...item, end: { status: "failed", error: { code, detail } } }, pause_ms: 0 };
}

/** Executes whole, or as a stream where a reader follows the chain's result. */
async function execute(
  deps: ChainDeps,
  { run, tell }: ChainWork,
  { step }: StepCall,
  request: ExecutionRequest,
  owner: ExecutionOwner,
): Promise<Execution> {
  const timings = startTimings(() => deps.now());
  const isResult = step.id === run.plan.definition.steps.at(-1)?.id && step.for_each === undefined;
  if (!tell || !isResult) return (await deps.execute.run(request, timings, owner)).execution;
  const { events } = await deps.execute.stream(request, timings, owner);
  let ended: Execution | undefined;
  for await (const event of events) {
    if (event.type === "text") await tell({ type: "delta", step: step.id, text: event.text });
    if (event.type === "error") throw new ExecutionFailed(event.error, event.execution);
    if (event.type === "done") ended = event.execution;
  }
  if (!ended) throw new AppError("internal_error", "An execution without an end.");
  return ended;
}

/** The execution of an item, within the time that the run has left. */
async function requestOf(
  deps: ChainDeps,
  run: ChainRun,
  { step, item, variables }: StepCall,
): Promise<ExecutionRequest> {
  const { tenant_id, key_id, lane, plan } = run;
  const left = plan.deadline_at - deps.now();
  if (left <= 0) throw new AppError("timeout", "The run's time was over before the step began.");
  const id = deps.ids.next(tenant_id);
  const options: ExecutionOptions = {
    prompt: { name: step.prompt, version: step.version, label: step.label },
    parameters: {},
    cache_control: parseCacheControl(""),
    metadata: {
      ...plan.metadata,
      chain: run.chain_name,
      chain_run: run.id,
      chain_step: step.id,
      ...(step.for_each !== undefined && { chain_item: item }),
    },
    ...(plan.user !== undefined && { user: plan.user }),
    ...(plan.cache !== undefined && { cache: plan.cache }),
  };
  const request: ExecutionRequest = {
    id,
    tenant_id,
    key_id,
    lane,
    variables,
    options,
    default_timeout_ms: LANE_RULES[lane].timeout_ms,
    trace: traceBelow(traceOfRun(run), id),
  };
  const timeout_ms = Math.min(left, await deps.timeLimit(request));
  return { ...request, options: { ...options, timeout_ms } };
}
