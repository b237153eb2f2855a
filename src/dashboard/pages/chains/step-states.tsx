import { count, NONE, percent, shortId, usd } from "../../ui/format.ts";
import { Panel } from "../../ui/page.tsx";
import { PromptLink } from "../../ui/prompt-link.tsx";
import { Code, Status } from "../../ui/small.tsx";
import { type Column, PlainTable } from "../../ui/table.tsx";
import { outputText, type RunStep } from "./run-events.ts";

/** The steps of a run: how each stands, what it cost, and what it gave. */
export function StepStates({ steps }: { steps: readonly RunStep[] }) {
  const total = steps.reduce((sum, { cost_usd }) => sum + (cost_usd ?? 0), 0);
  return (
    <Panel title="Cost and state by step" aside={<strong>{usd(total)}</strong>}>
      <PlainTable label="Cost and state by step" columns={columnsOf(total)} items={steps} keyOf={({ id }) => id} />
    </Panel>
  );
}

function columnsOf(total: number): Column<RunStep>[] {
  return [
    { title: "Step", cell: ({ id }) => id },
    { title: "State", cell: ({ status }) => <Status status={status} /> },
    { title: "Prompt", wide: true, cell: ({ prompt }) => <PromptLink name={prompt} /> },
    { title: "Executions", align: "right", wide: true, cell: ({ attempts }) => count(attempts) },
    { title: "Cost", align: "right", cell: ({ cost_usd }) => usd(cost_usd) },
    { title: "Share", align: "right", wide: true, cell: ({ cost_usd }) => shareOf(cost_usd, total) },
    { title: "What it gave", cell: (step) => <Gave step={step} /> },
  ];
}

function shareOf(cost: number | null, total: number): string {
  return total === 0 || cost === null ? NONE : percent(cost / total);
}

function Gave({ step: { id, status, output, reason, error, items } }: { step: RunStep }) {
  const text = outputText(output);
  const executions = items.flatMap((item) => item.executions);
  return (
    <div class="stack">
      {error && (
        <span class="bad">
          <code>{error.code}</code> {error.detail}
        </span>
      )}
      {reason !== undefined && <span class="muted">skipped: {reason}</span>}
      {text !== null && text !== "" && (
        <details>
          <summary>{Array.isArray(output) ? `${output.length} outputs` : `${count(text.length)} characters`}</summary>
          <Code text={text} label={`Output of ${id}`} />
        </details>
      )}
      {executions.length > 0 && (
        <span class="row">
          {executions.map((execution) => (
            <a key={execution} class="mono" href={`/app/executions/${execution}`}>
              {shortId(execution)}
            </a>
          ))}
        </span>
      )}
      {executions.length === 0 && !error && reason === undefined && text === null && (
        <span class="muted">{status === "pending" ? "it waits" : NONE}</span>
      )}
    </div>
  );
}
