import { useRoute } from "preact-iso";
import { useState } from "preact/hooks";
import type { TestRunReply } from "../../../client/test-runs.ts";
import { api } from "../../api/client.ts";
import { useScope } from "../../api/session.tsx";
import { useAction } from "../../api/use-api.ts";
import { download } from "../../ui/download.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { Confirm } from "../../ui/form.tsx";
import { count, decimal, percent, usd } from "../../ui/format.ts";
import { Page, Panel, Skeleton } from "../../ui/page.tsx";
import { Progress } from "../../ui/progress.tsx";
import { Copy, Status, Time } from "../../ui/small.tsx";
import { Stat, Stats } from "../../ui/stat.tsx";
import { CaseDialog, RunResults } from "./run-results.tsx";
import { type RunProgress, useTestRun } from "./use-test-run.ts";
import "../../styles/tests.css";

const HEIGHT_PX = 400;

/** A run of a prompt's tests: what passed, how sure that is, and every case. */
export function TestRunPage() {
  const { params } = useRoute();
  const id = params["id"] ?? "";
  const { data: run, error, refetch, isRunning, progress } = useTestRun(id);
  const prompt = run?.prompt.name;
  return (
    <Page
      title="Test run"
      before={<a href={`/app/tests${prompt === undefined ? "" : `?prompt=${encodeURIComponent(prompt)}`}`}>Tests</a>}
      actions={run && <RunActions run={run} />}
    >
      <p class="row">
        <code>{id}</code> <Copy text={id} label="Copy id" />
        {run && <Status status={run.status} />}
        {run && (
          <span class="muted">
            <Tested run={run} />, <Time at={run.created_at} />
          </span>
        )}
      </p>
      <ErrorBox error={error} retry={() => void refetch()} />
      {!run && !error && <Skeleton height={HEIGHT_PX} />}
      {run && isRunning && <RunningBar run={run} progress={progress} />}
      {run && <RunNumbers run={run} />}
      {run && run.repeat > 1 && <PassHatK run={run} />}
      {run && <RunResults run={run} />}
      {run && <CaseDialog run={run} />}
    </Page>
  );
}

function Tested({ run: { prompt, repeat } }: { run: TestRunReply }) {
  return (
    <>
      <a href={`/app/prompts/${encodeURIComponent(prompt.name)}?version=${prompt.version}`}>{prompt.name}</a> version{" "}
      {prompt.version}
      {repeat > 1 && `, each test ${repeat} times`}
    </>
  );
}

function RunningBar({ run: { total, repeat }, progress }: { run: TestRunReply; progress: RunProgress | null }) {
  const trials = total * repeat;
  return (
    <Panel>
      <Progress label="Trials that have ended" done={progress?.ended ?? 0} total={trials}>
        {progress
          ? `${count(progress.ended)} of ${count(trials)} trials ended, ${count(progress.passed)} passed, ${usd(progress.cost_usd)}`
          : `${count(trials)} trials`}
      </Progress>
    </Panel>
  );
}

function RunNumbers({ run }: { run: TestRunReply }) {
  const [low, high] = run.interval;
  const bounds = low === undefined || high === undefined ? "" : `95 %: ${percent(low)} to ${percent(high)}`;
  return (
    <Stats>
      <Stat label="Pass rate of the trials" value={percent(run.pass_rate)} note={bounds} />
      <Stat
        label="Tests passed"
        value={`${count(run.passed)} of ${count(run.total)}`}
        note={`${count(run.failed)} failed`}
      />
      <Stat
        label="Flaky tests"
        value={run.repeat === 1 ? "–" : count(run.flaky)}
        note={run.repeat === 1 ? "known from 2 trials on" : "passed only sometimes"}
        tone={run.flaky > 0 ? "warn" : undefined}
      />
      <Stat label="Score" value={decimal(run.score)} note="weighted mean, 0 to 1" />
      <Stat
        label="Cost"
        value={usd(run.cost_usd)}
        note={run.max_cost_usd === null ? "with the judges'" : `of at most ${usd(run.max_cost_usd)}`}
      />
    </Stats>
  );
}

/** The chance that k trials of a test all pass. */
function PassHatK({ run: { pass_hat_k } }: { run: TestRunReply }) {
  if (pass_hat_k.length === 0) return null;
  return (
    <Panel title="pass^k: the chance that k trials of a test all pass">
      <dl class="pass-hat">
        {pass_hat_k.map((chance, index) => (
          <div key={index}>
            <dt>
              pass<sup>{index + 1}</sup>
            </dt>
            <dd>{percent(chance)}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}

function RunActions({ run: { id, prompt, status } }: { run: TestRunReply }) {
  const [isCancelling, setCancelling] = useState(false);
  const mayCancel = useScope("executions:write");
  const report = useAction(async () => api.testRuns.junit(id), {
    onDone: (xml) => download(`${prompt.name.replaceAll("/", "-")}-${id}.junit.xml`, xml, "application/xml"),
  });
  const cancel = useAction(async () => api.testRuns.cancel(id), {
    done: "No further trial begins.",
    onDone: () => setCancelling(false),
  });
  return (
    <>
      {status === "running" && mayCancel && (
        <button type="button" class="button danger" onClick={() => setCancelling(true)}>
          Cancel run
        </button>
      )}
      <button type="button" class="button" disabled={report.isPending} onClick={() => report.run(undefined)}>
        Download JUnit
      </button>
      <ErrorBox error={report.error} />
      {isCancelling && (
        <Confirm
          title="Cancel the run"
          action="Cancel run"
          isPending={cancel.isPending}
          error={cancel.error}
          act={() => cancel.run(undefined)}
          close={() => setCancelling(false)}
        >
          No further trial begins. The results so far are kept.
        </Confirm>
      )}
    </>
  );
}
