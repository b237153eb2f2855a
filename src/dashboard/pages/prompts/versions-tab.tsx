import type { ComponentChildren } from "preact";
import type { ListItem } from "../../../client/index.ts";
import { useScope } from "../../api/session.tsx";
import { useList, useRead } from "../../api/use-api.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { count, decimal, duration, NONE, percent, usd } from "../../ui/format.ts";
import { Panel } from "../../ui/page.tsx";
import { Badge, Time } from "../../ui/small.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { useTimeRange } from "../../ui/time-range.tsx";
import { promptHref } from "./addresses.ts";
import { sharesOf } from "./label-meaning.ts";
import { useRunTests } from "./use-run-tests.ts";
import { numbersByVersion, type VersionNumbers } from "./version-numbers.ts";

type VersionItem = ListItem<"GET /v1/prompts/{name}/versions">;
type LabelItem = ListItem<"GET /v1/prompts/{name}/labels">;

const PAGE_SIZE = 100;
const MOST_LABELS = 200;
const HASH_CHARACTERS = 8;

interface VersionsTabProps {
  name: string;
  newest: number;
  promote: (version: number) => void;
}

/** The versions, newest first, with what is known of each. */
export function VersionsTab({ name, newest, promote }: VersionsTabProps) {
  const versions = useList("GET /v1/prompts/{name}/versions", { path: { name }, query: { limit: PAGE_SIZE } });
  const labels = useRead("GET /v1/prompts/{name}/labels", { path: { name }, query: { limit: MOST_LABELS } });
  const may = {
    write: useScope("prompts:write"),
    execute: useScope("executions:write"),
    seeUsage: useScope("usage:read"),
    seeExecutions: useScope("executions:read"),
  };
  const { range, picker } = useTimeRange("7d");
  const { numbers, error } = useNumbers(name, range, may);
  const tests = useRunTests(name);
  const columns = columnsOf({
    name,
    newest,
    may,
    numbersOf: (version) => numbers.get(version) ?? {},
    labelsOf: (version) => labelsOf(labels.data?.data ?? [], version),
    test: tests.run,
    promote,
  });
  return (
    <>
      <ErrorBox error={versions.error ?? labels.error ?? tests.error ?? error} />
      <Panel
        class="flush"
        title="Versions"
        aside={
          may.seeUsage && (
            <>
              <span class="muted">Executions, errors, cost and score of the last</span>
              {picker}
            </>
          )
        }
      >
        <Table
          label={`Versions of ${name}`}
          columns={columns}
          items={versions.items}
          keyOf={({ version }) => String(version)}
          hrefOf={({ version }) => promptHref(name, "source", { version })}
          isPending={versions.isPending}
          hasMore={versions.hasMore}
          loadMore={versions.loadMore}
          empty={null}
        />
        <p class="hint panel-note">{noteOf(may)}</p>
      </Panel>
    </>
  );
}

function noteOf({ seeUsage, seeExecutions }: May): string {
  return [
    seeExecutions
      ? "Latency is the median of the prompt's last 200 executions, without stored answers."
      : "Latency needs the scope executions:read.",
    seeUsage ? "" : "Executions, errors, cost and score need the scope usage:read.",
  ].join(" ");
}

/** What the usage, the objectives and the last executions say, as far as the key may read them. */
function useNumbers(name: string, { from, to }: { from: string; to: string }, may: May) {
  const usage = useRead(
    "GET /v1/usage",
    { query: { from, to, prompt: name, group_by: "prompt,version" } },
    { enabled: may.seeUsage },
  );
  const sla = useRead("GET /v1/insights/sla", { query: { prompt: name, from, to } }, { enabled: may.seeUsage });
  const last = useRead("GET /v1/executions", { query: { prompt: name, limit: 200 } }, { enabled: may.seeExecutions });
  const numbers = numbersByVersion(name, {
    usage: usage.data?.data,
    executions: last.data?.data,
    sla: sla.data?.data,
  });
  return { numbers, error: usage.error ?? sla.error ?? last.error };
}

/** The labels that mean a version, with production, which most callers get, first. */
function labelsOf(labels: readonly LabelItem[], version: number): { label: string; share: number }[] {
  const found = labels.flatMap((each) =>
    sharesOf(each)
      .filter((arm) => arm.version === version)
      .map(({ share }) => ({ label: each.label, share })),
  );
  const isDefault = ({ label }: { label: string }) => label === "production";
  return [...found.filter(isDefault), ...found.filter((each) => !isDefault(each))];
}

/** What the key may do and see. */
type May = Record<"write" | "execute" | "seeUsage" | "seeExecutions", boolean>;

interface ColumnsInput {
  name: string;
  newest: number;
  may: May;
  numbersOf: (version: number) => VersionNumbers;
  labelsOf: (version: number) => { label: string; share: number }[];
  test: (version: number) => void;
  promote: (version: number) => void;
}

function columnsOf({ name, newest, may, numbersOf, labelsOf, test, promote }: ColumnsInput): Column<VersionItem>[] {
  return [
    { title: "Version", cell: ({ version }) => `#${version}`, width: "3.5rem" },
    {
      title: "Labels",
      cell: ({ version }) => <Labels name={name} isNewest={version === newest} labels={labelsOf(version)} />,
      width: "minmax(7rem, 2fr)",
    },
    { title: "Created", cell: ({ created_at }) => <Time at={created_at} />, width: "6rem" },
    ...numberColumns(numbersOf, may),
    {
      title: "Warnings",
      cell: ({ warnings }) => (warnings.length === 0 ? NONE : <Badge tone="warn">{warnings.length}</Badge>),
      width: "4.5rem",
      wide: true,
    },
    {
      title: "Hash",
      cell: ({ content_hash }) => <code title={content_hash}>{content_hash.slice(0, HASH_CHARACTERS)}</code>,
      width: "5rem",
      wide: true,
    },
    {
      title: "Actions",
      cell: ({ version }) => <Actions {...{ name, version, may, test, promote }} />,
      width: "9.6rem",
      wide: true,
    },
  ];
}

function numberColumns(numbersOf: (version: number) => VersionNumbers, may: May): Column<VersionItem>[] {
  const number = (
    title: string,
    cell: (numbers: VersionNumbers) => ComponentChildren,
    width: string,
  ): Column<VersionItem> => ({
    title,
    cell: ({ version }) => cell(numbersOf(version)),
    width,
    align: "right",
    wide: true,
  });
  const latency = number("Latency", ({ latency_ms }) => duration(latency_ms), "4.5rem");
  const counted = [
    { ...number("Executions", ({ executions }) => count(executions), "5.2rem"), wide: false },
    number("Errors", ({ errors, executions = 0 }) => errorsText(errors, executions), "3.5rem"),
    number("Cost", ({ cost_usd }) => usd(cost_usd), "5.7rem"),
    number("Score", scoreCell, "3.6rem"),
  ];
  return [...(may.seeUsage ? counted : []), ...(may.seeExecutions ? [latency] : [])];
}

function scoreCell({ score, ratings }: VersionNumbers): ComponentChildren {
  return score === undefined ? NONE : <span title={`${count(ratings)} ratings`}>{decimal(score)}</span>;
}

function errorsText(errors: number | undefined, executions: number): string {
  return errors === undefined || executions === 0 ? NONE : percent(errors / executions);
}

function Labels({
  name,
  isNewest,
  labels,
}: {
  name: string;
  isNewest: boolean;
  labels: { label: string; share: number }[];
}) {
  return (
    <span class="row-labels" title={labels.map(({ label }) => label).join(", ")}>
      {labels.map(({ label, share }) => (
        <a key={label} href={promptHref(name, "labels", { label })}>
          <Badge tone="accent">
            {label}
            {share < 1 && ` ${percent(share)}`}
          </Badge>
        </a>
      ))}
      {isNewest && <Badge>latest</Badge>}
    </span>
  );
}

interface ActionsProps extends Pick<ColumnsInput, "name" | "may" | "test" | "promote"> {
  version: number;
}

function Actions({ name, version, may, test, promote }: ActionsProps) {
  return (
    <span class="row-actions">
      {version > 1 && (
        <a href={promptHref(name, "diff", { from: version - 1, to: version })} aria-label={`Diff of #${version}`}>
          Diff
        </a>
      )}
      {may.execute && (
        <button type="button" class="link-button" aria-label={`Test #${version}`} onClick={() => test(version)}>
          Test
        </button>
      )}
      {may.write && (
        <button type="button" class="link-button" aria-label={`Promote #${version}`} onClick={() => promote(version)}>
          Promote
        </button>
      )}
    </span>
  );
}
