import { useLocation } from "preact-iso";
import { useEffect } from "preact/hooks";
import { NAVIGATION } from "../routes.ts";
import { Dialog } from "./form.tsx";

/** How long after `g` the second key may come, ms. */
const SECOND_KEY_MS = 1_500;

/** The keys of the whole page: `/` searches, `g p` opens prompts, `?` tells them all. */
export function useShortcuts({ search, help }: { search: () => void; help: () => void }): void {
  const { route } = useLocation();
  useEffect(() => {
    let leaderAt = -Infinity;
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.composedPath()[0])) return;
      if (document.querySelector("dialog[open]")) return;
      const isSecond = performance.now() - leaderAt < SECOND_KEY_MS;
      leaderAt = -Infinity;
      const item = isSecond ? ITEMS.find(({ keys }) => keys === event.key) : undefined;
      if (item) route(item.href);
      else if (event.key === "g") leaderAt = performance.now();
      else if (event.key === "/") search();
      else if (event.key === "?") help();
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}

const ITEMS = NAVIGATION.flatMap(({ items }) => items);

/** The editor of prompts is in a shadow root, out of which an event seems to come from its host. */
function isTyping(target: EventTarget | undefined): boolean {
  return target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable]") !== null;
}

/** Tells the keys. */
export function ShortcutHelp({ close }: { close: () => void }) {
  const keys: [string, string][] = [
    ["/", "Search prompts and pages"],
    ["?", "This help"],
    ["Esc", "Close a dialog"],
    ...ITEMS.map(({ keys, title }): [string, string] => [`g ${keys}`, title]),
  ];
  return (
    <Dialog title="Keyboard shortcuts" close={close}>
      <dl class="keys">
        {keys.map(([key, title]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{title}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
