import { useRoute } from "preact-iso";
import { useState } from "preact/hooks";
import { api } from "../../api/client.ts";
import { useScope } from "../../api/session.tsx";
import { useAction, useRead } from "../../api/use-api.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { Confirm } from "../../ui/form.tsx";
import { count, duration, usd } from "../../ui/format.ts";
import { Empty, Page, Panel, Skeleton } from "../../ui/page.tsx";
import { Progress } from "../../ui/progress.tsx";
import { Code, Copy, Status, Time } from "../../ui/small.tsx";
import { Stat, Stats } from "../../ui/stat.tsx";
import { chainHref } from "./addresses.ts";
import { ChainGraph } from "./chain-graph.tsx";
import { drawnStep, stepsOf } from "./definition.ts";
import { type ShownChainRun, hasEnded, outputText } from "./run-events.ts";
import { RunWaterfall } from "./run-waterfall.tsx";
import { tookMs } from "./runs-table.tsx";
import { StepStates } from "./step-states.tsx";
import { useChainRun } from "./use-chain-run.ts";
import "../../styles/executions.css";
import "../../styles/chains.css";

const HEIGHT_PX = 420;

/** A run of a chain: how its steps stand, when each worked, what each cost, and the result. */
export function ChainRunPage() {
  const id = useRoute().params["id"] ?? "";
  const { run, error, refetch, isRunning, text } = useChainRun(id);
  return (
    <Page
      title="Chain run"
      before={<a href={run ? chainHref(run.chain.name, "runs") : "/app/chains?tab=runs"}>Runs</a>}
      actions={isRunning && <CancelRun id={id} />}
    >
      <p class="row">
        <code>{id}</code> <Copy text={id} label="Copy id" />
        {run && <Status status={run.status} />}
        {run && <Whose run={run} />}
      </p>
      <ErrorBox error={error} retry={() => void refetch()} />
      {!run && !error && <Skeleton height={HEIGHT_PX} />}
      {run && <RunParts run={run} text={text} />}
    </Page>
  );
}

function Whose({ run: { chain, created_at } }: { run: ShownChainRun }) {
  return (
    <span class="muted">
      <a href={chainHref(chain.name, "steps", { version: chain.version })}>{chain.name}</a> #{chain.version}
      {chain.label !== null && ` by label ${chain.label}`}, <Time at={created_at} />
    </span>
  );
}

function RunParts({ run, text }: { run: ShownChainRun; text: string }) {
  const ended = run.steps.filter(hasEnded).length;
  const executions = run.steps.reduce((sum, { attempts }) => sum + attempts, 0);
  return (
    <>
      {run.error && (
        <div class="error-box">
          <p>
            Step {run.error.step}: <code>{run.error.code}</code> {run.error.detail}
          </p>
        </div>
      )}
      {run.status === "running" && (
        <Panel>
          <Progress label="Steps that have ended" done={ended} total={run.steps.length}>
            {count(ended)} of {count(run.steps.length)} steps ended, {usd(run.cost_usd)}
          </Progress>
        </Panel>
      )}
      <Stats>
        <Stat label="Took" value={duration(tookMs(run))} note={run.ended_at === null ? "it goes on" : "to its end"} />
        <Stat label="Cost" value={usd(costOf(run))} note="all executions" />
        <Stat label="Steps" value={`${count(ended)} of ${count(run.steps.length)}`} note="ended" />
        <Stat label="Executions" value={count(executions)} note="tries again included" />
      </Stats>
      <RunGraph run={run} />
      <Output run={run} text={text} />
      <RunWaterfall run={run} />
      <StepStates steps={run.steps} />
    </>
  );
}

/** While a run goes on its steps are newer than its own sum. */
function costOf({ status, cost_usd, steps }: ShownChainRun): number | null {
  if (status !== "running") return cost_usd;
  return steps.reduce((sum, step) => sum + (step.cost_usd ?? 0), 0);
}

/** The version that ran, drawn with the states of its steps. */
function RunGraph({ run: { chain, steps } }: { run: ShownChainRun }) {
  const path = { name: chain.name };
  const { data, error } = useRead("GET /v1/chains/{name}", { path, query: { version: chain.version } });
  const states = new Map(steps.map(({ id, status }) => [id, status]));
  return (
    <Panel title="Steps">
      {data && (
        <ChainGraph name={chain.name} steps={stepsOf(data).map((step) => drawnStep(step, states.get(step.id)))} />
      )}
      {error && <p class="muted">The version that ran cannot be drawn: {error.message}</p>}
      {!data && !error && <Skeleton height={HEIGHT_PX / 4} />}
    </Panel>
  );
}

function Output({ run, text }: { run: ShownChainRun; text: string }) {
  const output = run.status === "running" ? text : outputText(run.output);
  const isEmpty = output === null || output === "";
  return (
    <Panel title="Output" aside={!isEmpty && <Copy text={output} />}>
      {isEmpty ? (
        <Empty title={run.status === "running" ? "The last step has not answered yet." : "It has no output."} />
      ) : (
        <Code text={output} label="Output" />
      )}
    </Panel>
  );
}

function CancelRun({ id }: { id: string }) {
  const [isOpen, setOpen] = useState(false);
  const mayCancel = useScope("executions:write");
  const cancel = useAction(async () => api.request("POST /v1/chain-runs/{id}/cancel", { path: { id } }), {
    done: "No further step begins.",
    onDone: () => setOpen(false),
  });
  if (!mayCancel) return <span class="muted">Cancelling needs the scope executions:write.</span>;
  return (
    <>
      <button type="button" class="button danger" onClick={() => setOpen(true)}>
        Cancel run
      </button>
      {isOpen && (
        <Confirm
          title="Cancel the run"
          action="Cancel run"
          isPending={cancel.isPending}
          error={cancel.error}
          act={() => cancel.run(undefined)}
          close={() => setOpen(false)}
        >
          No further step begins. What its steps gave so far is kept, and what was called is paid.
        </Confirm>
      )}
    </>
  );
}
