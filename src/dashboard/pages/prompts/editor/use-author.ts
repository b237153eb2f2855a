import { useEffect, useRef, useState } from "preact/hooks";
import { useScope } from "../../../api/session.tsx";
import { useRunTests } from "../use-run-tests.ts";
import type { Published } from "./publish-dialog.tsx";
import type { EditorModel } from "./use-editor.ts";
import { useTry } from "./use-try.ts";

/**
 * What an author does with the text of an editor: try, publish, test and promote, also by keys.
 * `onCreated` is called once a new prompt has a version.
 */
export function useAuthor(name: string, editor: EditorModel, onCreated?: () => void) {
  const [mayWrite, mayExecute] = [useScope("prompts:write"), useScope("executions:write")];
  const [dialog, setDialog] = useState<"publish" | "try" | "promote" | null>(null);
  const [useStored, setUseStored] = useState(false);
  const [warnings, setWarnings] = useState<string[] | null>(null);
  const [testRun, setTestRun] = useState<string | null>(null);
  const trial = useTry(name);
  const tests = useRunTests(name, setTestRun);
  useEffect(() => trial.leave, []);
  const { stored, base, check, rendered, variables, variableFaults } = editor;
  const hasFaults = check.checked === null || check.checked.faults.length > 0;
  const isReady = rendered.messages.length > 0 && Object.keys(variableFaults).length === 0;
  const mayPublish = mayWrite && name !== "" && !hasFaults;
  const execute = (version: number) => trial.run({ version, variables, useStored });
  const tryIt = () => {
    if (!isReady) focusFirstFault();
    else if (stored !== null) execute(stored);
    else if (mayPublish) setDialog("try");
  };
  const publish = () => {
    if (mayPublish && (stored === null || stored !== base?.version)) setDialog("publish");
  };
  useKeys({ s: publish, enter: mayExecute ? tryIt : publish });
  const published = (reply: Published) => {
    editor.rebase({ version: reply.version, source: editor.text }, true);
    setWarnings(reply.warnings);
    if (dialog === "try") execute(reply.version);
    setDialog(null);
    if (base === null) onCreated?.();
  };
  return {
    name,
    mayWrite,
    mayExecute,
    mayPublish,
    isReady,
    dialog,
    warnings,
    testRun,
    trial,
    useStored,
    setUseStored,
    tryIt,
    publish,
    published,
    test: tests.run,
    testError: tests.error,
    promote: () => setDialog("promote"),
    closeDialog: () => setDialog(null),
  };
}

/** What an author can do. */
export type Authoring = ReturnType<typeof useAuthor>;

function focusFirstFault(): void {
  document.querySelector<HTMLElement>(".variables-form [aria-invalid=true]")?.focus();
}

/** The keys of the editor, with Ctrl or ⌘. */
function useKeys(actions: Record<string, () => void>): void {
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isCommand = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
      const act = isCommand ? latest.current[event.key.toLowerCase()] : undefined;
      if (!act || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      if (!event.repeat) act();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}
