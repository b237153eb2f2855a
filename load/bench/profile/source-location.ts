import { SourceMap } from "node:module";
import type { CallFrame } from "./self-time.ts";

/** The bundle's own script; the engine's built-in modules (`cloudflare-internal:d1-api`, …) have urls too. */
const BUNDLE = /(?:^|\/)index\.js$/;

/** Where a function was written. */
export interface SourceLocation {
  /** `src/<room>`, a package's name, or `engine`. */
  group: string;
  /** `src/services/x.ts:12`, `hono/dist/compose.js:7`, or what the engine calls it. Never a path of this machine. */
  place: string;
}

/** Reads the source map beside a bundle: from a frame of the bundle to where it was written. */
export function sourceLocator(sourceMap: string): (frame: CallFrame) => SourceLocation {
  const map = new SourceMap(JSON.parse(sourceMap) as ConstructorParameters<typeof SourceMap>[0]);
  return (frame) => {
    if (!BUNDLE.test(frame.url)) return { group: "engine", place: frame.url === "" ? "engine" : frame.url };
    const entry = map.findEntry(frame.lineNumber, frame.columnNumber);
    if (!("originalSource" in entry)) return { group: "bundle", place: `bundle:${frame.lineNumber + 1}` };
    const file = portablePath(entry.originalSource);
    return { group: groupOf(file), place: `${file}:${entry.originalLine + 1}` };
  };
}

/** A source's path from the package or from `src` on. */
function portablePath(source: string): string {
  const inPackage = source.lastIndexOf("node_modules/");
  if (inPackage >= 0) {
    const file = source.slice(inPackage + "node_modules/".length);
    // Some packages' own maps point outside their folder, which loses the package's name.
    return file.startsWith("src/") ? `dependency/${file}` : file;
  }
  const ours = source.lastIndexOf("src/");
  return ours >= 0 ? source.slice(ours) : (source.split("/").at(-1) ?? source);
}

function groupOf(file: string): string {
  const [first = "", second = ""] = file.split("/");
  return first === "src" || first.startsWith("@") ? `${first}/${second}` : first;
}
