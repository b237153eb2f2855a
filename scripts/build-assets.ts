/** Makes the static assets: the document of the API, and the script of its page, which needs no third party. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { apiDocument } from "./api-document.ts";

mkdirSync("dist/assets/assets", { recursive: true });
writeWhole("dist/assets/openapi.json", JSON.stringify(await apiDocument()));
writeWhole("dist/assets/assets/rapidoc.js", readFileSync("node_modules/rapidoc/dist/rapidoc-min.js"));

/** Writes a file in one step: a server that runs meanwhile must never serve half of it. */
function writeWhole(path: string, content: string | Uint8Array): void {
  const unfinished = `dist/unfinished-${process.pid}`;
  writeFileSync(unfinished, content);
  renameSync(unfinished, path);
}
