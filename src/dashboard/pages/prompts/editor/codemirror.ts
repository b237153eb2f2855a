import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import type { SourceFault } from "./checked-source.ts";
import { endingOf, withEnding, withLf } from "./line-endings.ts";

/** The colours of the page, which change with its theme. */
const THEME = EditorView.theme({
  "&": { height: "100%", backgroundColor: "var(--surface)", color: "var(--text)", fontSize: "13px" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55" },
  ".cm-content": { caretColor: "var(--text)", padding: "0.5rem 0" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "var(--surface)", color: "var(--muted)", borderRight: "1px solid var(--grid)" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--hover)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--selected)",
  },
  ".cm-tooltip": { backgroundColor: "var(--raised)", border: "1px solid var(--border)", color: "var(--text)" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--bad)" },
  ".cm-panels": { backgroundColor: "var(--raised)", color: "var(--text)" },
});

const HIGHLIGHT = HighlightStyle.define([
  { tag: [tags.definition(tags.propertyName), tags.propertyName], color: "var(--series-1)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--series-3)" },
  { tag: [tags.keyword, tags.meta, tags.typeName, tags.labelName], color: "var(--series-4)" },
  { tag: [tags.comment], color: "var(--muted)", fontStyle: "italic" },
  { tag: [tags.separator, tags.punctuation, tags.squareBracket, tags.brace], color: "var(--muted)" },
]);

/** An editor on the page. */
export interface MountedEditor {
  setText: (text: string) => void;
  setFaults: (faults: readonly SourceFault[]) => void;
  goTo: (line: number) => void;
  destroy: () => void;
}

interface EditorOptions {
  text: string;
  label: string;
  isReadOnly: boolean;
  onChange: (text: string) => void;
}

/**
 * Puts an editor of YAML into a shadow root, where its styles need no permission of the page's
 * security policy. Tab leaves it; the keys of the page's own actions do nothing in it.
 */
export function mountEditor(root: ShadowRoot, { text, label, isReadOnly, onChange }: EditorOptions): MountedEditor {
  let ending = endingOf(text);
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: text,
      extensions: [
        keymap.of(["Mod-s", "Mod-Enter"].map((key) => ({ key, run: () => true, preventDefault: true }))),
        keymap.of([...defaultKeymap, ...historyKeymap, ...lintKeymap]),
        [lineNumbers(), lintGutter(), highlightActiveLine(), highlightActiveLineGutter(), drawSelection()],
        [history(), indentOnInput(), bracketMatching(), indentUnit.of("  "), EditorView.lineWrapping],
        [yaml(), syntaxHighlighting(HIGHLIGHT), THEME],
        EditorView.contentAttributes.of({ "aria-label": label, "aria-multiline": "true", tabindex: "0" }),
        EditorState.readOnly.of(isReadOnly),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) onChange(withEnding(update.state.doc.toString(), ending));
        }),
      ],
    }),
  });
  return {
    setText: (next) => {
      ending = endingOf(next);
      if (withLf(next) === view.state.doc.toString()) return;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next } });
    },
    setFaults: (faults) =>
      view.dispatch(
        setDiagnostics(
          view.state,
          faults.map((fault) => diagnosticOf(view, fault)),
        ),
      ),
    goTo: (line) => {
      const { from } = view.state.doc.line(Math.min(line, view.state.doc.lines));
      view.dispatch({ selection: { anchor: from }, scrollIntoView: true });
      view.focus();
    },
    destroy: () => view.destroy(),
  };
}

function diagnosticOf({ state }: EditorView, { line, path, message }: SourceFault): Diagnostic {
  const { from, to } = state.doc.line(Math.min(line, state.doc.lines));
  return { from, to, severity: "error", message: path === "" ? message : `${path}: ${message}` };
}
