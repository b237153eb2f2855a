import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { printLoad } from "../runner/print.ts";
import type { LoadResult } from "../runner/result.ts";
import { chartsOf } from "./charts.ts";

const STYLE = `
:root { --ink: #1c2430; --paper: #fff; --line: #dde2e8; --line-0: #1864ab; --line-1: #c2255c; --line-2: #4dabf7; --line-3: #f783ac; color-scheme: light dark; }
@media (prefers-color-scheme: dark) { :root { --ink: #dee2e6; --paper: #14181d; --line: #343a40; --line-0: #4dabf7; --line-1: #f783ac; --line-2: #1c7ed6; --line-3: #c2255c; } }
body { margin: 0 auto; max-width: 72rem; padding: 2rem 1rem; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.15rem; margin-top: 2rem; }
pre { overflow-x: auto; font: 13px/1.45 ui-monospace, monospace; padding: 1rem; border: 1px solid var(--line); border-radius: 6px; }
#plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 1.5rem; }
figure { margin: 0; min-width: 0; } figcaption { font-weight: 600; }
.u-legend { font-size: 13px; }
`;

/** A self-contained HTML page: the plots, drawn by uPlot from data in the page, and the tables. */
export function renderReport(result: LoadResult): string {
  const uplot = join(dirname(createRequire(import.meta.url).resolve("uplot/package.json")), "dist");
  const read = (folder: string, file: string) => readFileSync(join(folder, file), "utf8");
  // Escapes "<", so that no text in the data can end the script element.
  const data = JSON.stringify(chartsOf(result)).replaceAll("<", "\\u003c");
  const note =
    result.simulated_ms === null
      ? "The providers were real."
      : "The provider's time is simulated; everything ran on one machine, the load generator included.";
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>PBT Edge under load</title>
<style>${read(uplot, "uPlot.min.css")}${STYLE}</style>
<h1>PBT Edge under load</h1>
<p>${escapeHtml(result.at)}. ${escapeHtml(note)}</p>
<div id="plots"></div>
<h2>Figures</h2>
<pre>${escapeHtml(printLoad(result))}</pre>
<script type="application/json" id="charts">${data}</script>
<script>${read(uplot, "uPlot.iife.min.js")}</script>
<script>${read(import.meta.dirname, "draw.js")}</script>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
