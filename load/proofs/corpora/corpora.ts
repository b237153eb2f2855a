/**
 * `npm run prove -- corpora --folder DIR`: imports every prompt file below a folder as publishing
 * would, and prints how many are imported, warned of and refused, and why. It judges nothing:
 * whether a refusal is right is for the reader. Fails where the importer breaks. No files come with
 * it.
 */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { AppError } from "../../../src/domain/errors.ts";
import { importPrompt } from "../../../src/domain/prompts/import/import-prompt.ts";

/** Where the files are, and how many of each reason are named. */
export const FLAGS = {
  folder: { type: "string" },
  show: { type: "string", default: "3" },
} as const satisfies ParseArgsOptionsConfig;

const PROMPT_FILE = /\.(?:ya?ml|json|prompty|prompt)$/;

/** What became of a file. A reason that names nothing of the file is the same for all. */
interface Outcome {
  file: string;
  status: "imported" | "warned" | "refused" | "broken";
  reasons: string[];
}

/** Imports the files and prints the table. Returns whether the importer broke at none of them. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  if (flags.folder === undefined) throw new Error("corpora needs --folder DIR");
  const folder = flags.folder;
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => PROMPT_FILE.test(file));
  const outcomes = files.toSorted().map((file) => importFile(folder, file));
  for (const status of ["refused", "warned", "broken"] as const) {
    const own = outcomes.filter((outcome) => outcome.status === status);
    const groups = [...Map.groupBy(own.flatMap(eachReason), ({ reason }) => reason)];
    if (groups.length > 0) console.log(`\n${status} (files, reason, some of them):`);
    for (const [reason, all] of groups.toSorted(([, a], [, b]) => b.length - a.length)) {
      console.log(`${String(all.length).padStart(5)}  ${reason}  (${namesOf(all, Number(flags.show))})`);
    }
  }
  const count = (status: Outcome["status"]) => outcomes.filter((outcome) => outcome.status === status).length;
  console.log(
    `\n${files.length} files: ${count("imported")} imported, ${count("warned")} imported with warnings, ` +
      `${count("refused")} refused, ${count("broken")} broken`,
  );
  return files.length > 0 && count("broken") === 0;
}

function importFile(folder: string, file: string): Outcome {
  const source = readFileSync(join(folder, file), "utf8");
  const name = basename(file).replace(PROMPT_FILE, "").toLowerCase();
  try {
    const { warnings } = importPrompt(source, file.endsWith(".json") ? "json" : "yaml", name);
    return { file, status: warnings.length > 0 ? "warned" : "imported", reasons: warnings.map(generalOf) };
  } catch (error) {
    if (!(error instanceof AppError)) return { file, status: "broken", reasons: [String(error)] };
    const faults = error.errors?.map(({ path, message }) => `${path}: ${message}`) ?? [error.detail];
    return { file, status: "refused", reasons: faults.map(generalOf) };
  }
}

/** What differs from file to file: quoted words, names of variables and fields, numbers. */
const OWN_WORDS: [RegExp, string][] = [
  [/"(?:[^"\\]|\\.)*"|'[^']*'|`[^`]*`/g, "…"],
  [/\{[\w, {}]+\}(?= in single)/g, "{…}"],
  [/\b(variables|schema|properties|metadata)\.[\w-]+/g, "$1.…"],
  [/\d+/g, "N"],
];

function generalOf(reason: string): string {
  return OWN_WORDS.reduce((text, [words, instead]) => text.replaceAll(words, instead), reason);
}

function eachReason({ file, reasons }: Outcome): { file: string; reason: string }[] {
  return [...new Set(reasons)].map((reason) => ({ file, reason }));
}

function namesOf(all: readonly { file: string }[], most: number): string {
  return all
    .slice(0, most)
    .map(({ file }) => file)
    .join(", ");
}
