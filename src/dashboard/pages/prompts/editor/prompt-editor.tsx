import { useRef } from "preact/hooks";
import { Panel } from "../../../ui/page.tsx";
import { Badge } from "../../../ui/small.tsx";
import { PromoteDialog } from "../promote-dialog.tsx";
import { Warnings } from "../source-tab.tsx";
import { TestRunCard } from "../test-run-card.tsx";
import type { StoredSource } from "../use-source.ts";
import { CodeEditor } from "./code-editor.tsx";
import type { MountedEditor } from "./codemirror.ts";
import { EditorActions } from "./editor-actions.tsx";
import { FaultList } from "./fault-list.tsx";
import { Preview } from "./preview.tsx";
import { PublishDialog } from "./publish-dialog.tsx";
import { TryPanel } from "./try-panel.tsx";
import { type Authoring, useAuthor } from "./use-author.ts";
import { type EditorModel, type EditorStart, useEditor } from "./use-editor.ts";

interface PromptEditorProps extends EditorStart {
  /** The newest version as it is now, which may not be the one that was opened. */
  seen: StoredSource | null;
  /** Called for a new prompt once it has a version. */
  onCreated?: () => void;
}

/** No list that is new at each rendering. */
const NO_FAULTS: [] = [];

/** Edits, renders, tries and publishes a prompt. */
export function PromptEditor({ seen, onCreated, ...start }: PromptEditorProps) {
  const editor = useEditor(start);
  const author = useAuthor(start.name, editor, onCreated);
  const mounted = useRef<MountedEditor | null>(null);
  return (
    <>
      <EditorActions editor={editor} author={author} seen={seen} />
      <div class="editor-columns">
        <div class="stack">
          <CodeEditor
            label="Prompt file"
            text={editor.text}
            revision={editor.revision}
            set={editor.setText}
            faults={editor.check.checked?.faults ?? NO_FAULTS}
            isReadOnly={!author.mayWrite}
            onMount={(editorOnPage) => (mounted.current = editorOnPage)}
          />
          <FaultList check={editor.check} goTo={(line) => mounted.current?.goTo(line)} />
        </div>
        <div class="stack">
          {author.warnings !== null && editor.stored !== null && (
            <PublishedNote version={editor.stored} warnings={author.warnings} />
          )}
          {author.testRun !== null && <TestRunCard key={author.testRun} id={author.testRun} />}
          <Preview editor={editor} />
          {author.mayExecute && (
            <TryPanel trial={author.trial.trial} cancel={author.trial.cancel} plan={planOf(editor.stored)} />
          )}
        </div>
      </div>
      <Dialogs editor={editor} author={author} />
    </>
  );
}

function PublishedNote({ version, warnings }: { version: number; warnings: readonly string[] }) {
  const isPlural = warnings.length > 1;
  return (
    <Panel>
      <p role="status">
        <Badge tone="good">published</Badge> #{version} is the newest version
        {warnings.length === 0 ? ", without warnings." : `, with ${warnings.length} warning${isPlural ? "s" : ""}:`}
      </p>
      <Warnings warnings={warnings} />
    </Panel>
  );
}

function Dialogs({ editor, author }: { editor: EditorModel; author: Authoring }) {
  const { name, dialog, published, closeDialog } = author;
  if (dialog === "publish" || dialog === "try") {
    return (
      <PublishDialog
        name={name}
        text={editor.text}
        base={editor.base}
        isTry={dialog === "try"}
        published={published}
        rebase={(newest) => editor.rebase(newest, false)}
        close={closeDialog}
      />
    );
  }
  if (dialog === null || editor.stored === null) return null;
  return <PromoteDialog name={name} version={editor.stored} close={closeDialog} />;
}

function planOf(stored: number | null): string {
  if (stored !== null) return `Try executes #${stored} once with the variables above and streams the answer here.`;
  return "Only stored versions are executed: trying this text publishes it as a new version first. Labels do not move.";
}
