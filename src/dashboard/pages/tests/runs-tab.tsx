import { useState } from "preact/hooks";
import type { ListItem } from "../../../client/index.ts";
import { useScope } from "../../api/session.tsx";
import { useLiveList } from "../../api/use-api.ts";
import { TextField } from "../../ui/form.tsx";
import { count, shortId, usd } from "../../ui/format.ts";
import { IntervalBar } from "../../ui/interval-bar.tsx";
import { ListPanel } from "../../ui/list-panel.tsx";
import { Empty, Panel } from "../../ui/page.tsx";
import { Badge, Status, Time } from "../../ui/small.tsx";
import type { Column } from "../../ui/table.tsx";
import { useSetUrlState, useUrlState } from "../../ui/url-state.ts";
import { PromptChoice } from "./prompt-choice.tsx";
import { StartRun } from "./start-run.tsx";

const LIVE = { everyMs: 5_000, limit: 50 };

type RunItem = ListItem<"GET /v1/prompts/{name}/test-runs">;

/** The runs of a prompt's tests, newest first. */
export function RunsTab() {
  const [prompt] = useUrlState("prompt");
  const [version] = useUrlState("version");
  const set = useSetUrlState();
  const mayRun = useScope("executions:write");
  const [isStarting, setStarting] = useState(false);
  return (
    <>
      <div class="filters" role="search" aria-label="Filters">
        <PromptChoice value={prompt} set={(name) => set({ prompt: name, version: "" })} />
        <TextField
          label="Version"
          type="number"
          value={version}
          set={(next) => set({ version: next })}
          placeholder="every one"
        />
        {mayRun && (
          <button type="button" class="button primary" disabled={prompt === ""} onClick={() => setStarting(true)}>
            Run tests
          </button>
        )}
      </div>
      {prompt === "" ? (
        <Panel>
          <Empty
            title="Choose a prompt to see its test runs."
            command="npx pbt-edge test prompts/<prompt>.prompt.yaml"
          />
        </Panel>
      ) : (
        <RunList key={`${prompt} ${version}`} prompt={prompt} version={version} />
      )}
      {isStarting && <StartRun prompt={prompt} close={() => setStarting(false)} />}
    </>
  );
}

function RunList({ prompt, version }: { prompt: string; version: string }) {
  const query = version === "" ? {} : { version: Number(version) };
  const list = useLiveList("GET /v1/prompts/{name}/test-runs", { path: { name: prompt }, query }, LIVE);
  return (
    <ListPanel
      label={`Test runs of ${prompt}`}
      columns={COLUMNS}
      list={list}
      keyOf={({ id }) => id}
      hrefOf={({ id }) => `/app/test-runs/${id}`}
      empty={
        <Empty
          title={version === "" ? "Its tests were not run yet." : `The tests of version ${version} were not run.`}
          command={`npx pbt-edge test prompts/${prompt}.prompt.yaml`}
        />
      }
    />
  );
}

const COLUMNS: readonly Column<RunItem>[] = [
  { title: "Run", width: "8rem", cell: ({ id }) => <span class="mono">{shortId(id)}</span> },
  { title: "When", width: "6rem", cell: ({ created_at }) => <Time at={created_at} /> },
  { title: "Version", width: "4.5rem", align: "right", cell: ({ prompt }) => prompt.version },
  { title: "Status", width: "6.5rem", wide: true, cell: ({ status }) => <Status status={status} /> },
  {
    title: "Pass rate, 95 % interval",
    width: "minmax(6rem, 2fr)",
    cell: ({ counts }) =>
      counts ? (
        <IntervalBar value={counts.pass_rate} interval={counts.interval} />
      ) : (
        <Badge tone="accent">running</Badge>
      ),
  },
  { title: "Tests", width: "8rem", wide: true, cell: ({ counts }) => <Tests counts={counts} /> },
  { title: "Cost", width: "6rem", align: "right", wide: true, cell: ({ counts }) => usd(counts?.cost_usd) },
];

function Tests({ counts }: { counts: RunItem["counts"] }) {
  if (!counts) return <>–</>;
  return (
    <>
      {count(counts.passed)} of {count(counts.total)}{" "}
      {counts.flaky > 0 && <Badge tone="warn">{`${count(counts.flaky)} flaky`}</Badge>}
    </>
  );
}
