import type { ListItem } from "../../../client/index.ts";
import { useList, useRead } from "../../api/use-api.ts";
import { NONE, percent } from "../../ui/format.ts";
import { ListPanel } from "../../ui/list-panel.tsx";
import { Badge, Time } from "../../ui/small.tsx";
import type { Column } from "../../ui/table.tsx";
import { sharesOf } from "../prompts/label-meaning.ts";
import { chainHref } from "./addresses.ts";

type VersionItem = ListItem<"GET /v1/chains/{name}/versions">;
type LabelItem = ListItem<"GET /v1/chains/{name}/labels">;

const PAGE_SIZE = 100;
const MOST_LABELS = 200;
const HASH_CHARACTERS = 12;

/** The versions of a chain, the newest first, with the labels that mean them. */
export function ChainVersions({ name, newest }: { name: string; newest: number }) {
  const path = { name };
  const list = useList("GET /v1/chains/{name}/versions", { path, query: { limit: PAGE_SIZE } });
  const labels = useRead("GET /v1/chains/{name}/labels", { path, query: { limit: MOST_LABELS } });
  return (
    <ListPanel
      label={`Versions of ${name}`}
      columns={columnsOf(name, newest, labels.data?.data ?? [])}
      list={{ ...list, error: list.error ?? labels.error }}
      keyOf={({ version }) => String(version)}
      hrefOf={({ version }) => chainHref(name, "steps", { version })}
      empty={null}
    />
  );
}

function columnsOf(name: string, newest: number, labels: readonly LabelItem[]): Column<VersionItem>[] {
  return [
    { title: "Version", width: "5rem", cell: ({ version }) => `#${version}` },
    {
      title: "Labels",
      width: "minmax(8rem, 2fr)",
      cell: ({ version }) => <Labels {...{ name, version, labels }} isNewest={version === newest} />,
    },
    { title: "Created", width: "7rem", cell: ({ created_at }) => <Time at={created_at} /> },
    {
      title: "Warnings",
      width: "5rem",
      wide: true,
      cell: ({ warnings }) => (warnings.length === 0 ? NONE : <Badge tone="warn">{warnings.length}</Badge>),
    },
    {
      title: "Hash",
      width: "8rem",
      wide: true,
      cell: ({ content_hash }) => <code title={content_hash}>{content_hash.slice(0, HASH_CHARACTERS)}</code>,
    },
    {
      title: "Source",
      width: "4.5rem",
      wide: true,
      cell: ({ version }) => (
        <a href={chainHref(name, "source", { version })} aria-label={`Source of #${version}`}>
          Source
        </a>
      ),
    },
  ];
}

interface LabelsProps {
  name: string;
  version: number;
  labels: readonly LabelItem[];
  isNewest: boolean;
}

function Labels({ name, version, labels, isNewest }: LabelsProps) {
  return (
    <span class="row">
      {labels.flatMap((each) =>
        sharesOf(each)
          .filter((arm) => arm.version === version)
          .map(({ share }) => (
            <a key={each.label} href={chainHref(name, "labels", { label: each.label })}>
              <Badge tone="accent">
                {each.label}
                {share < 1 && ` ${percent(share)}`}
              </Badge>
            </a>
          )),
      )}
      {isNewest && <Badge>latest</Badge>}
    </span>
  );
}
