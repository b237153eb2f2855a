import { useRoute } from "preact-iso";
import { useList, useRead } from "../../api/use-api.ts";
import { useScope } from "../../api/session.tsx";
import { ErrorBox } from "../../ui/error-box.tsx";
import { Page, Panel, Skeleton, Tabs } from "../../ui/page.tsx";
import { Badge, Copy, Code, Time } from "../../ui/small.tsx";
import { useSetUrlState, useUrlState } from "../../ui/url-state.ts";
import { api } from "../../api/client.ts";
import { type ChainTab, chainHref } from "./addresses.ts";
import { ChainGraph } from "./chain-graph.tsx";
import { ChainLabels } from "./chain-labels.tsx";
import { ChainVersions } from "./chain-versions.tsx";
import { type ShownChain, drawnStep, stepsOf } from "./definition.ts";
import { RunChain } from "./run-chain.tsx";
import { RunsTable } from "./runs-table.tsx";
import { StepsTable } from "./steps-table.tsx";
import { useQuery } from "@tanstack/preact-query";
import "../../styles/chains.css";

const TABS: readonly { id: ChainTab; title: string }[] = [
  { id: "steps", title: "Steps" },
  { id: "run", title: "Run it" },
  { id: "runs", title: "Runs" },
  { id: "versions", title: "Versions" },
  { id: "labels", title: "Labels" },
  { id: "source", title: "Source" },
];

const PLACE_PX = 320;
const PAGE_SIZE = 100;

/** A chain, by its tabs. */
export function ChainPage() {
  const name = useRoute().params["name"] ?? "";
  return <Chain key={name} name={name} />;
}

function Chain({ name }: { name: string }) {
  const path = { name };
  const { data: newest, error, refetch } = useRead("GET /v1/chains/{name}", { path, query: { label: "latest" } });
  const [chosen] = useUrlState("version");
  const version = chosen === "" ? newest?.version : Number(chosen);
  const older = useRead("GET /v1/chains/{name}", { path, query: { version } }, { enabled: version !== undefined });
  const shown = version === newest?.version ? newest : older.data;
  return (
    <Page
      title={name.slice(name.lastIndexOf("/") + 1)}
      before={
        <span class="crumbs">
          <a href="/app/chains">Chains</a> {name.includes("/") && ` / ${name.slice(0, name.lastIndexOf("/"))}`} /
        </span>
      }
      actions={newest && version !== undefined && <VersionChoice {...{ name, version }} newest={newest.version} />}
    >
      <ErrorBox error={error ?? older.error} retry={() => void refetch()} />
      {newest && shown && <TabOf chain={shown} newest={newest.version} />}
      {!shown && !error && !older.error && <Skeleton height={PLACE_PX} />}
    </Page>
  );
}

function VersionChoice({ name, version, newest }: { name: string; version: number; newest: number }) {
  const { items } = useList("GET /v1/chains/{name}/versions", { path: { name }, query: { limit: PAGE_SIZE } });
  const setUrl = useSetUrlState();
  const versions = [...new Set([newest, version, ...items.map((each) => each.version)])].sort((a, b) => b - a);
  return (
    <select
      aria-label="Version"
      value={version}
      onChange={({ currentTarget: { value } }) => setUrl({ version: Number(value) === newest ? "" : value })}
    >
      {versions.map((each) => (
        <option key={each} value={each}>
          #{each}
          {each === newest ? " newest" : ""}
        </option>
      ))}
    </select>
  );
}

function TabOf({ chain, newest }: { chain: ShownChain; newest: number }) {
  const { name } = chain;
  const [tab] = useUrlState("tab", "steps");
  const setUrl = useSetUrlState();
  const mayRun = useScope("executions:write");
  const mayReadRuns = useScope("executions:read");
  const current = TABS.find(({ id }) => id === tab)?.id ?? "steps";
  return (
    <>
      <Tabs
        label="Parts of the chain"
        tabs={TABS}
        current={current}
        select={(id) => setUrl({ tab: id === "steps" ? "" : id, label: "", status: "" })}
      />
      {current === "steps" && <Steps chain={chain} />}
      {current === "run" &&
        (mayRun ? (
          <RunChain key={chain.version} chain={chain} />
        ) : (
          <p class="muted">Running it needs the scope executions:write.</p>
        ))}
      {current === "runs" &&
        (mayReadRuns ? <RunsTable chain={name} /> : <p class="muted">Runs need the scope executions:read.</p>)}
      {current === "versions" && <ChainVersions name={name} newest={newest} />}
      {current === "labels" && <ChainLabels name={name} newest={newest} />}
      {current === "source" && <Source chain={chain} />}
    </>
  );
}

function Steps({ chain }: { chain: ShownChain }) {
  const steps = stepsOf(chain);
  const { description } = chain.definition;
  return (
    <>
      {typeof description === "string" && <p>{description}</p>}
      <Panel title={<Titled chain={chain} />}>
        <ChainGraph name={chain.name} steps={steps.map((step) => drawnStep(step))} />
      </Panel>
      <StepsTable steps={steps} />
      {chain.warnings.length > 0 && (
        <ul class="warnings" aria-label="Warnings">
          {chain.warnings.map((warning) => (
            <li key={warning}>{warning}</li>
          ))}
        </ul>
      )}
    </>
  );
}

function Titled({ chain: { name, version, labels } }: { chain: ShownChain }) {
  return (
    <>
      {name} #{version}{" "}
      {labels.map((label) => (
        <Badge key={label} tone={label === "latest" ? "neutral" : "accent"}>
          {label}
        </Badge>
      ))}
    </>
  );
}

function Source({ chain }: { chain: ShownChain }) {
  const { name, version, created_at, content_hash } = chain;
  const { data, error } = useQuery<string>({
    queryKey: ["chain source", name, version],
    queryFn: async ({ signal }) => {
      const response = await api.response("GET /v1/chains/{name}", {
        path: { name },
        query: { version },
        headers: { accept: "application/yaml" },
        signal,
      });
      return response.text();
    },
  });
  return (
    <Panel title={<Titled chain={chain} />} aside={data !== undefined && <Copy text={data} />}>
      <div class="stack">
        <p class="muted">
          Published <Time at={created_at} />, content <code title={content_hash}>{content_hash.slice(0, 12)}</code>.
          Publish a changed file with <code>npx pbt-edge chain push</code>.{" "}
          <a href={chainHref(name, "versions")}>All versions</a>
        </p>
        <ErrorBox error={error} />
        {data === undefined ? !error && <Skeleton height={PLACE_PX} /> : <Code text={data} label="File" />}
      </div>
    </Panel>
  );
}
