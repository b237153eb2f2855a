import { UsageError } from "../errors.ts";
import {
  type ImportedFile,
  type ImportSource,
  mappingOf,
  mappingsIn,
  promptFile,
  promptNameOf,
} from "./imported-file.ts";

/** Fields that have a place of their own, or mean nothing for a prompt. */
const READ = new Set(
  "id object created created_at updated_at name description version is_default model instructions messages input prompt variables tools tool_choice parallel_tool_calls temperature top_p max_output_tokens max_tokens text response_format reasoning metadata status output store service_tier background error incomplete_details max_tool_calls previous_response_id top_logprobs usage user".split(
    " ",
  ),
);

/**
 * Reads OpenAI's stored prompts: the object of a prompt, or the body of a request that it stands
 * for (`model`, `instructions`, `input` or `messages`), alone or in a list. OpenAI exports none, so
 * people copy either from the dashboard. Placeholders `{{name}}` are those of our templates. The id
 * (`pmpt_…`) stays in the metadata: an alias of that name keeps callers as they are.
 */
export function importOpenaiPrompts(source: ImportSource): ImportedFile[] {
  const { name: file, text } = source;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  return mappingsIn(parsed).map((prompt, at) =>
    importOne(source, prompt, `${file.replace(/\.json$/, "")}${at === 0 ? "" : `-${at + 1}`}`),
  );
}

function importOne(source: ImportSource, prompt: Record<string, unknown>, fallback: string): ImportedFile {
  const warnings: string[] = [];
  const id = idOf(prompt);
  const name = promptNameOf(typeof prompt["name"] === "string" ? prompt["name"] : (id ?? fallback));
  const unknown = Object.keys(prompt).filter((key) => !READ.has(key) && prompt[key] !== null);
  if (unknown.length > 0) warnings.push(`left out, because nothing is like it here: ${unknown.join(", ")}`);
  if (id !== null && id !== name)
    warnings.push(`after the push, \`pbt-edge alias ${id} ${name}\` lets callers keep the id`);
  const messages = messagesOf(prompt);
  if (messages.length === 0) throw new UsageError(`${name} has no messages: instructions, messages or input.`);
  const reasoning = mappingOf(prompt["reasoning"]);
  const { verbosity } = mappingOf(prompt["text"]);
  const fields = {
    description: prompt["description"],
    model: prompt["model"] ?? undefined,
    messages,
    settings: withoutEmpty({
      temperature: prompt["temperature"],
      top_p: prompt["top_p"],
      max_tokens: prompt["max_output_tokens"] ?? prompt["max_tokens"],
      reasoning_effort: reasoning["effort"],
      // Every response says it, also of models that have none.
      verbosity: verbosity === "medium" ? undefined : verbosity,
    }),
    output_schema: schemaOf(prompt),
    tools: toolsOf(prompt["tools"], warnings),
    metadata: id === null ? undefined : { openai_prompt: id },
  };
  return promptFile(source, name, fields, warnings);
}

function idOf(prompt: Record<string, unknown>): string | null {
  // A response has an id of its own.
  const ids = [prompt["id"], mappingOf(prompt["prompt"])["id"]];
  return ids.find((id): id is string => typeof id === "string" && id.startsWith("pmpt_")) ?? null;
}

/** `instructions` come first; they are a text, or in a response the prompt's own messages. */
function messagesOf(prompt: Record<string, unknown>): { role: string; content: unknown }[] {
  return [prompt["instructions"], prompt["messages"] ?? prompt["input"]].flatMap((given, at) => {
    if (typeof given === "string")
      return given === "" ? [] : [{ role: at === 0 ? "developer" : "user", content: given }];
    return Array.isArray(given) ? given.map(mappingOf).map(messageOf) : [];
  });
}

function messageOf(message: Record<string, unknown>): { role: string; content: unknown } {
  const { role, content } = message;
  return {
    role: typeof role === "string" ? role : "user",
    content: Array.isArray(content) ? partsOf(content) : content,
  };
}

function partsOf(parts: readonly unknown[]): unknown {
  const ours = parts.map(mappingOf).map((part) => {
    if (part["type"] === "input_image")
      return { type: "image", image: part["image_url"] ?? { file_id: part["file_id"] } };
    if (part["type"] === "input_file") return { type: "file", file: part["file_url"] ?? { file_id: part["file_id"] } };
    return { type: "text", text: part["text"] ?? "" };
  });
  const [only, ...others] = ours;
  return only && "text" in only && others.length === 0 ? only.text : ours;
}

/** The JSON Schema of the answer, in the form of either API. */
export function schemaOf(prompt: Record<string, unknown>): unknown {
  const format = mappingOf(mappingOf(prompt["text"])["format"] ?? prompt["response_format"]);
  return format["schema"] ?? mappingOf(format["json_schema"])["schema"];
}

/** The functions among tools. OpenAI's own tools are told in `warnings`. */
export function toolsOf(tools: unknown, warnings: string[]): unknown {
  if (!Array.isArray(tools)) return undefined;
  const functions = tools.map(mappingOf).filter(({ type }) => type === "function");
  const others = tools.map(mappingOf).flatMap(({ type }) => (type === "function" ? [] : [String(type)]));
  if (others.length > 0)
    warnings.push(`OpenAI's own tools go into provider_options.openai.tools by hand: ${others.join(", ")}`);
  return functions.map((tool) => {
    const { name, description, parameters, strict } = { ...mappingOf(tool["function"]), ...tool };
    return withoutEmpty({ name, description, parameters, strict });
  });
}

function withoutEmpty(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null));
}
