import type { Findings } from "./findings.ts";
import { isMapping } from "./findings.ts";
import { renameSettings } from "./foreign-settings.ts";
import { type ConvertedMessage, type ConvertedPart, fromHandlebars } from "./handlebars.ts";
import type { SourceBody } from "./read-source.ts";
import { readPicoschema, toJsonSchema } from "./picoschema.ts";

/** Whether front matter and body are Google's dotprompt rather than Microsoft's prompty. */
export function isDotprompt(data: Record<string, unknown>, body: string): boolean {
  const keys = ["config", "input", "output", "toolDefs", "maxTurns"];
  if (keys.some((key) => Object.hasOwn(data, key))) return true;
  const isPrompty =
    isMapping(data["model"]) || ["inputs", "sample", "template"].some((key) => Object.hasOwn(data, key));
  return !isPrompty && /\{\{~?(?:[#/>]|role\b|media\b|history\b|else\b|section\b)/.test(body);
}

/**
 * Translates a dotprompt file to our keys: `input.schema` declares the variables, `config` the
 * settings, `output.schema` the `output_schema`, and the Handlebars of the body become messages of
 * Jinja. Adds a warning for what has no counterpart.
 *
 * Source: google.github.io/dotprompt/reference
 */
export function fromDotprompt(
  source: Record<string, unknown>,
  body: SourceBody,
  findings: Findings,
): Record<string, unknown> {
  const { config, input, output, ...data } = source;
  const messages = fromHandlebars(body, findings);
  data["messages"] = messages.map(toMessage);
  if (isMapping(config)) data["settings"] = renameSettings(config);
  else if (config !== undefined && config !== null) findings.fault("config", "must be a mapping");
  if (isMapping(input)) takeInput(data, input, findings);
  else if (input !== undefined && input !== null) findings.fault("input", "must be a mapping");
  declareMedia(data, messages);
  if (isMapping(output)) takeOutput(data, output, findings);
  else if (output !== undefined && output !== null) findings.fault("output", "must be a mapping");
  return data;
}

/** A message of ours; one that is a single text has it as its content. */
function toMessage(message: ConvertedMessage): Record<string, unknown> {
  if ("placeholder" in message) return message;
  const { role, parts } = message;
  const [first, ...others] = parts;
  const content = first?.type === "text" && others.length === 0 ? first.text : parts.map(toPart);
  return { role, content };
}

function toPart(part: ConvertedPart): Record<string, unknown> {
  return part.type === "text" ? { ...part } : { type: part.type, [part.type]: part.medium };
}

/** Picoschema has no type for media, so their variables are texts in its schema. */
function declareMedia(data: Record<string, unknown>, messages: readonly ConvertedMessage[]): void {
  const variables = isMapping(data["variables"]) ? data["variables"] : {};
  const parts = messages.flatMap((message) => ("parts" in message ? message.parts : []));
  for (const part of parts) {
    const name = part.type === "text" ? undefined : /^\{\{ (\w+) \}\}$/.exec(part.medium)?.[1];
    const declared = name === undefined ? undefined : variables[name];
    if (isMapping(declared)) declared["type"] = part.type;
  }
}

function takeInput(data: Record<string, unknown>, input: Record<string, unknown>, findings: Findings): void {
  const defaults = isMapping(input["default"]) ? input["default"] : {};
  const schema = readPicoschema(input["schema"], "input.schema", findings);
  const variables = new Map<string, Record<string, unknown>>();
  for (const [name, { schema: field, required }] of schema ?? []) {
    const { type, description, enum: options } = field;
    variables.set(name, {
      ...(type === undefined ? {} : { type: type === "array" ? "list" : type }),
      ...(description === undefined ? {} : { description }),
      ...(options === undefined ? {} : { options }),
      required,
    });
  }
  for (const [name, value] of Object.entries(defaults)) {
    const { required: _required, ...spec } = variables.get(name) ?? {};
    variables.set(name, { ...spec, default: value });
  }
  if (variables.size > 0) data["variables"] = Object.fromEntries(variables);
}

function takeOutput(data: Record<string, unknown>, output: Record<string, unknown>, findings: Findings): void {
  const { format, schema } = output;
  const fields = readPicoschema(schema, "output.schema", findings);
  if (fields)
    data["output_schema"] = isMapping(schema) && isMapping(schema["properties"]) ? schema : toJsonSchema(fields);
  else if (format === "json") findings.warn("output.format json has no effect without output.schema.");
  if (format !== undefined && format !== "json" && format !== "text") {
    findings.warn(`output.format ${JSON.stringify(format)} has no effect.`);
  }
}
