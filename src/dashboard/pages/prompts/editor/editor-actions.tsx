import { ErrorBox } from "../../../ui/error-box.tsx";
import { Badge } from "../../../ui/small.tsx";
import type { StoredSource } from "../use-source.ts";
import type { Authoring } from "./use-author.ts";
import type { EditorModel } from "./use-editor.ts";

interface EditorActionsProps {
  editor: EditorModel;
  author: Authoring;
  /** The newest version as it is now. */
  seen: StoredSource | null;
}

/** What can be done with the text now, and how it stands. */
export function EditorActions({ editor, author, seen }: EditorActionsProps) {
  const { stored, base } = editor;
  const { mayWrite, mayExecute, mayPublish, publish, test, promote } = author;
  const isNewest = stored !== null && stored === base?.version;
  return (
    <div class="stack">
      <div class="editor-actions" role="toolbar" aria-label="Actions">
        <EditorState editor={editor} />
        <span class="spacer" />
        {mayExecute && <TryActions stored={stored} author={author} />}
        {mayWrite && (
          <button type="button" class="button" disabled={!mayPublish || isNewest} onClick={publish}>
            Publish… <kbd>Ctrl S</kbd>
          </button>
        )}
        {mayExecute && (
          <button
            type="button"
            class="button"
            disabled={stored === null}
            onClick={() => stored !== null && test(stored)}
          >
            {stored === null ? "Run tests" : `Run tests of #${stored}`}
          </button>
        )}
        {mayWrite && (
          <button type="button" class="button" disabled={stored === null} onClick={promote}>
            {stored === null ? "Promote…" : `Promote #${stored}…`}
          </button>
        )}
      </div>
      {!mayWrite && (
        <p class="warn">This key cannot publish: that needs the scope prompts:write. The text is read-only.</p>
      )}
      {!mayExecute && <p class="muted">Trying and testing need the scope executions:write.</p>}
      {seen && base && seen.version > base.version && (
        <p class="warn" role="status">
          #{seen.version} was published meanwhile. Publishing this text will be refused until you compare with it.
        </p>
      )}
      <ErrorBox error={author.testError} />
    </div>
  );
}

function EditorState({ editor: { stored, base, isChanged, wasDraft, discard } }: { editor: EditorModel }) {
  return (
    <span class="row" role="status">
      {stored !== null && (
        <Badge tone="good">
          #{stored}
          {stored === base?.version ? " newest" : ""}
        </Badge>
      )}
      {stored === null && (
        <Badge tone="warn">{base === null ? "not published" : `changed since #${base.version}`}</Badge>
      )}
      {wasDraft && <span class="muted">draft kept</span>}
      {isChanged && (
        <button type="button" class="link-button" onClick={discard}>
          Discard changes
        </button>
      )}
    </span>
  );
}

function TryActions({ stored, author }: { stored: number | null; author: Authoring }) {
  const { name, mayPublish, isReady, tryIt, useStored, setUseStored } = author;
  return (
    <>
      <label class="check">
        <input type="checkbox" checked={useStored} onChange={(event) => setUseStored(event.currentTarget.checked)} />
        <span>use stored answers</span>
      </label>
      <button
        type="button"
        class="button primary"
        disabled={stored === null && !mayPublish}
        aria-describedby={isReady && name !== "" ? undefined : "try-note"}
        onClick={tryIt}
      >
        {stored === null ? "Publish and try…" : `Try #${stored}`} <kbd>Ctrl ↵</kbd>
      </button>
      {(!isReady || name === "") && (
        <span id="try-note" class="muted">
          {name === "" ? "needs a name" : "needs variables"}
        </span>
      )}
    </>
  );
}
