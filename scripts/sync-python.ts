/** The Python client's code for callers that wait, made of the code for those that await. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const NOTE = "# Made of `_async` by `npm run client:generate`; do not edit.\n";

/** What differs between the two, from the special to the general. */
const REPLACEMENTS: readonly [RegExp, string][] = [
  [/\b__aenter__\b/g, "__enter__"],
  [/\b__aexit__\b/g, "__exit__"],
  [/\b__aiter__\b/g, "__iter__"],
  [/\bAsyncClient\b/g, "Client"],
  [/\bAsyncIterator\b/g, "Iterator"],
  [/\bAwaitable\[Any\]/g, "Any"],
  [/\bAwaitable, /g, ""],
  [/\basync_wait\b/g, "wait"],
  [/\baiter_text\b/g, "iter_text"],
  [/\baread\b/g, "read"],
  [/\b(response|http)\.aclose\b/g, "$1.close"],
  [/\b_events\.aclose\b/g, "_events.close"],
  [/\bAsync(?=[A-Z]\w)/g, ""],
  [/\basync (?=def|for|with)/g, ""],
  [/\bawait /g, ""],
];

/** Each file of `_sync` by its path, for the files of `_async` in a package's folder. */
export function syncFiles(folder: string): Record<string, string> {
  const files = readdirSync(join(folder, "_async")).filter((file) => file.endsWith(".py") && file !== "__init__.py");
  return Object.fromEntries(
    files.map((file) => {
      const source = readFileSync(join(folder, "_async", file), "utf8");
      return [join(folder, "_sync", file), NOTE + syncText(source)];
    }),
  );
}

function syncText(source: string): string {
  return REPLACEMENTS.reduce((text, [pattern, replacement]) => text.replaceAll(pattern, replacement), source);
}
