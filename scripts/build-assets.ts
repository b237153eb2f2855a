/**
 * Makes what a bundle needs: the static assets, which are the dashboard, the document of the API
 * and the script of its page, none of which needs a third party; the copies of re2js and zod that
 * the Worker has; and its sources, without what only that document tells.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { apiDocument } from "./api-document.ts";
import { buildDashboard } from "./build-dashboard.ts";
import { cutRe2js } from "./cut-re2js.ts";
import { zodModules } from "./cut-zod.ts";
import { workerSources } from "./worker-sources.ts";

writeWhole("dist/assets/openapi.json", JSON.stringify(await apiDocument()));
writeWhole("dist/assets/assets/rapidoc.js", readFileSync("node_modules/rapidoc/dist/rapidoc-min.js"));
for (const [name, content] of await buildDashboard()) writeWhole(`dist/assets/${name}`, content);
writeWhole("dist/re2js.js", cutRe2js(readFileSync("node_modules/re2js/build/index.js", "utf8")));
for (const [name, source] of zodModules()) writeWhole(`dist/zod/${name}`, source);

const sources = workerSources();
for (const [file, text] of sources) writeWhole(join("dist", file), text);
removeOthers("src", sources);

/** Removes the copies of sources that are gone. */
function removeOthers(folder: string, sources: ReadonlyMap<string, string>): void {
  for (const name of readdirSync(join("dist", folder), { recursive: true, encoding: "utf8" })) {
    const file = join(folder, name);
    if (!sources.has(file) && statSync(join("dist", file)).isFile()) rmSync(join("dist", file));
  }
}

/** Writes a file in one step: a server that runs meanwhile must never serve half of it. */
function writeWhole(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  const unfinished = `dist/unfinished-${process.pid}`;
  writeFileSync(unfinished, content);
  renameSync(unfinished, path);
}
