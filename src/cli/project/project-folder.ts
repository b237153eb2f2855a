import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { UsageError } from "../errors.ts";
import { PROJECT_FILE, type ProjectSettings, type PromptProject, readProject, readSettings } from "./read-project.ts";

/** Folders that hold no prompts of the project. */
const SKIPPED = new Set(["node_modules", ".git", "dist", "__pycache__", ".venv", "venv"]);
const READ = /\.(?:ya?ml|prompty|prompt|jsonl|prompt\.json)$/;
/** The server takes no larger prompt, so a larger file is none. In bytes. */
const LARGEST = 2 << 20;

/** The folder of the project: the given one, or the nearest one above `cwd` with a `pbt.yaml`. */
export function findProjectFolder(cwd: string, given?: string): string {
  if (given !== undefined) return resolve(cwd, given);
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (existsSync(join(folder, PROJECT_FILE))) return folder;
    if (dirname(folder) === folder) return cwd;
  }
}

/** Whether a folder has a `pbt.yaml` or a folder of prompts. */
export function isProjectFolder(folder: string): boolean {
  return existsSync(join(folder, PROJECT_FILE)) || existsSync(join(folder, "prompts"));
}

/** Reads the `pbt.yaml` of a folder alone, which is enough for calls that are about no file. */
export function readProjectSettings(folder: string): ProjectSettings {
  const file = join(folder, PROJECT_FILE);
  return readSettings(existsSync(file) ? readFileSync(file, "utf8") : undefined);
}

/** Reads the project in a folder. Throws a UsageError where there is no such folder. */
export function readProjectFolder(folder: string): PromptProject {
  if (!existsSync(folder)) throw new UsageError(`There is no folder ${folder}.`);
  const files = new Map<string, string>();
  for (const path of filesBelow(folder, folder)) files.set(path, readFileSync(join(folder, path), "utf8"));
  return readProject(files);
}

/** Writes a file of the project, with the folders that it lies in. */
export function writeProjectFile(folder: string, path: string, text: string): void {
  const file = resolve(folder, path);
  if (!file.startsWith(resolve(folder) + sep)) throw new UsageError(`${path} is outside of the project.`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function* filesBelow(root: string, folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!SKIPPED.has(entry.name) && !entry.name.startsWith(".")) yield* filesBelow(root, path);
    } else if (READ.test(entry.name) && statSync(path).size <= LARGEST) {
      yield relative(root, path).split(sep).join("/");
    }
  }
}
