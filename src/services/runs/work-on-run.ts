import type { Run, StepResult } from "../../domain/runs/run.ts";
import type { TraceContext } from "../../domain/trace-context.ts";
import { gather } from "../../lib/gather.ts";
import { settleAll } from "../../lib/settle-all.ts";
import type { ClaimedRun, RunKey, RunRepository } from "../../storage/runs/run-repository.ts";
import type { RunDeps } from "./run-deps.ts";
import { RunExecutions } from "./run-executions.ts";
import { tracedRun } from "./trace-run.ts";
import { RunLimitReached } from "./spend-within-limit.ts";

/** A lease is renewed this often in its time. */
const RENEWALS = 3;
/** The most executions that begin in one invocation: each may take a few of its subrequests. */
const EXECUTIONS_AN_INVOCATION = 300;
/** A run that was started this often with no turn that ended well kills its workers. */
const MOST_STARTS = 100;

/** A result, with what it cost where that is told. */
type CostedResult = StepResult & { cost_nanousd?: number | null };

/** A plan, with the trace of the request that asked for it. */
type TracedPlan = { trace?: TraceContext };

/** How the runs of one kind are worked on. */
export interface RunKind<Plan extends TracedPlan, Step, Result extends CostedResult> {
  /** Its name in reports, such as `test`. */
  name: string;
  runs: RunRepository<Plan, Result>;
  /** The steps that can be made now; none where all is done. */
  stepsLeft: (plan: Plan, results: readonly Result[]) => Step[];
  /** Steps of a run at a time. */
  concurrencyOf: (plan: Plan) => number;
  /** The ids of the executions that a step makes at most, those of judges included. */
  executionsOf: (plan: Plan, step: Step) => string[];
  /**
   * Makes a step, whose executions have those ids. Throws {@link RunLimitReached} where the run's
   * money does not reach.
   */
  make(run: Run<Plan>, step: Step, executions: RunExecutions): Promise<Result>;
  /**
   * What stands for a step that the run's money does not reach for, and of which this was paid, in
   * nano-dollars. `goesOn`: whether the run goes on without it, or ends. Absent where no run of the
   * kind has a limit.
   */
  skip?(step: Step, paid: number): { result: Result; goesOn: boolean };
  /** Does what comes before the end; may happen twice where a worker dies between the two. */
  conclude(run: Run<Plan>, results: readonly Result[]): Promise<void>;
}

/**
 * Works on a run: makes the steps that have no result yet, and ends the run after the last one, or
 * where its money does not reach for the next. No step begins `lastStartMs` after this one did;
 * then the run goes back to the queue. Does nothing where another works on the run, or it has
 * ended. Where this throws, the sweep takes the run up again once its lease is over.
 */
export async function workOnRun<Plan extends TracedPlan, Step, Result extends CostedResult>(
  deps: RunDeps,
  kind: RunKind<Plan, Step, Result>,
  key: RunKey,
  lastStartMs: number,
): Promise<void> {
  const startedAt = deps.now();
  const claimed = await kind.runs.claim(key, deps.newToken(), startedAt, startedAt + deps.leaseMs);
  if (!claimed) return;
  if (claimed.starts > MOST_STARTS) return giveUp(deps, kind, key);
  const turn = new RunTurn(deps, kind, claimed, startedAt + lastStartMs);
  const stop = deps.every(deps.leaseMs / RENEWALS, () => turn.renew());
  try {
    if (!(await turn.make())) {
      if ((await kind.runs.find(key))?.ended_at) await turn.saveUnfinished();
      return;
    }
  } finally {
    stop();
  }
  if (!turn.isOver) {
    if (await kind.runs.handBack(key, claimed.token, deps.now())) await deps.wake(key);
    return;
  }
  // Money fails for a run that was cancelled, too, and for one whose next worker holds the money.
  if (!(await kind.runs.renew(key, claimed.token, deps.now() + deps.leaseMs))) return;
  await turn.saveUnfinished();
  await kind.conclude(claimed.run, await kind.runs.results(key));
  const ended = await kind.runs.end(key, "completed", deps.now());
  if (ended) deps.observeRun(tracedRun(ended));
}

/**
 * Cancels a run: no further step begins, and a worker that lives keeps what it makes. What one was
 * paying for that vanished, so that its lease is over, is recorded and kept here.
 */
export async function cancelRun<Plan extends TracedPlan, Step, Result extends CostedResult>(
  deps: RunDeps,
  kind: RunKind<Plan, Step, Result>,
  key: RunKey,
): Promise<void> {
  const now = deps.now();
  const claimed = await kind.runs.claim(key, deps.newToken(), now, now + deps.leaseMs);
  const ended = await kind.runs.end(key, "cancelled", now);
  if (!ended) return;
  deps.observeRun(tracedRun(ended));
  if (!claimed || claimed.starts === 1) return;
  const left = new RunTurn(deps, kind, claimed, now).saveVanished();
  // It is cancelled all the same, and its executions are told of where executions are.
  await left.catch((error: unknown) => deps.onError(`${kind.name}_run_not_counted`, key.id, error));
}

/** One worker's turn at a run, under its lease. */
class RunTurn<Plan extends TracedPlan, Step, Result extends CostedResult> {
  readonly #deps: RunDeps;
  readonly #kind: RunKind<Plan, Step, Result>;
  readonly #claimed: ClaimedRun<Plan>;
  readonly #lastStart: number;
  readonly #executions: RunExecutions;
  /** The steps to begin; those in front were put back for lack of money. */
  #waiting: Step[] = [];
  #underWay = 0;
  #left = EXECUTIONS_AN_INVOCATION;
  /** Whether the run goes on, and is still ours. */
  #open = true;
  /** Whether there is no further step, or no money for one. */
  isOver = false;

  constructor(deps: RunDeps, kind: RunKind<Plan, Step, Result>, claimed: ClaimedRun<Plan>, lastStart: number) {
    this.#deps = deps;
    this.#kind = kind;
    this.#claimed = claimed;
    this.#lastStart = lastStart;
    this.#executions = new RunExecutions(deps, claimed.run.tenant_id);
  }

  /** Makes steps until none is left, or the turn ends. Returns whether the run is still ours. */
  async make(): Promise<boolean> {
    const kind = this.#kind;
    const { run, token } = this.#claimed;
    const save = gather(async (results: readonly Result[]) => kind.runs.save(run, token, results));
    while (this.#open && !this.isOver) {
      this.#waiting = kind.stepsLeft(run.plan, await kind.runs.results(run));
      if (this.#waiting.length === 0) this.isOver = true;
      if (!this.#mayBegin()) break;
      if (this.#claimed.starts > 1) await this.#recover();
      await settleAll(Array.from({ length: kind.concurrencyOf(run.plan) }, async () => this.#work(save)));
    }
    return this.#open;
  }

  renew(): void {
    const { run, token } = this.#claimed;
    const held = async () => {
      this.#open = (await this.#kind.runs.renew(run, token, this.#deps.now() + this.#deps.leaseMs)) && this.#open;
    };
    void held().catch((error: unknown) => this.#deps.onError(`${this.#kind.name}_lease_not_renewed`, run.id, error));
  }

  /** Keeps what was paid of steps that nobody makes any more. */
  async saveUnfinished(): Promise<void> {
    const kind = this.#kind;
    const { run, token } = this.#claimed;
    const results = kind.stepsLeft(run.plan, await kind.runs.results(run)).flatMap((step) => {
      const paid = this.#executions.paid(this.#idsOf(step));
      return (paid > 0 && kind.skip?.(step, paid).result) || [];
    });
    if (results.length > 0) await kind.runs.save(run, token, results);
  }

  /** Keeps what workers that vanished had paid of steps that nobody makes any more. */
  async saveVanished(): Promise<void> {
    const { run } = this.#claimed;
    this.#waiting = this.#kind.stepsLeft(run.plan, await this.#kind.runs.results(run));
    await this.#recover();
    await this.saveUnfinished();
  }

  #idsOf(step: Step): string[] {
    return this.#kind.executionsOf(this.#claimed.run.plan, step);
  }

  /** Finds what earlier workers made of the steps that this turn has room for. */
  async #recover(): Promise<void> {
    const ids: string[] = [];
    for (const step of this.#waiting) {
      if (ids.length >= this.#left) break;
      ids.push(...this.#idsOf(step));
    }
    await this.#executions.recover(ids);
  }

  #mayBegin(): boolean {
    return this.#open && this.#left > 0 && this.#deps.now() < this.#lastStart;
  }

  async #work(save: (result: Result) => Promise<boolean>): Promise<void> {
    while (this.#mayBegin()) {
      const step = this.#waiting.shift();
      if (!step) return;
      const result = await this.#makeStep(step);
      if (!result) return;
      this.#open = (await save(result)) && this.#open;
    }
  }

  /**
   * Undefined where the money does not reach. The steps under way may give some back, so this one
   * waits for them; with none under way it is the end.
   */
  async #makeStep(step: Step): Promise<Result | undefined> {
    const ids = this.#idsOf(step);
    this.#left -= ids.length;
    this.#underWay += 1;
    try {
      const made = await this.#kind.make(this.#claimed.run, step, this.#executions);
      const result = withCost(made, this.#executions.lost(ids));
      this.#executions.forget(ids);
      return result;
    } catch (thrown) {
      if (!(thrown instanceof RunLimitReached)) throw thrown;
      const isLast = this.#underWay === 1;
      const skipped = isLast ? this.#kind.skip?.(step, this.#executions.paid(ids)) : undefined;
      if (skipped?.goesOn) {
        this.#executions.forget(ids);
        return skipped.result;
      }
      this.#waiting.unshift(step);
      if (isLast) this.isOver = true;
      return undefined;
    } finally {
      this.#underWay -= 1;
    }
  }
}

/** A result with what was paid for it beside its own cost. */
function withCost<Result extends CostedResult>(result: Result, more: number): Result {
  if (more === 0 || typeof result.cost_nanousd !== "number") return result;
  return { ...result, cost_nanousd: result.cost_nanousd + more };
}

async function giveUp<Plan extends TracedPlan, Step, Result extends CostedResult>(
  deps: RunDeps,
  { name, runs }: RunKind<Plan, Step, Result>,
  key: RunKey,
): Promise<void> {
  deps.onError(`${name}_run_given_up`, key.id, new Error(`It was started ${MOST_STARTS} times and never ended.`));
  const ended = await runs.end(key, "cancelled", deps.now());
  if (ended) deps.observeRun(tracedRun(ended));
}
