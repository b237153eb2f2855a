import { useEffect, useRef, useState } from "preact/hooks";
import type { ListItem } from "../../../client/index.ts";
import { useScope } from "../../api/session.tsx";
import { useList } from "../../api/use-api.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { TextField } from "../../ui/form.tsx";
import { Empty, Page, Panel } from "../../ui/page.tsx";
import { Badge, Time } from "../../ui/small.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { useSetUrlState, useUrlState } from "../../ui/url-state.ts";
import "../../styles/prompts.css";
import { editorHref, promptHref } from "./addresses.ts";
import { Crumbs } from "./crumbs.tsx";
import { folderOf, foldersBelow } from "./folders.ts";

type PromptItem = ListItem<"GET /v1/prompts">;

const PAGE_SIZE = 200;
/** How long a filter rests before it is asked for, ms. */
const REST_MS = 200;

/** The prompts by their folders, with filters in the address. */
export function PromptsPage() {
  const [prefix] = useUrlState("prefix");
  const [tag] = useUrlState("tag");
  const query = { limit: PAGE_SIZE, ...(prefix === "" ? {} : { prefix }), ...(tag === "" ? {} : { tag }) };
  const list = useList("GET /v1/prompts", { query });
  const folder = folderOf(prefix);
  const setUrl = useSetUrlState();
  const mayWrite = useScope("prompts:write");
  return (
    <Page
      title={folder === "" ? "Prompts" : (folder.split("/").at(-2) ?? "Prompts")}
      before={folder === "" ? undefined : <Crumbs name={folder.slice(0, -1)} />}
      actions={mayWrite && <NewPrompt folder={folder} />}
    >
      <div class="filters" role="search" aria-label="Filter prompts">
        <Filter label="Name begins with" name="prefix" value={prefix} placeholder="support/" />
        <Filter label="Tag" name="tag" value={tag} placeholder="any" />
      </div>
      <Folders folder={folder} prompts={list.items} hasMore={list.hasMore} />
      <ErrorBox error={list.error} retry={list.refetch} />
      <Panel class="flush">
        <Table
          label="Prompts"
          columns={columnsOf(folder, (chosen) => setUrl({ tag: chosen }))}
          items={list.items}
          keyOf={({ name }) => name}
          hrefOf={({ name }) => promptHref(name)}
          isPending={list.isPending}
          hasMore={list.hasMore}
          loadMore={list.loadMore}
          empty={list.error ? null : <NoPrompts isFiltered={prefix !== "" || tag !== ""} />}
        />
      </Panel>
    </Page>
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
    <Empty title="No prompt has such a name and tag.">
      <button type="button" class="button" onClick={() => setUrl({ prefix: "", tag: "" })}>
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

/** The folders of a folder, as far as its prompts have been read. */
function Folders({ folder, prompts, hasMore }: { folder: string; prompts: readonly PromptItem[]; hasMore: boolean }) {
  const folders = foldersBelow(
    folder,
    prompts.map(({ name }) => name),
  );
  if (folders.length === 0) return null;
  return (
    <nav class="folders" aria-label={folder === "" ? "Folders" : `Folders in ${folder}`}>
      {folders.map(({ prefix, title, prompts: count }, at) => (
        <a key={prefix} class="folder" href={`/app/prompts?prefix=${encodeURIComponent(prefix)}`}>
          {title}/ <span class="muted">{hasMore && at === folders.length - 1 ? `${count}+` : count}</span>
        </a>
      ))}
      {hasMore && <span class="muted">and more further down</span>}
    </nav>
  );
}

function columnsOf(folder: string, chooseTag: (tag: string) => void): Column<PromptItem>[] {
  return [
    { title: "Name", cell: ({ name }) => <Name folder={folder} name={name} />, width: "minmax(12rem, 3fr)" },
    { title: "Newest", cell: ({ version }) => `#${version}`, align: "right", width: "4.5rem" },
    {
      title: "Tags",
      cell: ({ tags }) => tags.map((tag) => <Tag key={tag} tag={tag} choose={chooseTag} />),
      width: "minmax(8rem, 2fr)",
      wide: true,
    },
    { title: "Updated", cell: ({ updated_at }) => <Time at={updated_at} />, width: "7rem" },
    {
      title: "Actions",
      cell: ({ name }) => (
        <a href={editorHref(name)} aria-label={`Edit ${name}`}>
          Edit
        </a>
      ),
      width: "4rem",
      wide: true,
    },
  ];
}

function Name({ folder, name }: { folder: string; name: string }) {
  const end = name.lastIndexOf("/") + 1;
  return (
    <>
      <span class="muted">{name.slice(folder.length, end)}</span>
      {name.slice(Math.max(end, folder.length))}
    </>
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
