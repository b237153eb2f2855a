import type { RunStep } from "./run-events.ts";

/** When an execution began and how long it took. */
export interface ExecutionTime {
  startedAt: number;
  durationMs: number;
  status: string;
}

/** An execution of a step as a bar: its place and its length as shares of the whole. */
export interface TimelineRow {
  execution: string;
  step: string;
  /** The place in the list of `for_each` where the step has several, and the try where it has. */
  note: string;
  status: string;
  startMs: number;
  durationMs: number;
  left: number;
  width: number;
}

/** The ids of all executions of some steps, in their order. */
export function executionsOf(steps: readonly RunStep[]): string[] {
  return steps.flatMap(({ items }) => items.flatMap(({ executions }) => executions));
}

/**
 * The executions of a run as bars, by their beginnings. Those whose times are not known are left
 * out. The whole is from the run's beginning to its end, or to the end of the last bar.
 */
export function timelineOf(
  steps: readonly RunStep[],
  times: ReadonlyMap<string, ExecutionTime>,
  run: { createdAt: number; endedAt: number | null },
): { rows: TimelineRow[]; wholeMs: number } {
  const bars = steps.flatMap(({ id, items }) =>
    items.flatMap(({ item, executions }) =>
      executions.flatMap((execution, tried) => {
        const time = times.get(execution);
        if (!time) return [];
        const note = [
          items.length > 1 ? `item ${item + 1}` : "",
          executions.length > 1 ? `try ${tried + 1}` : "",
        ].filter(Boolean);
        const startMs = Math.max(0, time.startedAt - run.createdAt);
        const { durationMs, status } = time;
        return [{ execution, step: id, note: note.join(", "), status, startMs, durationMs }];
      }),
    ),
  );
  const ends = bars.map(({ startMs, durationMs }) => startMs + durationMs);
  const wholeMs = Math.max(1, ...ends, run.endedAt === null ? 0 : run.endedAt - run.createdAt);
  const rows = bars
    .toSorted((a, b) => a.startMs - b.startMs)
    .map((bar) => ({ ...bar, left: bar.startMs / wholeMs, width: bar.durationMs / wholeMs }));
  return { rows, wholeMs };
}
