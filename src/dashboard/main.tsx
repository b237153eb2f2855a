import { render } from "preact";
import { App } from "./app.tsx";
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
const root = document.getElementById("app");
if (root) render(<App />, root);
