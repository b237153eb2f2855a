import { UsageError } from "../errors.ts";
import {
  type ImportedFile,
  type ImportSource,
  mappingOf,
  mappingsIn,
  promptFile,
  promptNameOf,
} from "./imported-file.ts";
import { schemaOf, toolsOf } from "./openai-prompts.ts";

/**
 * Langfuse keeps what a model is sent in a free `config`: these of its fields are settings of ours.
 */
const SETTINGS =
  "temperature top_p top_k max_tokens stop seed frequency_penalty presence_penalty reasoning_effort verbosity".split(
    " ",
  );
/** These have a place of their own in our files. */
const READ = new Set(["model", "response_format", "tools"]);
/** `@@@langfusePrompt:name=legal/notice|version=1@@@` or `|label=production@@@`. */
const REFERENCE = /@@@langfusePrompt:name=([^|@]{1,200})(?:\|(version|label)=([^|@]{1,100}))?@@@/g;

/**
 * Reads prompts as Langfuse's API gives them (`GET /api/public/v2/prompts/{name}`), alone or in a
 * list. Of several versions of a prompt the newest is taken. `{{name}}` is the same in our
 * templates, a reference becomes an include, and a message placeholder stays one.
 */
export function importLangfuse(source: ImportSource): ImportedFile[] {
  const { name: file, text } = source;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const newest = new Map<string, Record<string, unknown>>();
  const dropped = new Map<string, number>();
  for (const prompt of mappingsIn(parsed)) {
    const name = String(prompt["name"]);
    const known = newest.get(name);
    if (known) dropped.set(name, (dropped.get(name) ?? 0) + 1);
    if (!known || Number(prompt["version"]) > Number(known["version"])) newest.set(name, prompt);
  }
  return [...newest].map(([name, prompt]) =>
    importOne(source, prompt, { written: name, older: dropped.get(name) ?? 0 }),
  );
}

function importOne(
  source: ImportSource,
  prompt: Record<string, unknown>,
  { written, older }: { written: string; older: number },
): ImportedFile {
  const warnings: string[] = [];
  const name = promptNameOf(written);
  const config = mappingOf(prompt["config"]);
  const settings = Object.fromEntries(
    SETTINGS.flatMap((key) => (config[key] === undefined ? [] : [[key, config[key]]])),
  );
  const rest = Object.entries(config).filter(([key]) => !SETTINGS.includes(key) && !READ.has(key));
  if (rest.length > 0)
    warnings.push(`kept in the metadata, where it has no effect: config.${rest.map(([key]) => key).join(", config.")}`);
  if (older > 0) warnings.push(older === 1 ? "an older version was left out" : `${older} older versions were left out`);
  const labels = Array.isArray(prompt["labels"])
    ? prompt["labels"].filter((label) => label !== "latest").map(String)
    : [];
  for (const label of labels)
    warnings.push(`after the push, \`pbt-edge promote ${name} --to ${promptNameOf(label)}\` sets its label`);
  const content = prompt["prompt"];
  if (typeof content !== "string" && !Array.isArray(content))
    throw new UsageError(`${written} has no prompt: a text or a list of messages.`);
  return promptFile(
    source,
    name,
    {
      model: config["model"],
      ...(typeof content === "string"
        ? { template: ourText(content) }
        : { messages: content.map(mappingOf).map(ourMessage) }),
      settings,
      output_schema: schemaOf(config),
      tools: toolsOf(config["tools"], warnings),
      tags: prompt["tags"],
      metadata: {
        ...(prompt["version"] !== undefined && { langfuse_version: prompt["version"] }),
        ...(rest.length > 0 && { langfuse_config: Object.fromEntries(rest) }),
      },
    },
    warnings,
  );
}

function ourMessage(message: Record<string, unknown>): Record<string, unknown> {
  if (message["type"] === "placeholder") return { placeholder: message["name"] };
  const content = message["content"];
  return { role: message["role"], content: typeof content === "string" ? ourText(content) : content };
}

function ourText(text: string): string {
  return text.replaceAll(REFERENCE, (_, name: string, kind: string | undefined, value: string | undefined) => {
    const at = kind === "version" ? `#${value}` : kind === "label" ? `@${value}` : "";
    return `{% include "${promptNameOf(name)}${at}" %}`;
  });
}
