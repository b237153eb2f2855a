import { useEffect, useRef, useState } from "preact/hooks";
import type { ListItem, OperationQuery } from "../../../client/index.ts";
import { useScope } from "../../api/session.tsx";
import { TextField } from "../../ui/form.tsx";
import { ListPanel } from "../../ui/list-panel.tsx";
import { Empty, Page } from "../../ui/page.tsx";
import { Badge, Time } from "../../ui/small.tsx";
import type { Column } from "../../ui/table.tsx";
import { useSetUrlState, useUrlState } from "../../ui/url-state.ts";
import "../../styles/prompts.css";
import { editorHref, folderHref, promptHref } from "./addresses.ts";
import { Crumbs } from "./crumbs.tsx";
import { folderOf, type PromptEntry } from "./folders.ts";
import { usePromptList } from "./use-prompt-list.ts";

type PromptLabel = ListItem<"GET /v1/prompts">["labels"][number];

/** How long a filter rests before it is asked for, ms. */
const REST_MS = 200;

/** The prompts by their folders, or by name, with filters in the address. */
export function PromptsPage() {
  const [prefix] = useUrlState("prefix");
  const [tag] = useUrlState("tag");
  const [label] = useUrlState("label");
  const [view] = useUrlState("view");
  const folder = folderOf(prefix);
  const mayWrite = useScope("prompts:write");
  const setUrl = useSetUrlState();
  const isFlat = view === "names" || tag !== "" || label !== "";
  const filters = { ...(prefix !== "" && { prefix }), ...(tag !== "" && { tag }), ...(label !== "" && { label }) };
  return (
    <Page
      title={folder === "" ? "Prompts" : (folder.split("/").at(-2) ?? "Prompts")}
      before={folder === "" ? undefined : <Crumbs name={folder.slice(0, -1)} />}
      actions={mayWrite && <NewPrompt folder={folder} />}
    >
      <div class="filters" role="search" aria-label="Filter prompts">
        <Filter label="Name begins with" name="prefix" value={prefix} placeholder="support/" />
        <Filter label="Tag" name="tag" value={tag} placeholder="any" />
        <Filter label="Label" name="label" value={label} placeholder="any" />
        <button
          type="button"
          class="button"
          aria-pressed={isFlat}
          disabled={tag !== "" || label !== ""}
          onClick={() => setUrl({ view: view === "names" ? "" : "names" })}
        >
          All names
        </button>
      </div>
      <PromptTable folder={folder} query={{ ...filters, ...(!isFlat && { delimiter: "/" }) }} />
    </Page>
  );
}

/** The prompts, and among them the folders where these are asked for. */
function PromptTable({ folder, query }: { folder: string; query: NonNullable<OperationQuery<"GET /v1/prompts">> }) {
  const list = usePromptList(query);
  const setUrl = useSetUrlState();
  const { prefix, tag, label } = query;
  const isFiltered = prefix !== undefined || tag !== undefined || label !== undefined;
  return (
    <ListPanel
      label="Prompts"
      columns={columnsOf(folder, (chosen) => setUrl({ tag: chosen }))}
      list={list}
      keyOf={({ key }) => key}
      hrefOf={({ key, prompt }) => (prompt ? promptHref(key) : folderHref(key))}
      empty={<NoPrompts isFiltered={isFiltered} />}
    />
  );
}

function NewPrompt({ folder }: { folder: string }) {
  const query = folder === "" ? "" : `?folder=${encodeURIComponent(folder)}`;
  return (
    <a class="button primary" href={`/app/new-prompt${query}`}>
      New prompt
    </a>
  );
}

function NoPrompts({ isFiltered }: { isFiltered: boolean }) {
  const setUrl = useSetUrlState();
  if (!isFiltered) {
    return (
      <Empty
        title="There are no prompts yet. Publish some from files:"
        command="npx pbt-edge init && npx pbt-edge push"
      />
    );
  }
  return (
    <Empty title="No prompt is like that.">
      <button type="button" class="button" onClick={() => setUrl({ prefix: "", tag: "", label: "" })}>
        Show all
      </button>
    </Empty>
  );
}

interface FilterProps {
  label: string;
  name: string;
  value: string;
  placeholder: string;
}

/** A filter in the address, which waits until typing rests. */
function Filter({ label, name, value, placeholder }: FilterProps) {
  const [text, setText] = useState(value);
  const written = useRef(value);
  const setUrl = useSetUrlState();
  useEffect(() => {
    // What was written from here comes back late, when more has been typed.
    if (value !== written.current) setText(value);
    written.current = value;
  }, [value]);
  useEffect(() => {
    if (text.trim() === written.current) return undefined;
    const timer = setTimeout(() => {
      written.current = text.trim();
      setUrl({ [name]: written.current });
    }, REST_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return <TextField {...{ label, placeholder }} value={text} set={setText} />;
}

function columnsOf(folder: string, chooseTag: (tag: string) => void): Column<PromptEntry>[] {
  return [
    { title: "Name", cell: ({ key }) => <Name folder={folder} name={key} />, width: "minmax(11rem, 3fr)" },
    { title: "Newest", cell: ({ prompt }) => prompt && `#${prompt.version}`, align: "right", width: "4.5rem" },
    {
      title: "Labels",
      cell: ({ prompt }) => prompt?.labels.map((each) => <LabelBadge key={each.label} label={each} />),
      width: "minmax(8rem, 2fr)",
      wide: true,
    },
    {
      title: "Tags",
      cell: ({ prompt }) => prompt?.tags.map((tag) => <Tag key={tag} tag={tag} choose={chooseTag} />),
      width: "minmax(8rem, 2fr)",
      wide: true,
    },
    { title: "Updated", cell: ({ prompt }) => prompt && <Time at={prompt.updated_at} />, width: "7rem" },
    {
      title: "Actions",
      cell: ({ key, prompt }) =>
        prompt && (
          <a href={editorHref(key)} aria-label={`Edit ${key}`}>
            Edit
          </a>
        ),
      width: "4rem",
      wide: true,
    },
  ];
}

/** A name below a folder; that of a folder ends with a slash. */
function Name({ folder, name }: { folder: string; name: string }) {
  const end = name.lastIndexOf("/", name.length - 2) + 1;
  return (
    <>
      <span class="muted">{name.slice(folder.length, end)}</span>
      {name.slice(Math.max(end, folder.length))}
    </>
  );
}

function LabelBadge({ label: { label, version } }: { label: PromptLabel }) {
  return (
    <Badge tone={label === "production" ? "accent" : undefined}>
      {`${label} ${version === undefined ? "split" : `#${version}`}`}
    </Badge>
  );
}

function Tag({ tag, choose }: { tag: string; choose: (tag: string) => void }) {
  return (
    <button
      type="button"
      class="tag-button"
      aria-label={`Only prompts with the tag ${tag}`}
      onClick={() => choose(tag)}
    >
      <Badge>{tag}</Badge>
    </button>
  );
}
