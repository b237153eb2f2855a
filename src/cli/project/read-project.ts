import { parse } from "yaml";
import { promptNameSchema } from "../../domain/name.ts";
import { UsageError } from "../errors.ts";

/** The text of each file of a project by its path below the project's folder, with `/`. */
export type ProjectFiles = ReadonlyMap<string, string>;

/** A prompt file of a project. */
export interface LocalPrompt {
  /** Its path below the folder of the prompts, without the ending. */
  name: string;
  path: string;
  source: string;
}

/** What `pbt.yaml` says that concerns this command. */
export interface ProjectSettings {
  promptsFolder: string;
  testsFolder: string;
  /** The profile of `login` that the project's commands use. */
  profile?: string;
}

/** A PBT project as its files have it. */
export interface PromptProject {
  settings: ProjectSettings;
  prompts: LocalPrompt[];
  files: ProjectFiles;
}

/** The name of a project's file. */
export const PROJECT_FILE = "pbt.yaml";

/** The endings of prompt files. The first is that of new files. */
const ENDINGS = [".prompt.yaml", ".prompt.yml", ".prompt.json", ".prompty", ".prompt"];
/** The endings that prompts of a project may have, too. Elsewhere such files are anything. */
const PLAIN_ENDINGS = [".yaml", ".yml"];
/** Files of these endings are tests or chains, wherever they are. */
const NO_PROMPT = /\.(?:test\.(?:ya?ml|jsonl)|chain\.(?:ya?ml|json))$/;

/**
 * Reads a project: `pbt.yaml`, and the prompts in `prompts/` or the folder that it names. A folder
 * of loose prompt files has its prompts in itself. Throws a UsageError for a broken `pbt.yaml`, for
 * a file whose name is no prompt's and for two files of one name.
 */
export function readProject(files: ProjectFiles): PromptProject {
  const settings = readSettings(files.get(PROJECT_FILE), hasPromptsFolder(files));
  const endings = files.has(PROJECT_FILE) ? [...ENDINGS, ...PLAIN_ENDINGS] : ENDINGS;
  const inside = settings.promptsFolder === "" ? "" : `${settings.promptsFolder}/`;
  const prompts = [...files].flatMap(([path, source]) => {
    const isPrompt = path.startsWith(inside) && path !== PROJECT_FILE && !NO_PROMPT.test(path);
    const ending = isPrompt ? endings.find((each) => path.endsWith(each)) : undefined;
    const isTest = path.startsWith(`${settings.testsFolder}/`);
    if (ending === undefined || isTest) return [];
    return [{ name: nameOf(path.slice(inside.length, -ending.length), path), path, source }];
  });
  prompts.sort((a, b) => (a.name < b.name ? -1 : 1));
  const twice = prompts.find(({ name }, at) => prompts[at + 1]?.name === name);
  if (twice)
    throw new UsageError(`Two files are the prompt "${twice.name}"; one of them is ${twice.path}. Rename one.`);
  return { settings, prompts, files };
}

/** Where a new file of a prompt goes. */
export function pathOfPrompt({ promptsFolder }: ProjectSettings, name: string, ending = ENDINGS[0] ?? ""): string {
  return `${promptsFolder === "" ? "" : `${promptsFolder}/`}${name}${ending}`;
}

function nameOf(path: string, file: string): string {
  // Names are in lower case, because file systems differ in whether case tells files apart.
  const name = path.toLowerCase().replaceAll(/\s+/g, "-");
  if (!promptNameSchema.safeParse(name).success) {
    throw new UsageError(`${file} cannot be a prompt: names have a-z, 0-9, ".", "_" and "-", and "/" for folders.`);
  }
  return name;
}

/** Reads the text of a `pbt.yaml`, or the settings of a folder without one. */
export function readSettings(text: string | undefined, hasPrompts = true): ProjectSettings {
  const data = mapping(readYamlFile(text));
  const directories = mapping(data["directories"]);
  const edge = mapping(data["edge"]);
  const folderOf = (written: unknown, preset: string) =>
    typeof written === "string" ? written.replaceAll(/^\.\/|\/$/g, "").replace(/^\.$/, "") : preset;
  return {
    promptsFolder: folderOf(directories["prompts"] ?? data["prompts_dir"], hasPrompts ? "prompts" : ""),
    testsFolder: folderOf(directories["tests"] ?? data["tests_dir"], "tests"),
    ...(typeof edge["profile"] === "string" && { profile: edge["profile"] }),
  };
}

/** A folder of loose prompt files is one of prompts; anything else is a project, or becomes one. */
function hasPromptsFolder(files: ProjectFiles): boolean {
  const paths = [...files.keys()];
  const isLoose = paths.some((path) => ENDINGS.some((ending) => path.endsWith(ending)));
  return files.has(PROJECT_FILE) || !isLoose || paths.some((path) => path.startsWith("prompts/"));
}

function readYamlFile(text: string | undefined): unknown {
  if (text === undefined) return {};
  try {
    return parse(text);
  } catch (error) {
    throw new UsageError(`${PROJECT_FILE} is not YAML: ${String(error)}`);
  }
}

function mapping(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
