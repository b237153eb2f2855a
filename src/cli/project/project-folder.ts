import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import { UsageError } from "../errors.ts";
import { readTextFile, UnreadableFile } from "./read-text.ts";
import { PROJECT_FILE, type ProjectSettings, type PromptProject, readProject, readSettings } from "./read-project.ts";

/** Folders that hold no prompts of the project, but in its folder of prompts. */
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

/**
 * Reads the project in a folder, links followed. Throws a UsageError where there is no such folder,
 * and for a prompt or test that cannot be read: left out, it would be missing in silence.
 */
export function readProjectFolder(folder: string): PromptProject {
  if (!existsSync(folder)) throw new UsageError(`There is no folder ${folder}.`);
  if (!statSync(folder).isDirectory()) {
    throw new UsageError(`${folder} is no folder. Name the project's, and choose prompts with --select.`);
  }
  const { promptsFolder } = readProjectSettings(folder);
  const files = new Map<string, string>();
  const faults = new Map<string, string>();
  for (const path of filesBelow(folder, { promptsFolder })) {
    const { text, fault } = readFile(join(folder, path));
    files.set(path, text);
    if (fault !== null) faults.set(path, fault);
  }
  const project = readProject(files);
  for (const [path, fault] of faults) {
    const isTest = path.startsWith(`${project.settings.testsFolder}/`);
    if (isTest || project.prompts.some((prompt) => prompt.path === path)) throw new UsageError(`${path} ${fault}.`);
  }
  return project;
}

function readFile(path: string): { text: string; fault: string | null } {
  try {
    if (statSync(path).size > LARGEST)
      return { text: "", fault: "is larger than 2 MiB, which the server does not take" };
    return { text: readTextFile(path), fault: null };
  } catch (error) {
    return { text: "", fault: error instanceof UnreadableFile ? error.message : "is a link to nothing" };
  }
}

/** Writes a file of the project, with the folders that it lies in. */
export function writeProjectFile(folder: string, path: string, text: string): void {
  const file = resolve(folder, path);
  if (!file.startsWith(resolve(folder) + sep)) throw new UsageError(`${path} is outside of the project.`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** The paths below a folder that may be files of the project. `inside` is the way to it. */
function* filesBelow(
  root: string,
  { promptsFolder, inside = "", above = [] }: { promptsFolder: string; inside?: string; above?: readonly string[] },
): Generator<string> {
  const real = realpathSync(join(root, inside));
  // A link to a folder around it would have no end.
  if (above.some((folder) => `${folder}${sep}`.startsWith(real.endsWith(sep) ? real : `${real}${sep}`))) return;
  for (const { name } of readdirSync(join(root, inside), { withFileTypes: true })) {
    const path = inside === "" ? name : `${inside}/${name}`;
    const state = statSync(join(root, path), { throwIfNoEntry: false });
    if (state?.isDirectory()) {
      const isOfPrompts = promptsFolder !== "" && path.startsWith(`${promptsFolder}/`);
      const isSkipped = name.startsWith(".") || (SKIPPED.has(name) && !isOfPrompts);
      if (!isSkipped) yield* filesBelow(root, { promptsFolder, inside: path, above: [...above, real] });
    } else if (READ.test(name) && (state === undefined || state.isFile())) yield path;
  }
}
