import type { ExecutionRequest } from "../../domain/executions/execution-options.ts";
import { newId } from "../../domain/id.ts";
import type { Run } from "../../domain/runs/run.ts";
import type { TracedRun } from "../../domain/traces/run-span.ts";
import { traceBelow, traceOfRun, type TraceContext } from "../../domain/trace-context.ts";
import type { ExecutePrompt } from "../executions/execute-prompt.ts";

/** A run, and the trace of the request that asked for it, where it has one. */
type TraceableRun = Pick<Run<{ trace?: TraceContext }>, "id" | "plan">;

/** Which kind of run has an id, by its prefix. */
const KINDS: Record<string, TracedRun["kind"]> = { tst: "test_run", cmp: "comparison", opt: "optimization" };

/** The executor of a run: all of its executions are below the run in one trace, judges too. */
export function executeInRun(
  { execute, now }: { execute: Pick<ExecutePrompt, "run">; now: () => number },
  run: TraceableRun,
): Pick<ExecutePrompt, "run"> {
  const trace = traceOfRun(run);
  return {
    run: async (request: ExecutionRequest, ...more) => {
      const place = traceBelow(trace, request.id ?? newId("exe", now()));
      return execute.run({ ...request, trace: place }, ...more);
    },
  };
}

/** A run that has ended, as its trace tells it. */
export function tracedRun(run: Run<{ trace?: TraceContext }>): TracedRun {
  const { id, tenant_id, status, created_at, ended_at } = run;
  const kind = KINDS[id.slice(0, 3)] ?? "test_run";
  const trace = traceOfRun(run);
  return { kind, tenant_id, id, trace, status, created_at, ended_at: ended_at ?? created_at, attributes: {} };
}
