import { useRead } from "../../api/use-api.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { percent, usd } from "../../ui/format.ts";
import { Panel, Skeleton } from "../../ui/page.tsx";
import { Status } from "../../ui/small.tsx";

const REFRESH_MS = 1_000;
const LINE_PX = 42;

/** How a test run stands, asked for again until it has ended. */
export function TestRunCard({ id }: { id: string }) {
  const { data: run, error } = useRead(
    "GET /v1/test-runs/{id}",
    { path: { id } },
    { everyMs: (data) => (data === undefined || data.status === "running") && REFRESH_MS },
  );
  return (
    <Panel
      title={<>Tests {run && <span class="muted">of #{run.prompt.version}</span>}</>}
      aside={<a href={`/app/test-runs/${id}`}>Open the run</a>}
    >
      <ErrorBox error={error} />
      {!run && !error && <Skeleton height={LINE_PX} />}
      {run && (
        <p role="status">
          <Status status={run.status} /> {run.passed} of {run.total} passed
          {run.failed > 0 && <span class="bad">, {run.failed} failed</span>}
          {run.flaky > 0 && <span class="warn">, {run.flaky} flaky</span>}
          {run.pass_rate !== null && `, pass rate ${percent(run.pass_rate)}`}
          {run.cost_usd !== null && `, ${usd(run.cost_usd)}`}
        </p>
      )}
    </Panel>
  );
}
