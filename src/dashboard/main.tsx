import { render } from "preact";
import { App } from "./app.tsx";
import { preloadPage } from "./routes.ts";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/layout.css";
import "./styles/components.css";
import { applyTheme, storedTheme } from "./ui/theme.ts";

/** How long a page that was reloaded for missing parts is not reloaded for them again, ms. */
const RELOAD_AGAIN_MS = 60_000;
const RELOADED_AT = "pbt-reloaded-at";

// A deploy replaces the parts of the page that were not loaded yet.
addEventListener("vite:preloadError", (event) => {
  if (Date.now() - Number(sessionStorage.getItem(RELOADED_AT)) < RELOAD_AGAIN_MS) return;
  event.preventDefault();
  sessionStorage.setItem(RELOADED_AT, String(Date.now()));
  location.reload();
});

applyTheme(storedTheme());
// The page's part comes while the session is asked for.
preloadPage(location.pathname);
const root = document.getElementById("app");
root?.replaceChildren();
if (root) render(<App />, root);
