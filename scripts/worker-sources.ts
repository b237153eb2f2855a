import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cutDocumentation } from "./cut-documentation.ts";

/** Modules that make schemas or routes, of which the document tells. */
const IS_DOCUMENTED = /from "(?:zod|\.{1,2}\/(?:.*\/)?router\.ts)"/;
/** What the sources import from outside their folder. */
const OUTSIDE = ["migrations/meta/_journal.json"];

/** What the Worker is built of, by path: the sources without their documentation. */
export function workerSources(): Map<string, string> {
  const files = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((file) => /\.(?:ts|json)$/.test(file));
  const sources = [...files.map((file) => join("src", file)), ...OUTSIDE].map((file) => {
    const text = readFileSync(file, "utf8");
    return [file, IS_DOCUMENTED.test(text) ? cutDocumentation(text, file) : text] as const;
  });
  return new Map(sources);
}
