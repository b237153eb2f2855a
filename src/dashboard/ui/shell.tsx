import type { ComponentChildren } from "preact";
import { useLocation } from "preact-iso";
import { useState } from "preact/hooks";
import { useSession } from "../api/session.tsx";
import { NAVIGATION, type NavigationItem } from "../routes.ts";
import { ErrorBox } from "./error-box.tsx";
import { Palette } from "./palette.tsx";
import { ShortcutHelp, useShortcuts } from "./shortcuts.tsx";
import { applyTheme, storedTheme, type Theme } from "./theme.ts";

const NEXT_THEME: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };

/** What stands around every page: the navigation, the search, and who is signed in. */
export function Shell({ children }: { children: ComponentChildren }) {
  const [isOpen, setOpen] = useState(false);
  const [dialog, setDialog] = useState<"palette" | "help" | null>(null);
  useShortcuts({ search: () => setDialog("palette"), help: () => setDialog("help") });
  return (
    <div class="shell">
      <a class="skip" href="#content">
        Skip to content
      </a>
      <aside class={`side ${isOpen ? "is-open" : ""}`}>
        <div class="brand">
          <a href="/">PBT Edge</a>
          <button
            type="button"
            class="button small menu-button"
            aria-expanded={isOpen}
            aria-controls="navigation"
            onClick={() => setOpen(!isOpen)}
          >
            Menu
          </button>
        </div>
        <div class="side-body" id="navigation">
          <button type="button" class="search-button" onClick={() => setDialog("palette")}>
            Search <kbd>/</kbd>
          </button>
          <Navigation onNavigate={() => setOpen(false)} />
          <Account help={() => setDialog("help")} />
        </div>
      </aside>
      <main id="content" tabIndex={-1}>
        {children}
      </main>
      {dialog === "palette" && <Palette close={() => setDialog(null)} />}
      {dialog === "help" && <ShortcutHelp close={() => setDialog(null)} />}
    </div>
  );
}

function Navigation({ onNavigate }: { onNavigate: () => void }) {
  const { path } = useLocation();
  const isHere = ({ href, also = [] }: NavigationItem) =>
    href === "/" ? path === "/" || path === "/app" : [href, ...also].some((each) => path.startsWith(each));
  return (
    <nav aria-label="Pages">
      {NAVIGATION.map(({ title, items }) => (
        <div key={title} class="nav-group">
          <h2>{title}</h2>
          {items.map((item) => (
            <a key={item.href} href={item.href} aria-current={isHere(item) ? "page" : undefined} onClick={onNavigate}>
              {item.title} <kbd>g {item.keys}</kbd>
            </a>
          ))}
        </div>
      ))}
    </nav>
  );
}

function Account({ help }: { help: () => void }) {
  const { session, signOut } = useSession();
  const [theme, setTheme] = useState<Theme>(storedTheme);
  const [fault, setFault] = useState<Error | null>(null);
  const changeTheme = () => {
    const next = NEXT_THEME[theme];
    applyTheme(next);
    setTheme(next);
  };
  return (
    <div class="account">
      <p>
        <strong>{session.tenant.name}</strong>
        <span class="muted"> key {session.key.name}</span>
      </p>
      <div class="row">
        <button type="button" class="button small" onClick={changeTheme} aria-label={`Theme: ${theme}`}>
          {theme}
        </button>
        <button type="button" class="button small" onClick={help} aria-label="Keyboard shortcuts">
          ?
        </button>
        <button type="button" class="button small" onClick={() => void signOut().catch(setFault)}>
          Sign out
        </button>
      </div>
      <ErrorBox error={fault} />
    </div>
  );
}
