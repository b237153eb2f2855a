/**
 * Makes what a bundle needs: the static assets, which are the document of the API and the script of
 * its page, which needs no third party; and the copy of re2js that the Worker has.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { apiDocument } from "./api-document.ts";
import { cutRe2js } from "./cut-re2js.ts";

mkdirSync("dist/assets/assets", { recursive: true });
writeWhole("dist/assets/openapi.json", JSON.stringify(await apiDocument()));
writeWhole("dist/assets/assets/rapidoc.js", readFileSync("node_modules/rapidoc/dist/rapidoc-min.js"));
writeWhole("dist/re2js.js", cutRe2js(readFileSync("node_modules/re2js/build/index.js", "utf8")));

/** Writes a file in one step: a server that runs meanwhile must never serve half of it. */
function writeWhole(path: string, content: string | Uint8Array): void {
  const unfinished = `dist/unfinished-${process.pid}`;
  writeFileSync(unfinished, content);
  renameSync(unfinished, path);
}
