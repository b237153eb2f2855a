import type { Findings } from "./findings.ts";
import { isMapping } from "./findings.ts";
import { renameSettings } from "./foreign-settings.ts";
import { readPromptyTools } from "./prompty-tools.ts";

/** A line that begins a message: `system:`, also as a heading (`# user:`). */
const ROLE_LINE = /^[ \t]*(?:#[ \t]*)?(system|developer|user|assistant)[ \t]*:[ \t]*$/i;
/** A line that is a variable, and nothing else. */
const VARIABLE_LINE = /^[ \t]*\{\{-?[ \t]*(\w+)[ \t]*-?\}\}[ \t]*$/;

/** A message as our format writes it: of a role, or a conversation in a variable. */
type Message = { role: string; content: string } | { placeholder: string };

/**
 * Translates a `.prompty` file to our keys: the body's role lines begin messages, `inputs` are
 * variables, the model's parameters settings, and `sample` a test. Adds a warning for what has no
 * counterpart. Keys of providers are never taken over.
 *
 * Source: prompty.ai/docs, and the parser of github.com/microsoft/prompty
 */
export function fromPrompty(
  source: Record<string, unknown>,
  body: string,
  findings: Findings,
): Record<string, unknown> {
  const { model, inputs, sample, outputs, template, ...data } = source;
  checkTemplate(template, findings);
  const { variables, samples } = readInputs(inputs, findings);
  data["messages"] = splitMessages(body, variables, findings);
  takeModel(data, model, findings);
  if (data["tools"] !== undefined) data["tools"] = readPromptyTools(data["tools"], findings);
  if (inputs !== undefined) data["variables"] = variables;
  if (typeof sample === "string") findings.warn("sample names a file, which was not read.");
  const example = { ...samples, ...(isMapping(sample) ? sample : {}) };
  if (Object.keys(example).length > 0) data["tests"] = [{ name: "sample", inputs: example }];
  if (outputs !== undefined) {
    findings.warn("outputs has no effect: give the fields of the answer in output_schema.");
    data["metadata"] = { ...(isMapping(data["metadata"]) ? data["metadata"] : {}), outputs };
  }
  return data;
}

function checkTemplate(template: unknown, findings: Findings): void {
  const format = isMapping(template) ? (template["format"] ?? template["type"]) : template;
  const kind = isMapping(format) ? format["kind"] : format;
  if (kind === undefined || kind === "jinja2" || kind === "prompty") return;
  if (kind === "nunjucks") return findings.warn("template nunjucks was read as jinja2, which it follows.");
  findings.fault("template", `must be jinja2 in a .prompty file, not ${JSON.stringify(kind)}`);
}

/**
 * A text before the first role line belongs to the system, as in prompty. A line with a variable of
 * type messages stands for that conversation; the text after it has the role of the text before.
 */
function splitMessages(body: string, variables: Record<string, unknown>, findings: Findings): Message[] {
  const messages: { role: string; lines: string[]; placeholder?: string }[] = [];
  for (const line of body.split(/\r?\n/)) {
    const role = ROLE_LINE.exec(line)?.[1]?.toLowerCase();
    const last = messages.at(-1);
    const name = VARIABLE_LINE.exec(line)?.[1];
    if (role !== undefined) messages.push({ role, lines: [] });
    else if (name !== undefined && isConversation(variables[name])) {
      messages.push({ role: last?.role ?? "system", lines: [], placeholder: name });
    } else if (last && last.placeholder === undefined) last.lines.push(line);
    else if (line.trim() !== "") messages.push({ role: last?.role ?? "system", lines: [line] });
  }
  if (/!\[[^\]\n]{0,200}\]\(/.test(body)) {
    findings.warn("The body has images in Markdown; they are sent as text.");
  }
  return messages.map(({ role, lines, placeholder }) =>
    placeholder === undefined ? { role, content: lines.join("\n").trim() } : { placeholder },
  );
}

function isConversation(variable: unknown): boolean {
  return isMapping(variable) && variable["type"] === "messages";
}

/** A model by its name, or a mapping with its configuration and parameters. */
function takeModel(data: Record<string, unknown>, model: unknown, findings: Findings): void {
  if (!isMapping(model)) {
    if (model !== undefined) data["model"] = model;
    return;
  }
  const { api, configuration, parameters, options, id, name, ...rest } = model;
  if (api !== undefined && api !== "chat")
    findings.warn(`model.api ${JSON.stringify(api)} has no effect; it is a chat.`);
  const config = isMapping(configuration) ? configuration : {};
  const found = id ?? name ?? config["azure_deployment"] ?? config["model"] ?? config["name"];
  if (typeof found === "string" && !found.includes("${")) data["model"] = found;
  else if (found !== undefined) findings.warn("model is read from the environment there; name one here.");
  if (configuration !== undefined) {
    findings.warn("model.configuration has no effect: keys and hosts of providers belong to the tenant.");
  }
  for (const key of Object.keys(rest)) findings.warn(`model.${key} is not known and has no effect.`);
  const settings = parameters ?? options;
  if (isMapping(settings)) {
    const { tools, response_format, ...own } = settings;
    takeTools(data, tools, findings);
    takeFormat(data, response_format, findings);
    data["settings"] = { ...renameSettings(own), ...(isMapping(data["settings"]) ? data["settings"] : {}) };
  } else if (settings !== undefined) findings.fault("model.parameters", "must be a mapping");
}

/** Tools among the parameters, where older files have them. */
function takeTools(data: Record<string, unknown>, tools: unknown, findings: Findings): void {
  if (typeof tools === "string") findings.warn("model.parameters.tools names a file, which was not read.");
  else if (tools !== undefined) data["tools"] ??= tools;
}

/** The format of the answer, as OpenAI's API takes it. */
function takeFormat(data: Record<string, unknown>, format: unknown, findings: Findings): void {
  const { type, json_schema: named } = isMapping(format) ? format : {};
  const schema = isMapping(named) ? named["schema"] : undefined;
  if (type === "json_schema" && isMapping(schema)) data["output_schema"] ??= schema;
  else if (format !== undefined && type !== "text") {
    findings.warn("model.parameters.response_format has no effect: give the fields of the answer in output_schema.");
  }
}

/** Variables by name, or as a list with names. A sample is no default: it goes into a test. */
function readInputs(
  inputs: unknown,
  findings: Findings,
): { variables: Record<string, unknown>; samples: Record<string, unknown> } {
  const named = Array.isArray(inputs)
    ? inputs.map((item: unknown, at): [string, unknown] => [isMapping(item) ? String(item["name"]) : String(at), item])
    : Object.entries(isMapping(inputs) ? inputs : {});
  if (inputs !== undefined && !Array.isArray(inputs) && !isMapping(inputs))
    findings.fault("inputs", "must be a mapping");
  const variables = new Map<string, unknown>();
  const samples = new Map<string, unknown>();
  for (const [name, value] of named) {
    if (!isMapping(value)) {
      variables.set(name, {});
      if (value !== null) samples.set(name, value);
      continue;
    }
    const { name: _name, kind, sample, is_required, strict: _strict, ...spec } = value;
    const written = spec["type"] ?? kind;
    const type = written === "thread" ? "messages" : written;
    const required = spec["required"] ?? is_required;
    variables.set(name, {
      ...spec,
      ...(type === undefined ? {} : { type }),
      ...(required === undefined ? {} : { required }),
    });
    if (sample !== undefined && sample !== null) samples.set(name, sample);
  }
  return { variables: Object.fromEntries(variables), samples: Object.fromEntries(samples) };
}
