import { useState } from "preact/hooks";
import { ErrorBox } from "../../ui/error-box.tsx";
import { TextField } from "../../ui/form.tsx";
import { numberOf } from "../../ui/number-of.ts";
import { Panel } from "../../ui/page.tsx";
import { Code, Status } from "../../ui/small.tsx";
import { variablesOf } from "../prompts/editor/variable-values.ts";
import { VariablesForm } from "../prompts/editor/variables-form.tsx";
import "../../styles/prompts.css";
import { chainRunHref } from "./addresses.ts";
import { ChainGraph } from "./chain-graph.tsx";
import { type ShownChain, drawnStep, inputsOf, stepsOf } from "./definition.ts";
import { type FollowedRun, outputText } from "./run-events.ts";
import { StepStates } from "./step-states.tsx";
import { useStartedRun } from "./use-chain-run.ts";

/** Runs a version of a chain with inputs, and shows its steps and its result as they come. */
export function RunChain({ chain }: { chain: ShownChain }) {
  const specs = inputsOf(chain);
  const steps = stepsOf(chain);
  const [texts, setTexts] = useState<Record<string, string>>({});
  const [most, setMost] = useState("");
  const run = useStartedRun(chain, steps.at(-1)?.id ?? "");
  const { variables, faults } = variablesOf(specs, texts);
  const submit = (event: Event) => {
    event.preventDefault();
    void run.start({ inputs: variables, max_cost_usd: numberOf(most) });
  };
  const states = new Map((run.followed?.steps ?? []).map(({ id, status }) => [id, status]));
  return (
    <>
      <Panel title={`Run version #${chain.version}`}>
        <form class="stack" onSubmit={submit} aria-label="Inputs">
          {Object.keys(specs).length === 0 ? (
            <p class="muted">This chain has no inputs.</p>
          ) : (
            <VariablesForm
              specs={specs}
              texts={texts}
              set={(name, text) => setTexts({ ...texts, [name]: text })}
              faults={faults}
            />
          )}
          <TextField
            label="The most it may spend, US dollars"
            type="number"
            value={most}
            set={setMost}
            hint="Optional. It is never exceeded."
          />
          <ErrorBox error={run.error} />
          <div class="row end">
            <button type="submit" class="button primary" disabled={run.isRunning || Object.keys(faults).length > 0}>
              {run.isRunning ? "Running…" : "Run"}
            </button>
          </div>
        </form>
      </Panel>
      <Panel title="Steps" aside={run.followed?.id && <a href={chainRunHref(run.followed.id)}>Open the run</a>}>
        <ChainGraph name={chain.name} steps={steps.map((step) => drawnStep(step, states.get(step.id)))} />
      </Panel>
      {run.followed && <Result followed={run.followed} />}
    </>
  );
}

function Result({ followed: { run, steps, text, fault } }: { followed: FollowedRun }) {
  const output = run ? outputText(run.output) : text;
  return (
    <>
      <Panel title="Result" aside={<Status status={run?.status ?? "running"} />}>
        <div class="stack" role="group" aria-label="Result">
          {fault && (
            <p class="bad" role="alert">
              <code>{fault.code}</code> {fault.detail}
            </p>
          )}
          {run?.error && (
            <p class="bad">
              Step {run.error.step}: <code>{run.error.code}</code> {run.error.detail}
            </p>
          )}
          {output !== null && output !== "" ? (
            <Code text={output} label="Output" />
          ) : (
            <p class="muted">{run ? "It has no output." : "The last step has not answered yet."}</p>
          )}
        </div>
      </Panel>
      <StepStates steps={steps} />
    </>
  );
}
