import type { Findings } from "./findings.ts";
import { isMapping } from "./findings.ts";
import { renameSettings } from "./foreign-settings.ts";

/** A line that begins a message: `system:`, also as a heading (`# user:`). */
const ROLE_LINE = /^[ \t]*(?:#[ \t]*)?(system|developer|user|assistant)[ \t]*:[ \t]*$/i;

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
  data["messages"] = splitMessages(body, findings);
  takeModel(data, model, findings);
  const { variables, samples } = readInputs(inputs, findings);
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
  findings.fault("template", `must be jinja2 in a .prompty file, not ${JSON.stringify(kind)}`);
}

/** A text before the first role line belongs to the system, as in prompty. */
function splitMessages(body: string, findings: Findings): { role: string; content: string }[] {
  const messages: { role: string; lines: string[] }[] = [];
  for (const line of body.split(/\r?\n/)) {
    const role = ROLE_LINE.exec(line)?.[1]?.toLowerCase();
    if (role !== undefined) messages.push({ role, lines: [] });
    else if (messages.length > 0) messages.at(-1)?.lines.push(line);
    else if (line.trim() !== "") messages.push({ role: "system", lines: [line] });
  }
  if (/!\[[^\]\n]{0,200}\]\(/.test(body)) {
    findings.warn("The body has images in Markdown; they are sent as text.");
  }
  return messages.map(({ role, lines }) => ({ role, content: lines.join("\n").trim() }));
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
    data["settings"] = { ...renameSettings(settings), ...(isMapping(data["settings"]) ? data["settings"] : {}) };
  } else if (settings !== undefined) findings.fault("model.parameters", "must be a mapping");
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
    const type = spec["type"] ?? kind;
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
