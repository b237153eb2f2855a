import { stringify } from "yaml";
import type { TestCase } from "../../domain/tests/test-case.ts";
import { withoutTrailing } from "../../lib/without-trailing.ts";
import { pathOfPrompt, type ProjectSettings } from "../project/read-project.ts";

/** A file that an import makes, and what became of what has no counterpart. */
export interface ImportedFile {
  /** Below the folder of the project. */
  path: string;
  /** The name of the prompt that it is; undefined for a file of tests. */
  prompt?: string;
  text: string;
  warnings: string[];
}

/** What an import is given: a file, and the files beside it that it names. */
export interface ImportSource {
  /** The name of the file, without its folder. */
  name: string;
  text: string;
  /** Reads a file that the export names, by its path beside it. Undefined where there is none. */
  readBeside: (path: string) => string | undefined;
  /** Where the project has its prompts and tests. */
  settings: ProjectSettings;
  /** The lines of JSONL that belong to it, where they are a file of their own. */
  items?: string;
  /** The prompt that its tests are for, where it names none. */
  prompt?: string;
}

/** A prompt as the fields of a `.prompt.yaml`. Undefined ones are left out. */
export type PromptFields = Record<string, unknown>;

/** A prompt file in YAML. */
export function promptFile(
  { settings }: ImportSource,
  name: string,
  fields: PromptFields,
  warnings: string[],
): ImportedFile {
  const given = Object.fromEntries(Object.entries({ name, ...fields }).filter(([, value]) => !isEmpty(value)));
  return { path: pathOfPrompt(settings, name), prompt: name, text: stringify(given, { lineWidth: 0 }), warnings };
}

/** A file of tests. With `promptPath` it says which file they are for, else its own name does. */
export function testsFile(
  { settings }: ImportSource,
  name: string,
  cases: readonly TestCase[],
  { promptPath, warnings = [] }: { promptPath?: string; warnings?: string[] },
): ImportedFile {
  const tests = cases.map(({ name: title, variables, assertions, threshold }) => {
    return { name: title, inputs: variables, assertions, ...(threshold !== undefined && { min_score: threshold }) };
  });
  const content = { ...(promptPath !== undefined && { prompt_file: promptPath }), tests };
  return {
    path: `${settings.testsFolder}/${name}.test.yaml`,
    text: stringify(content, { lineWidth: 0 }),
    warnings,
  };
}

/** A name of ours for any text: `Support / Answer!` becomes `support/answer`. */
export function promptNameOf(text: string): string {
  const folders = text.toLowerCase().split("/");
  const parts = folders.map(
    (folder) =>
      folder
        .match(/[a-z0-9]+[._]?/g)
        ?.join("-")
        .replaceAll(/([._])-?/g, "$1") ?? "",
  );
  const name = parts.filter((part) => part !== "").join("/");
  return withoutTrailing(withoutTrailing(name.slice(0, 128), "."), "_") || "prompt";
}

/** A value that should be a text; empty where it is none. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** A value as a mapping; an empty one for anything else. */
export function mappingOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

/** The mappings of a value that is one, a list of them, or an API's page of them (`data`). */
export function mappingsIn(value: unknown): Record<string, unknown>[] {
  const data = mappingOf(value)["data"];
  const list = Array.isArray(value) ? value : Array.isArray(data) ? data : [value];
  return list.map(mappingOf).filter((each) => Object.keys(each).length > 0);
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}
