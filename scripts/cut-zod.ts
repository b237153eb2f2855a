/**
 * zod's classic schemas without JSON Schema, which only the document of the API is made by: each
 * schema of an isolate has a function for it, and the bundle what these call.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const CLASSIC = "node_modules/zod/v4/classic";
/** How one kind of schema is written as JSON Schema. */
const WRITERS = /^ +inst\._zod\.processJSONSchema = \(.*\) => .*;\n/gm;
const METHOD = /^ +toJSONSchema\(params\) \{\n.*\n +\},\n/gm;
const STANDARD = /^ +jsonSchema: \{\n(?: +(?:input|output): createStandardJSONSchemaMethod\(.*\),\n){2} +\},\n/gm;
/** The kinds of schema that had a writer when this was written. */
const KINDS = 30;
/** Calls of what else writes JSON Schema; getters such as `minLength` need the one that stays. */
const OTHERS = / processors\.(?!aggregateChecks\()/;

/** The module of the schemas without JSON Schema. Throws an Error if it does not look as it did. */
export function cutZod(source: string): string {
  const counts = [WRITERS, METHOD, STANDARD].map((part) => source.match(part)?.length ?? 0);
  const [writers = 0, ...others] = counts;
  const cut = source.replaceAll(WRITERS, "").replaceAll(METHOD, "").replaceAll(STANDARD, "");
  if (writers < KINDS || others.some((count) => count !== 1) || OTHERS.test(cut)) {
    throw new Error("zod writes JSON Schema elsewhere now: change scripts/cut-zod.ts");
  }
  return cut;
}

/** The modules of the Worker's copy of zod by name; its core stays that of the package. */
export function zodModules(): [name: string, source: string][] {
  const names = readdirSync(CLASSIC).filter((name) => name.endsWith(".js"));
  const modules = names.map((name): [string, string] => {
    const source = readFileSync(join(CLASSIC, name), "utf8");
    const ours = name === "schemas.js" ? cutZod(source) : source;
    return [name, ours.replaceAll('from "../', `from "../../${join(CLASSIC, "..")}/`)];
  });
  // As the package says of itself, so that the bundler drops what nothing imports.
  return [...modules, ["package.json", '{ "type": "module", "sideEffects": false }']];
}
