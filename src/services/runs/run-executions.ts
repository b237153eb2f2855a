import { AppError } from "../../domain/errors.ts";
import type { Execution } from "../../domain/executions/execution.ts";
import type { ExecutionRequest } from "../../domain/executions/execution-options.ts";
import { toUnknown } from "../../domain/executions/intent.ts";
import type { Timings } from "../../domain/executions/timings.ts";
import { laterId } from "../../domain/id.ts";
import type { ExecutionRepository } from "../../storage/executions/executions.ts";
import type { ExecutePrompt } from "../executions/execute-prompt.ts";
import { ExecutionFailed } from "../executions/execute-result.ts";
import type { RecordUsage } from "../usage/record-usage.ts";

/** Makes the executions of a run, each once by the id that its plan gives it. */
export interface ExecuteInRun {
  run(request: ExecutionRequest, timings: Timings): Promise<{ execution: Execution }>;
}

/** What {@link RunExecutions} needs. */
export interface RunExecutionsDeps {
  executions: Pick<ExecutionRepository, "findAll" | "findIntents">;
  record: RecordUsage["now"];
}

/** What is known of an execution by its planned id. */
interface KnownExecution {
  /** The id under which it is made next. */
  id: string;
  /** How it ended; it is not made again then. */
  ended?: Execution;
  /** What was paid under ids before this one, and gave nothing; nano-dollars. */
  lost_nanousd: number;
}

/** Between the ids of an execution that is made again: its assertions have those behind each. */
const IDS_BETWEEN = 1_000;

/**
 * The executions of a run's steps. What a worker that vanished has on record is taken from there.
 * What it was about to pay for, and is not on record, is recorded as `unknown` at its worst, counts
 * as lost, and is made again under another id, which follows from the first: so the next worker
 * finds that one, too.
 */
export class RunExecutions {
  readonly #deps: RunExecutionsDeps;
  readonly #tenantId: string;
  /** By planned ids. */
  readonly #known = new Map<string, KnownExecution>();

  constructor(deps: RunExecutionsDeps, tenantId: string) {
    this.#deps = deps;
    this.#tenantId = tenantId;
  }

  /** Finds what earlier workers made of some executions. */
  async recover(ids: readonly string[]): Promise<void> {
    let asked = ids.filter((id) => !this.#known.has(id)).map((planned) => ({ planned, id: planned, lost_nanousd: 0 }));
    while (asked.length > 0) {
      const found = await this.#endsOf(asked.map(({ id }) => id));
      asked = asked.flatMap(({ planned, ...known }) => {
        const ended = found.get(known.id);
        if (!ended || isReadable(ended)) {
          this.#known.set(planned, ended ? { ...known, ended } : known);
          return [];
        }
        return [{ planned, ...withoutAnswer(known, ended) }];
      });
    }
  }

  /** The executor of the run's steps over another one. Their requests have the planned ids. */
  over(execute: Pick<ExecutePrompt, "run">): ExecuteInRun {
    return {
      run: async (request, timings) => {
        const { id: planned } = request;
        if (planned === undefined) return execute.run(request, timings);
        let known = this.#known.get(planned) ?? { id: planned, lost_nanousd: 0 };
        const { ended } = known;
        // What a door relays is not on record.
        if (ended && (request.door === undefined || ended.relayed !== undefined)) return replay(ended);
        if (ended) known = withoutAnswer(known, ended);
        try {
          const { execution } = await execute.run({ ...request, id: known.id }, timings);
          this.#known.set(planned, { ...known, ended: execution });
          return { execution };
        } catch (thrown) {
          const more = thrown instanceof ExecutionFailed && { ended: thrown.execution };
          this.#known.set(planned, { ...known, ...more });
          throw thrown;
        }
      },
    };
  }

  /** What was paid for some executions beside that of their results, nano-dollars. */
  lost(ids: readonly string[]): number {
    return ids.reduce((sum, id) => sum + (this.#known.get(id)?.lost_nanousd ?? 0), 0);
  }

  /** What was paid for them in all. */
  paid(ids: readonly string[]): number {
    return ids.reduce((sum, id) => sum + (this.#known.get(id)?.ended?.cost_nanousd ?? 0), this.lost(ids));
  }

  /** Forgets executions whose result is kept. */
  forget(ids: readonly string[]): void {
    for (const id of ids) this.#known.delete(id);
  }

  /** What is on record, or is put there: the end of an execution that was cut off is unknown. */
  async #endsOf(ids: readonly string[]): Promise<Map<string, Execution>> {
    const { executions, record } = this.#deps;
    const found = new Map<string, Execution>(await executions.findAll(this.#tenantId, ids));
    const missing = ids.filter((id) => !found.has(id));
    if (missing.length === 0) return found;
    const intents = await executions.findIntents(this.#tenantId, missing);
    const unknown = [...intents.values()].map((intent) => toUnknown(this.#tenantId, intent));
    for (const execution of unknown) {
      await record(execution);
      found.set(execution.id, execution);
    }
    return found;
  }
}

/** Whether a record says all that a step needs of it. */
function isReadable({ status, output_truncated }: Execution): boolean {
  return status !== "unknown" && !output_truncated;
}

function withoutAnswer({ id, lost_nanousd }: KnownExecution, { cost_nanousd }: Execution): KnownExecution {
  return { id: laterId(id, IDS_BETWEEN), lost_nanousd: lost_nanousd + (cost_nanousd ?? 0) };
}

/** An execution that has ended, as its executor would give it. */
function replay(execution: Execution): { execution: Execution } {
  const { error } = execution;
  if (error) throw new ExecutionFailed(new AppError(error.code, error.detail), execution);
  return { execution };
}
