import { useEffect, useMemo, useState } from "preact/hooks";
import type { PromptDefinition } from "../../../../domain/prompts/prompt.ts";
import { useSession } from "../../../api/session.tsx";
import type { StoredSource } from "../use-source.ts";
import type { Rendered } from "./checked-source.ts";
import { DRAFTS } from "./drafts.ts";
import { useCheckedSource } from "./use-checked-source.ts";
import { variablesOf } from "./variable-values.ts";

/** What the editor begins with. */
export interface EditorStart {
  name: string;
  /** The newest version; null for a new prompt. */
  newest: StoredSource | null;
  /** The version whose text is opened; null for a new prompt. */
  opened: StoredSource | null;
  /** The text of a new prompt. */
  text: string;
}

/** The text in the editor with all that follows from it. */
export function useEditor({ name, newest, opened, text: begun }: EditorStart) {
  const tenant = useSession().session.tenant.id;
  const [draft] = useState(() => DRAFTS.find(tenant, newest === null ? "" : name));
  const [text, setText] = useState(draft?.text ?? begun);
  const [revision, setRevision] = useState(0);
  const [base, setBase] = useState(draft ? draft.base : newest);
  const [origin, setOrigin] = useState(opened);
  // A prompt that has no version yet has no name that is sure.
  const draftName = base === null ? "" : name;
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>({});
  const check = useCheckedSource(name, text);
  const stored = [origin, base].find((version) => version?.source === text)?.version ?? null;
  const isChanged = stored === null && text !== begun;
  useEffect(() => {
    if (isChanged) DRAFTS.keep(tenant, draftName, { text, base });
    else DRAFTS.drop(tenant, draftName);
  }, [isChanged, text, base]);
  const lastGood = useLastGood(check.checked?.definition ?? null);
  const form = useMemo(() => variablesOf(lastGood?.variables ?? {}, texts), [lastGood, texts]);
  const rendered = useMemo(
    () => (check.checks && lastGood ? check.checks.renderSource(lastGood, form.variables) : NOTHING),
    [check.checks, lastGood, form],
  );
  return {
    text,
    setText,
    /** Changes where the text was not changed by typing. */
    revision,
    base,
    /** The stored version that has this text; null where none has. */
    stored,
    isChanged,
    wasDraft: draft !== undefined && isChanged,
    check,
    definition: lastGood,
    texts,
    setVariable: (variable: string, value: string) => setTexts((known) => ({ ...known, [variable]: value })),
    variables: form.variables,
    variableFaults: faultsByName(rendered, form.faults),
    rendered,
    /** The text was published, or another version is to be compared with from now on. */
    rebase: (version: StoredSource, isOwn: boolean) => {
      if (isOwn) {
        DRAFTS.drop(tenant, draftName);
        setOrigin(version);
      }
      setBase(version);
    },
    discard: () => {
      setText((origin ?? base)?.source ?? begun);
      // A draft may have been begun with an older version than the one that is opened.
      if (newest && base && newest.version > base.version) setBase(newest);
      setRevision(revision + 1);
    },
  };
}

/** The editor's state. */
export type EditorModel = ReturnType<typeof useEditor>;

const NOTHING: Rendered = { messages: [], tokens: null, faults: [] };

/** The last definition that had no faults: the form stays while something is typed. */
function useLastGood(definition: PromptDefinition | null): PromptDefinition | null {
  const [known, setKnown] = useState(definition);
  useEffect(() => {
    if (definition) setKnown(definition);
  }, [definition]);
  return definition ?? known;
}

/** Faults of the variables' values; those of the form itself come first. */
function faultsByName({ faults }: Rendered, ofForm: Record<string, string>): Record<string, string> {
  const entries = faults.flatMap(({ path, message }) => {
    const [field, name = ""] = path.split(/\.(.*)/s);
    return field === "variables" ? [[name, message] as const] : [];
  });
  return { ...Object.fromEntries(entries), ...ofForm };
}
