import { useRoute } from "preact-iso";
import { useState } from "preact/hooks";
import { ErrorBox } from "../../../ui/error-box.tsx";
import { Page, Skeleton } from "../../../ui/page.tsx";
import { useUrlState } from "../../../ui/url-state.ts";
import "../../../styles/prompts.css";
import { promptHref } from "../addresses.ts";
import { Crumbs } from "../crumbs.tsx";
import { type StoredSource, useSource } from "../use-source.ts";
import { PromptEditor } from "./prompt-editor.tsx";

const PLACE_PX = 520;

/** Edits the newest version of a prompt, or begins with an older one: `?version=3`. */
export function EditorPage() {
  const name = useRoute().params["name"] ?? "";
  const [version] = useUrlState("version");
  return <StoredEditor key={`${name} ${version}`} name={name} version={version === "" ? undefined : Number(version)} />;
}

function StoredEditor({ name, version }: { name: string; version: number | undefined }) {
  const newest = useSource(name, undefined);
  const opened = useSource(name, version, version !== undefined);
  const isLoaded = newest.data && (version === undefined || opened.data);
  const error = newest.error ?? opened.error;
  return (
    <Page
      title={`Edit ${name.slice(name.lastIndexOf("/") + 1)}`}
      before={<Crumbs name={name} />}
      actions={
        <a class="button" href={promptHref(name)}>
          Versions
        </a>
      }
    >
      <ErrorBox error={error} />
      {!isLoaded && !error && <Skeleton height={PLACE_PX} />}
      {isLoaded && <Opened name={name} newest={newest.data} opened={opened.data ?? newest.data} />}
    </Page>
  );
}

/** What was opened stays, whatever is published meanwhile. */
function Opened({ name, newest, opened }: { name: string; newest: StoredSource; opened: StoredSource }) {
  const [start] = useState({ newest, opened });
  return <PromptEditor name={name} {...start} text={start.opened.source} seen={newest} />;
}
