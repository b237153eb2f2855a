import { parse } from "yaml";
import { importPromptfoo as translate } from "../../domain/tests/import/promptfoo.ts";
import { UsageError } from "../errors.ts";
import {
  type ImportedFile,
  type ImportSource,
  mappingOf,
  promptFile,
  promptNameOf,
  testsFile,
} from "./imported-file.ts";

/**
 * Reads promptfoo's `promptfooconfig.yaml`: each of its prompts becomes a file, with the models of
 * its providers, and its tests a file in `tests/` for each prompt. What it names by `file://` is
 * read beside it; the rest is translated as the server does it.
 */
export function importPromptfoo(source: ImportSource): ImportedFile[] {
  const config = readConfig(source);
  const {
    prompts,
    models,
    tests,
    left_out: left,
  } = translate({
    ...config,
    prompts: listOf(config["prompts"]).map((prompt) => withItsFile(prompt, source)),
    tests: listOf(config["tests"]).flatMap((test) => testsOf(test, source)),
  });
  if (prompts.length === 0) throw new UsageError(`${source.name} has no prompts.`);
  const warnings = left.map(({ path, reason }) => `not taken over: ${path}, because ${reason}`);
  const names = uniqueNames(prompts.map(({ name }) => name));
  return prompts.flatMap(({ template, messages }, at) => {
    const name = names[at] ?? "";
    const file = promptFile(source, name, { models, template, messages }, at === 0 ? warnings : []);
    return tests.length === 0 ? [file] : [file, testsFile(source, name, tests, { promptPath: file.path })];
  });
}

function readConfig({ name, text }: ImportSource): Record<string, unknown> {
  try {
    return mappingOf(parse(text));
  } catch (error) {
    throw new UsageError(`${name} is not YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A prompt with the text of its file in place of the file's name, which names the prompt. */
function withItsFile(prompt: unknown, source: ImportSource): unknown {
  const { raw, label, id, ...rest } = mappingOf(prompt);
  const path = pathIn(typeof prompt === "string" ? prompt : (raw ?? id));
  if (path === undefined) return prompt;
  return { ...rest, raw: readFile(path, source), label: label ?? path.replace(/^.*\//, "").replace(/\.\w+$/, "") };
}

/**
 * The cases of a list's element, which may be a file of cases, with the texts of their variables.
 */
function testsOf(test: unknown, source: ImportSource): unknown[] {
  const path = pathIn(test);
  if (path !== undefined && /\.ya?ml$/.test(path)) {
    return listOf(parse(readFile(path, source))).flatMap((each) => testsOf(each, source));
  }
  const { vars, ...rest } = mappingOf(test);
  if (typeof test === "string" || vars === undefined) return [test];
  const texts = Object.entries(mappingOf(vars)).map(([name, value]) => {
    const file = pathIn(value);
    return [name, file === undefined ? value : readFile(file, source)];
  });
  return [{ ...rest, vars: Object.fromEntries(texts) as unknown }];
}

function uniqueNames(written: readonly string[]): string[] {
  const taken = new Map<string, number>();
  return written.map(promptNameOf).map((name) => {
    const count = (taken.get(name) ?? 0) + 1;
    taken.set(name, count);
    return count === 1 ? name : `${name}-${count}`;
  });
}

function pathIn(value: unknown): string | undefined {
  return typeof value === "string" ? /^file:\/\/(.+)$/.exec(value)?.[1] : undefined;
}

function readFile(path: string, { name, readBeside }: ImportSource): string {
  const text = readBeside(path);
  if (text === undefined) throw new UsageError(`${name} names ${path}, which cannot be read.`);
  return text;
}

function listOf(value: unknown): unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? (value as unknown[]) : [value];
}
