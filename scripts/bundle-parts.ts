import { readFileSync } from "node:fs";

/** The part of esbuild's metafile that is read here. */
interface Metafile {
  outputs: Record<string, { inputs: Record<string, { bytesInOutput: number }> }>;
}

const MOST_PACKAGES = 20;
const MOST_FILES = 40;

/** What a bundle consists of, by package and by file, the largest first, with bytes before gzip. */
export function describeParts(metafile: string): string {
  const { outputs } = JSON.parse(readFileSync(metafile, "utf8")) as Metafile;
  const files = new Map<string, number>();
  const packages = new Map<string, number>();
  for (const { inputs } of Object.values(outputs)) {
    for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
      add(files, file, bytesInOutput);
      add(packages, packageOf(file), bytesInOutput);
    }
  }
  return [largest(packages, MOST_PACKAGES), largest(files, MOST_FILES)].join("\n\n");
}

/** The package of a file, or its folder in `src`. */
function packageOf(file: string): string {
  const [, name] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file) ?? [];
  return name ?? file.replace("dist/src", "src").split("/").slice(0, 2).join("/");
}

function add(sums: Map<string, number>, name: string, bytes: number): void {
  sums.set(name, (sums.get(name) ?? 0) + bytes);
}

function largest(sums: ReadonlyMap<string, number>, most: number): string {
  const rows = [...sums].toSorted(([, a], [, b]) => b - a).slice(0, most);
  return rows.map(([name, bytes]) => `${String(bytes).padStart(8)}  ${name}`).join("\n");
}
