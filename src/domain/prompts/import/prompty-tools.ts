import { type Findings, isMapping } from "./findings.ts";

/** Types of prompty's newer format, by the names of JSON Schema. */
const TYPES = new Map([
  ["float", "number"],
  ["dictionary", "object"],
]);

/**
 * The tools of a `.prompty` file by our names. The newer format lists the parameters of a function
 * by name and kind; older files have tools as OpenAI's API takes them, which stay as they are.
 * Tools that are no functions have no counterpart.
 *
 * Source: github.com/microsoft/prompty, `spec/` and the fixtures of its runtimes
 */
export function readPromptyTools(tools: unknown, findings: Findings): unknown {
  if (!Array.isArray(tools)) return tools;
  return tools.flatMap((tool: unknown, at) => {
    if (!isMapping(tool) || tool["kind"] === undefined) return [tool];
    const { kind, parameters, bindings, ...rest } = tool;
    if (kind !== "function") {
      findings.fault(`tools.${at}.kind`, `${JSON.stringify(kind)} has no counterpart here; only functions have one`);
      return [];
    }
    if (bindings !== undefined) findings.warn(`tools.${at}.bindings has no effect: the caller answers the calls.`);
    return [{ ...rest, parameters: schemaOf(parameters) }];
  });
}

/** The parameters as a JSON Schema: from a list, from a list of properties, or as they are. */
function schemaOf(parameters: unknown): unknown {
  if (isMapping(parameters) && Array.isArray(parameters["properties"])) return schemaOf(parameters["properties"]);
  if (parameters === undefined) return { type: "object", properties: {} };
  if (!Array.isArray(parameters)) return parameters;
  const named = (parameters as unknown[]).filter(isMapping);
  const properties = named.map((parameter) => [String(parameter["name"]), propertyOf(parameter)]);
  const required = named.filter((parameter) => parameter["required"] === true).map(({ name }) => String(name));
  return {
    type: "object",
    properties: Object.fromEntries(properties) as Record<string, unknown>,
    ...(required.length > 0 && { required }),
  };
}

function propertyOf(parameter: Record<string, unknown>): Record<string, unknown> {
  const { name: _name, required: _required, kind, enumValues, ...rest } = parameter;
  const type = typeof kind === "string" ? (TYPES.get(kind) ?? kind) : undefined;
  return { ...(type !== undefined && { type }), ...(Array.isArray(enumValues) && { enum: enumValues }), ...rest };
}
