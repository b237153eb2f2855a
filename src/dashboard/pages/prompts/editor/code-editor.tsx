import { useEffect, useRef, useState } from "preact/hooks";
import { ErrorBox } from "../../../ui/error-box.tsx";
import type { SourceFault } from "./checked-source.ts";
import type { MountedEditor } from "./codemirror.ts";

interface CodeEditorProps {
  label: string;
  text: string;
  /** Another number puts `text` into the editor. Otherwise it has its own: what is typed runs ahead. */
  revision: number;
  set: (text: string) => void;
  faults: readonly SourceFault[];
  isReadOnly: boolean;
  /** The editor, once it is there, for going to lines. */
  onMount: (editor: MountedEditor) => void;
}

/** An editor of YAML with faults at their lines. It loads when it is first shown. */
export function CodeEditor({ label, text, revision, set, faults, isReadOnly, onMount }: CodeEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const [editor, setEditor] = useState<MountedEditor | null>(null);
  const [fault, setFault] = useState<Error | null>(null);
  const onChange = useRef(set);
  onChange.current = set;
  useEffect(() => {
    let mounted: MountedEditor | null = null;
    let isGone = false;
    const mount = async () => {
      const { mountEditor } = await import("./codemirror.ts");
      if (isGone || !host.current) return;
      const root = host.current.shadowRoot ?? host.current.attachShadow({ mode: "open" });
      mounted = mountEditor(root, { text, label, isReadOnly, onChange: (next) => onChange.current(next) });
      setEditor(mounted);
      onMount(mounted);
    };
    mount().catch(setFault);
    return () => {
      isGone = true;
      mounted?.destroy();
    };
  }, [isReadOnly]);
  useEffect(() => editor?.setText(text), [editor, revision]);
  useEffect(() => editor?.setFaults(faults), [editor, faults]);
  return (
    <>
      <ErrorBox error={fault} />
      <div ref={host} class="code-editor" aria-busy={editor === null} />
    </>
  );
}
