/** How the page looks; `system` follows the browser. */
export type Theme = "system" | "light" | "dark";

const KEY = "pbt-theme";

/** The theme that was chosen before. */
export function storedTheme(): Theme {
  const stored = localStorage.getItem(KEY);
  return stored === "light" || stored === "dark" ? stored : "system";
}

/** Shows a theme and remembers it. Plots are told, because they draw with its colours. */
export function applyTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  const { dataset } = document.documentElement;
  if (theme === "system") delete dataset["theme"];
  else dataset["theme"] = theme;
  dispatchEvent(new Event("pbt-theme"));
}
