import { isPoison } from "../../domain/batches/batch.ts";
import { AnswerRoom, type ChainItem, type ChainRun, worstCostOfItems } from "../../domain/chains/chain-run.ts";
import { standOf, type StepCall, type StepState, statusOf } from "../../domain/chains/plan-run.ts";
import type { RunKey } from "../../storage/runs/run-repository.ts";
import { RunLease } from "./run-lease.ts";
import type { ChainDeps } from "./chain-deps.ts";
import { observeChainRun } from "./observe-chain-run.ts";
import { RunBudget } from "./run-budget.ts";
import { type ChainEvent, type ChainWork, resolveItem, runItem } from "./run-item.ts";
import { RunTurn } from "./run-turn.ts";
import { nameOf, StepNews } from "./step-events.ts";
import { wakeChainRuns } from "./wake-chain-runs.ts";

/** Executions of a run at a time: an invocation has six connections at once. */
const CALLS_AT_ONCE = 6;
/** How long a message of the queue works on a run before it lets others have their turn, ms. */
const TURN_MS = 60_000;

export type { ChainEvent } from "./run-item.ts";

/** A run under the lease of its worker. */
export interface LeasedChainRun {
  run: ChainRun;
  token: string;
  /** Who reads what happens; absent where nobody does. */
  tell?: (event: ChainEvent) => Promise<void>;
  /** No execution begins after this time, Unix ms; absent where the run has no others before it. */
  last_start?: number;
}

/** Goes on with a run, unless it has ended or another worker has it. */
export async function resumeChainRun(deps: ChainDeps, key: RunKey): Promise<void> {
  const now = deps.now();
  const token = deps.newToken();
  const starts = await deps.runs.takeLease(key, token, now, now + deps.settings.leaseMs);
  const run = starts === undefined ? undefined : await deps.runs.find(key);
  if (!run) return;
  if (isPoison(starts ?? 0)) {
    deps.onError("chain_run_given_up", key.id, new Error("It was started many times and never ended."));
    if (await deps.runs.end(key, "failed", now)) observeChainRun(deps, run, { status: "failed", ended_at: now });
  } else await runChain(deps, { run, token, last_start: now + TURN_MS });
  await wakeChainRuns(deps, run);
}

/**
 * Works on a run: makes the executions that it needs and that nobody has made, and ends it. None
 * begins after `last_start`, nor beyond what one invocation may do: then the run waits for its turn
 * in the queue. Where this throws, the sweep takes the run up again once its lease is over.
 */
export async function runChain(
  deps: ChainDeps,
  { run, token, tell, last_start = Infinity }: LeasedChainRun,
): Promise<void> {
  const { leaseMs } = deps.settings;
  const lease = new RunLease(deps, { key: run, token, leaseMs, event: "chain_lease_not_renewed" });
  try {
    const room = new AnswerRoom();
    const items = await itemsOf(deps, run, lease, room);
    const limit = run.plan.max_cost_nanousd;
    const budget = limit === undefined ? null : new RunBudget(limit, worstCostOfItems(items.values()));
    const turn = new RunTurn(() => !lease.isOpen || deps.now() >= last_start);
    const states = await workOn(deps, { run, lease, budget, turn, room, tell }, items);
    if (!lease.isOpen) return;
    const status = statusOf(states);
    if (status === "running") {
      await deps.runs.letGo(run, token, deps.now());
      await wakeChainRuns(deps, run);
      return;
    }
    const ended_at = deps.now();
    if (await deps.runs.end(run, status, ended_at)) {
      observeChainRun(deps, run, { status, ended_at, items: items.values() });
    }
  } finally {
    lease.stop();
  }
}

/**
 * What is known of the items, by their names. What was cut off is resolved before money is spent.
 */
async function itemsOf(
  deps: ChainDeps,
  run: ChainRun,
  lease: RunLease,
  room: AnswerRoom,
): Promise<Map<string, ChainItem>> {
  const items = new Map<string, ChainItem>();
  const stored = await deps.runs.items(run);
  for (const item of stored) room.hold(item);
  for (const item of stored) {
    const resolved = await resolveItem(deps, run, item, room);
    if (resolved !== item) lease.check(await deps.runs.save(run, lease.token, resolved, false));
    items.set(nameOf(resolved), resolved);
  }
  return items;
}

/** Returns how the steps stand when nothing more is under way, and nothing more is to begin. */
async function workOn(deps: ChainDeps, work: ChainWork, items: Map<string, ChainItem>): Promise<StepState[]> {
  const { run, turn, tell } = work;
  const running = new Map<string, Promise<void>>();
  const steps = new StepNews();
  let fault: { error: unknown } | undefined;
  const begin = (call: StepCall) => {
    const name = nameOf({ step: call.step.id, item: call.item });
    const end = (item: ChainItem | undefined) => void (item && items.set(name, item));
    const fail = (error: unknown) => void (fault ??= { error });
    const done = runItem(deps, work, call, items.get(name)).then(end, fail);
    running.set(
      name,
      done.finally(() => running.delete(name)),
    );
  };
  let states: StepState[] = [];
  for (;;) {
    states = standOf(run.plan, [...items.values()], states);
    if (tell) for (const news of steps.of(states, items)) await tell(news);
    for (const call of openCalls(states, items, running).slice(0, CALLS_AT_ONCE - running.size)) {
      if (fault !== undefined || !turn.take()) break;
      begin(call);
    }
    if (running.size === 0) break;
    await Promise.race(running.values());
  }
  if (fault) throw fault.error;
  return states;
}

/** The executions that have not ended, and that nobody makes at the moment. */
function openCalls(
  states: readonly StepState[],
  items: ReadonlyMap<string, ChainItem>,
  running: ReadonlyMap<string, unknown>,
): StepCall[] {
  const calls = states.flatMap((state) => (state.end ? [] : state.calls));
  return calls.filter(({ step, item }) => {
    const name = nameOf({ step: step.id, item });
    return !running.has(name) && !items.get(name)?.end;
  });
}
