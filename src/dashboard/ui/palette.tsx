import { useLocation } from "preact-iso";
import { useEffect, useRef, useState } from "preact/hooks";
import { useRead } from "../api/use-api.ts";
import { NAVIGATION } from "../routes.ts";

const MOST_PROMPTS = 12;

interface Target {
  href: string;
  title: string;
  kind: string;
}

/** Finds prompts by the beginning of their names, executions by their ids, and pages. */
export function Palette({ close }: { close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const { route } = useLocation();
  const targets = useTargets(text.trim());
  useEffect(() => dialog.current?.showModal(), []);
  const open = (target: Target | undefined) => {
    if (!target) return;
    dialog.current?.close();
    route(target.href);
  };
  const onKey = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) setAt((at + step + targets.length) % Math.max(1, targets.length));
    else if (event.key === "Enter") open(targets[at]);
    else return;
    event.preventDefault();
  };
  return (
    <dialog ref={dialog} class="palette" aria-label="Search" onClose={close}>
      <input
        type="search"
        role="combobox"
        aria-label="Search prompts, executions and pages"
        aria-expanded="true"
        aria-controls="palette-targets"
        aria-activedescendant={targets[at] ? `palette-${at}` : undefined}
        placeholder="A prompt's name, an execution's id, a page"
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={onKey}
      />
      <ul id="palette-targets" role="listbox" aria-label="Found">
        {targets.map((target, index) => (
          <li
            key={target.href}
            id={`palette-${index}`}
            role="option"
            aria-selected={index === at}
            onClick={() => open(target)}
          >
            {target.title} <span class="muted">{target.kind}</span>
          </li>
        ))}
        {targets.length === 0 && (
          <li role="option" aria-selected="false" aria-disabled="true" class="muted">
            Nothing found
          </li>
        )}
      </ul>
    </dialog>
  );
}

function useTargets(text: string): Target[] {
  const query = { limit: MOST_PROMPTS, ...(text === "" ? {} : { prefix: text }) };
  const { data } = useRead("GET /v1/prompts", { query });
  const wanted = text.toLowerCase();
  const pages = NAVIGATION.flatMap(({ items }) => items)
    .filter(({ title }) => title.toLowerCase().includes(wanted))
    .map(({ href, title }) => ({ href, title, kind: "page" }));
  // The last answer stays while another is asked for, and Enter must not open what it has.
  const prompts = (data?.data ?? [])
    .filter(({ name }) => name.startsWith(text))
    .map(({ name }) => ({ href: `/app/prompts/${encodeURIComponent(name)}`, title: name, kind: "prompt" }));
  const execution = /^exe_[\w-]+$/.test(text)
    ? [{ href: `/app/executions/${text}`, title: text, kind: "execution" }]
    : [];
  const batch = /^bat_[\w-]+$/.test(text) ? [{ href: `/app/batches/${text}`, title: text, kind: "batch" }] : [];
  return [...execution, ...batch, ...(text === "" ? pages : prompts), ...(text === "" ? prompts : pages)];
}
