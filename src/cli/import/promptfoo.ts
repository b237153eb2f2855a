import { parse, stringify } from "yaml";
import { UsageError } from "../errors.ts";
import { type ImportedFile, type ImportSource, mappingOf, promptFile, promptNameOf, textOf } from "./imported-file.ts";
import { assertionsOf } from "./promptfoo-assertions.ts";

/**
 * Reads promptfoo's `promptfooconfig.yaml`: each of its prompts becomes a file, with the models of
 * its providers, and its tests a file in `tests/` for each prompt. `file://` is read beside it.
 * Templates are Nunjucks, which is read as Jinja.
 */
export function importPromptfoo(source: ImportSource): ImportedFile[] {
  let config: Record<string, unknown>;
  try {
    config = mappingOf(parse(source.text));
  } catch (error) {
    throw new UsageError(`${source.name} is not YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
  const { models, settings, warnings } = providersOf(config["providers"] ?? config["targets"]);
  const written = listOf(config["prompts"]);
  if (written.length === 0) throw new UsageError(`${source.name} has no prompts.`);
  const taken = new Map<string, number>();
  return written.flatMap((each, at) => {
    const { name, text } = promptOf(each, at, source);
    const count = (taken.get(name) ?? 0) + 1;
    taken.set(name, count);
    const own = count === 1 ? name : `${name}-${count}`;
    const prompt = promptFile(
      own,
      { description: config["description"], models, ...contentOf(text), settings },
      at === 0 ? warnings : [],
    );
    const tests = testsFile(own, config, source);
    return tests ? [prompt, tests] : [prompt];
  });
}

function promptOf(written: unknown, at: number, source: ImportSource): { name: string; text: string } {
  const { id, label, raw } = mappingOf(written);
  const text = typeof written === "string" ? written : textOf(raw ?? id);
  const [, path] = /^file:\/\/(.+)$/.exec(text) ?? [];
  const named =
    typeof label === "string" ? label : path === undefined ? `prompt-${at + 1}` : path.replace(/^.*\/|\.\w+$/g, "");
  return { name: promptNameOf(named), text: path === undefined ? text : readFile(path, source) };
}

function readFile(path: string, { name, readBeside }: ImportSource): string {
  const text = readBeside(path);
  if (text === undefined) throw new UsageError(`${name} names ${path}, which cannot be read.`);
  return text;
}

/** A text, or a conversation that is written as JSON or YAML. */
function contentOf(text: string): { template: string } | { messages: unknown } {
  if (/^\s*(?:\[|- role:)/.test(text)) {
    try {
      const messages: unknown = parse(text);
      if (Array.isArray(messages) && messages.every((message) => "role" in mappingOf(message))) return { messages };
    } catch {
      // Templates may make what is no YAML before they are rendered: then it is a text.
    }
  }
  return { template: text };
}

/** `openai:chat:gpt-4o-mini` is the model `gpt-4o-mini`. */
function providersOf(written: unknown): { models: string[]; settings: Record<string, unknown>; warnings: string[] } {
  const models: string[] = [];
  const warnings: string[] = [];
  let settings: Record<string, unknown> = {};
  for (const each of listOf(written)) {
    const id = typeof each === "string" ? each : textOf(mappingOf(each)["id"]);
    const [, model] = /^(?:openai|anthropic):(?:(?:chat|messages|responses|completion):)?([^:]+)$/.exec(id) ?? [];
    if (model === undefined) warnings.push(`the provider ${id} is not known here; name a model in its place`);
    else models.push(model);
    const config = mappingOf(mappingOf(each)["config"]);
    const known = ["temperature", "top_p", "max_tokens", "seed", "stop", "reasoning_effort"].filter(
      (key) => key in config,
    );
    if (Object.keys(settings).length === 0) settings = Object.fromEntries(known.map((key) => [key, config[key]]));
  }
  return { models: [...new Set(models)], settings, warnings };
}

function testsFile(name: string, config: Record<string, unknown>, source: ImportSource): ImportedFile | null {
  const warnings: string[] = [];
  const preset = mappingOf(config["defaultTest"]);
  const cases = testsIn(config["tests"], source, warnings).map((test, at) => {
    const title = typeof test["description"] === "string" ? test["description"] : `test ${at + 1}`;
    const asserted = [...listOf(preset["assert"]), ...listOf(test["assert"])];
    const { assertions, left } = assertionsOf(asserted);
    if (left.length > 0)
      warnings.push(`${title}: not checked any more, because nothing is like it here: ${left.join(", ")}`);
    return {
      name: title,
      inputs: inputsOf({ ...mappingOf(preset["vars"]), ...mappingOf(test["vars"]) }, source),
      assertions,
    };
  });
  if (cases.length === 0) return null;
  const text = stringify({ prompt_file: `prompts/${name}.prompt.yaml`, tests: cases }, { lineWidth: 0 });
  return { path: `tests/${name}.test.yaml`, text, warnings };
}

function testsIn(written: unknown, source: ImportSource, warnings: string[]): Record<string, unknown>[] {
  return listOf(written).flatMap((each) => {
    const [, path] = typeof each === "string" ? (/^(?:file:\/\/)?(.+\.ya?ml)$/.exec(each) ?? []) : [];
    if (path !== undefined) return listOf(parse(readFile(path, source))).map(mappingOf);
    if (typeof each === "string") warnings.push(`tests in ${each} were left out: only YAML is read`);
    return typeof each === "string" ? [] : [mappingOf(each)];
  });
}

function inputsOf(vars: Record<string, unknown>, source: ImportSource): Record<string, unknown> {
  const entries = Object.entries(vars).map(([name, value]) => {
    const [, path] = typeof value === "string" ? (/^file:\/\/(.+)$/.exec(value) ?? []) : [];
    return [name, path === undefined ? value : readFile(path, source)];
  });
  return Object.fromEntries(entries) as Record<string, unknown>;
}

function listOf(value: unknown): unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? (value as unknown[]) : [value];
}
