import { Panel } from "../../ui/page.tsx";
import { PromptLink } from "../../ui/prompt-link.tsx";
import { type Column, PlainTable } from "../../ui/table.tsx";
import type { DefinedStep } from "./definition.ts";

/** The steps of a version in words. */
export function StepsTable({ steps }: { steps: readonly DefinedStep[] }) {
  return (
    <Panel title="Steps" aside={<span class="muted">The last one gives the result.</span>}>
      <PlainTable label="Steps" columns={COLUMNS} items={steps} keyOf={({ id }) => id} />
    </Panel>
  );
}

const COLUMNS: readonly Column<DefinedStep>[] = [
  { title: "Step", cell: ({ id }) => id },
  { title: "Prompt", cell: (step) => <Prompt step={step} /> },
  { title: "Reads", cell: ({ needs }) => (needs.length === 0 ? <span class="muted">inputs</span> : needs.join(", ")) },
  { title: "When", wide: true, cell: ({ when }) => <Template value={when} /> },
  { title: "For each", wide: true, cell: ({ for_each }) => <Template value={for_each} /> },
  { title: "Retries", wide: true, align: "right", cell: ({ retries = 0 }) => retries },
  { title: "Variables", wide: true, cell: ({ variables = {} }) => <Variables variables={variables} /> },
];

function Prompt({ step: { prompt, version, label } }: { step: DefinedStep }) {
  const which = version === undefined ? label : `#${version}`;
  return (
    <>
      <PromptLink name={prompt} /> {which !== undefined && <span class="muted">{which}</span>}
    </>
  );
}

function Template({ value }: { value: unknown }) {
  if (value === undefined) return <span class="muted">–</span>;
  return <code>{typeof value === "string" ? value : JSON.stringify(value)}</code>;
}

function Variables({ variables }: { variables: Record<string, unknown> }) {
  const names = Object.keys(variables);
  if (names.length === 0) return <span class="muted">–</span>;
  return (
    <details>
      <summary>{names.join(", ")}</summary>
      <dl class="facts">
        {Object.entries(variables).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <Template value={value} />
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
