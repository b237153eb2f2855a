import { useReads } from "../../api/use-api.ts";
import { duration } from "../../ui/format.ts";
import { Empty, Panel } from "../../ui/page.tsx";
import { type ShownChainRun, hasEnded } from "./run-events.ts";
import { executionsOf, type ExecutionTime, timelineOf, type TimelineRow } from "./run-timeline.ts";

/** One that is not on record yet is asked for again after this time, ms. */
const AGAIN_MS = 2_000;
/** Each bar is a request of its own. */
const MOST_BARS = 60;

/** What a run did when: a bar for each execution of its steps. */
export function RunWaterfall({ run }: { run: ShownChainRun }) {
  const { times, all } = useExecutionTimes(run);
  const { rows, wholeMs } = timelineOf(run.steps, times, {
    createdAt: Date.parse(run.created_at),
    endedAt: run.ended_at === null ? null : Date.parse(run.ended_at),
  });
  const missing = all - rows.length;
  return (
    <Panel title="Waterfall" aside={<span class="muted">0 to {duration(wholeMs)}</span>}>
      {rows.length === 0 && <Empty title={all === 0 ? "No step has ended yet." : "Its executions are read…"} />}
      {rows.length > 0 && <Bars rows={rows} />}
      {rows.length > 0 && missing > 0 && <p class="hint">{missing} executions are not shown.</p>}
    </Panel>
  );
}

/** The times of the first executions of the steps that have ended, and how many there are. */
function useExecutionTimes({ steps }: ShownChainRun) {
  const all = executionsOf(steps.filter(hasEnded));
  const ids = all.slice(0, MOST_BARS);
  const reads = useReads(
    "GET /v1/executions/{id}",
    ids.map((id) => ({ path: { id } })),
    { everyMs: (answer) => (answer && "latency_ms" in answer ? false : AGAIN_MS) },
  );
  const times = new Map<string, ExecutionTime>();
  for (const { data } of reads) {
    if (!data || !("latency_ms" in data)) continue;
    const { id, created_at, latency_ms, status } = data;
    times.set(id, { startedAt: Date.parse(created_at), durationMs: latency_ms, status });
  }
  return { times, all: all.length };
}

function Bars({ rows }: { rows: readonly TimelineRow[] }) {
  return (
    <table class="waterfall">
      <thead>
        <tr>
          <th scope="col">Step</th>
          <th scope="col" class="bar">
            From the run's beginning
          </th>
          <th scope="col" class="right">
            Took
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ execution, step, note, status, startMs, durationMs, left, width }) => (
          <tr key={execution}>
            <th scope="row">
              <a href={`/app/executions/${execution}`}>{step}</a>
              {note !== "" && <span class="muted"> {note}</span>}
              {status !== "succeeded" && <span class="bad"> {status}</span>}
            </th>
            <td class="bar">
              <i
                class={status === "succeeded" ? "attempt" : "failed-attempt"}
                title={`from ${duration(startMs)}`}
                style={{ marginLeft: `${100 * left}%`, width: `max(2px, ${100 * width}%)` }}
              />
            </td>
            <td class="right">{duration(durationMs)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
