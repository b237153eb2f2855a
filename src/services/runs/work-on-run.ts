import type { Run, StepResult } from "../../domain/runs/run.ts";
import type { TraceContext } from "../../domain/trace-context.ts";
import { gather } from "../../lib/gather.ts";
import { settleAll } from "../../lib/settle-all.ts";
import type { ClaimedRun, RunKey, RunRepository } from "../../storage/runs/run-repository.ts";
import type { RunDeps } from "./run-deps.ts";
import { tracedRun } from "./trace-run.ts";
import { RunLimitReached } from "./spend-within-limit.ts";

/** How long a lease of a run lasts, and how often it is renewed, ms. */
const LEASE_MS = 60_000;
const RENEW_MS = 20_000;
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
  /** The executions that a step makes at most, those of judges included. */
  executionsOf: (step: Step) => number;
  /**
   * Makes a step. `resumed`: it may have been begun before; what is on record is not executed
   * again. Throws {@link RunLimitReached} where the run's money does not reach.
   */
  make(run: Run<Plan>, step: Step, resumed: boolean): Promise<Result>;
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
  const claimed = await kind.runs.claim(key, deps.newToken(), startedAt, startedAt + LEASE_MS);
  if (!claimed) return;
  if (claimed.starts > MOST_STARTS) return giveUp(deps, kind, key);
  const turn = new RunTurn(deps, kind, claimed, startedAt + lastStartMs);
  const stop = deps.every(RENEW_MS, () => turn.renew());
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
  if (!(await kind.runs.renew(key, claimed.token, deps.now() + LEASE_MS))) return;
  await turn.saveUnfinished();
  await kind.conclude(claimed.run, await kind.runs.results(key));
  const ended = await kind.runs.end(key, "completed", deps.now());
  if (ended) deps.observeRun(tracedRun(ended));
}

/** One worker's turn at a run, under its lease. */
class RunTurn<Plan extends TracedPlan, Step, Result extends CostedResult> {
  readonly #deps: RunDeps;
  readonly #kind: RunKind<Plan, Step, Result>;
  readonly #claimed: ClaimedRun<Plan>;
  readonly #lastStart: number;
  /** The steps to begin; those in front were put back for lack of money, and may be on record. */
  #waiting: Step[] = [];
  readonly #begun = new Set<Step>();
  #underWay = 0;
  #left = EXECUTIONS_AN_INVOCATION;
  /** Whether the run goes on, and is still ours. */
  #open = true;
  /** What was paid of steps that were put back, in nano-dollars; of it what is paid again. */
  readonly #paid = new Map<Step, { kept: number; lost: number }>();
  /** Whether there is no further step, or no money for one. */
  isOver = false;

  constructor(deps: RunDeps, kind: RunKind<Plan, Step, Result>, claimed: ClaimedRun<Plan>, lastStart: number) {
    this.#deps = deps;
    this.#kind = kind;
    this.#claimed = claimed;
    this.#lastStart = lastStart;
  }

  /** Makes steps until none is left, or the turn ends. Returns whether the run is still ours. */
  async make(): Promise<boolean> {
    const kind = this.#kind;
    const { run } = this.#claimed;
    const save = gather(async (results: readonly Result[]) => kind.runs.save(run, results));
    while (this.#open && !this.isOver) {
      this.#waiting = kind.stepsLeft(run.plan, await kind.runs.results(run));
      if (this.#waiting.length === 0) this.isOver = true;
      if (!this.#mayBegin()) break;
      await settleAll(Array.from({ length: kind.concurrencyOf(run.plan) }, async () => this.#work(save)));
    }
    return this.#open;
  }

  renew(): void {
    const { run, token } = this.#claimed;
    const held = async () => {
      this.#open = (await this.#kind.runs.renew(run, token, this.#deps.now() + LEASE_MS)) && this.#open;
    };
    void held().catch((error: unknown) => this.#deps.onError(`${this.#kind.name}_lease_not_renewed`, run.id, error));
  }

  /** Keeps what was paid of steps that nobody makes any more. */
  async saveUnfinished(): Promise<void> {
    const paid = [...this.#paid].filter(([, { kept, lost }]) => kept + lost > 0);
    const results = paid.flatMap(([step, { kept, lost }]) => this.#kind.skip?.(step, kept + lost).result ?? []);
    if (results.length > 0) await this.#kind.runs.save(this.#claimed.run, results);
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
    const resumed = this.#claimed.starts > 1 || this.#begun.has(step);
    this.#begun.add(step);
    this.#left -= this.#kind.executionsOf(step);
    this.#underWay += 1;
    try {
      const made = await this.#kind.make(this.#claimed.run, step, resumed);
      const lost = this.#paid.get(step)?.lost ?? 0;
      this.#paid.delete(step);
      return withCost(made, lost);
    } catch (thrown) {
      if (!(thrown instanceof RunLimitReached)) throw thrown;
      const lost = (this.#paid.get(step)?.lost ?? 0) + thrown.lost_nanousd;
      const kept = thrown.kept_nanousd;
      this.#paid.set(step, { kept, lost });
      const isLast = this.#underWay === 1;
      const skipped = isLast ? this.#kind.skip?.(step, kept + lost) : undefined;
      if (skipped?.goesOn) {
        this.#paid.delete(step);
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
