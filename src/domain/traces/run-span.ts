import type { TraceContext } from "../trace-context.ts";
import { type Attributes, fraction, type Span } from "./span.ts";

/** A run that has ended, as its trace tells it. Its executions are below it. Times are Unix ms. */
export interface TracedRun {
  /** What it is, as its span is named. */
  kind: "chain_run" | "test_run" | "comparison" | "optimization";
  tenant_id: string;
  id: string;
  trace: TraceContext;
  status: string;
  created_at: number;
  ended_at: number;
  /** Null where a price is unknown, and absent where it was not summed up. */
  cost_nanousd?: number | null;
  attributes: Attributes;
}

const NANO = 1e9;

/** The span of a run. It stands for the request that asked for it, until the run's end. */
export function runSpan(run: TracedRun): Span {
  const { trace_id, span_id, parent_id, state, queued } = run.trace;
  const { cost_nanousd: cost } = run;
  return {
    trace_id,
    span_id,
    ...(parent_id !== undefined && { parent_id }),
    ...(state !== undefined && { state }),
    name: run.kind,
    kind: queued ? "internal" : "server",
    start: run.created_at,
    end: run.ended_at,
    attributes: {
      ...run.attributes,
      "pbt.run.id": run.id,
      "pbt.run.status": run.status,
      "pbt.tenant.id": run.tenant_id,
      "pbt.cost_usd": typeof cost === "number" ? fraction(cost / NANO) : undefined,
      "error.type": isFailed(run) ? "run_failed" : undefined,
    },
    ...(isFailed(run) && { error: "run_failed" }),
  };
}

/** Whether a run is exported whatever its sampling says. */
export function isFailed({ status }: Pick<TracedRun, "status">): boolean {
  return status === "failed";
}
