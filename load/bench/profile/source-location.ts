import { SourceMap } from "node:module";
import type { CallFrame } from "./self-time.ts";

/** The bundle's script. The engine's own modules (`cloudflare-internal:d1-api`) have urls too. */
const BUNDLE = /(?:^|\/)index\.js$/;

/** The place of a function in the source code. */
export interface SourceLocation {
  /** `src/<folder>`, a package's name, or `engine`. */
  group: string;
  /**
   * `src/services/x.ts:12`, `hono/dist/compose.js:7`, or the engine's name. Never an absolute path.
   */
  place: string;
}

/** Reads a bundle's source map and returns a function that finds the source of a frame. */
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

/** The part of a source's path that begins with its package or with `src`. */
function portablePath(source: string): string {
  const inPackage = source.lastIndexOf("node_modules/");
  if (inPackage >= 0) {
    const file = source.slice(inPackage + "node_modules/".length);
    // Some packages' source maps point outside their folder, which loses the package's name.
    return file.startsWith("src/") ? `dependency/${file}` : file;
  }
  const ours = source.lastIndexOf("src/");
  return ours >= 0 ? source.slice(ours) : (source.split("/").at(-1) ?? source);
}

function groupOf(file: string): string {
  const [first = "", second = ""] = file.split("/");
  return first === "src" || first.startsWith("@") ? `${first}/${second}` : first;
}
