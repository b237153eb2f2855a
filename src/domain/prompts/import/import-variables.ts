import type { VariableSpec, VariableType } from "../prompt.ts";
import { variableFault } from "../variables.ts";
import type { Findings } from "./findings.ts";
import { Fields, isMapping, readBoolean } from "./findings.ts";

const TYPES = new Map<string, VariableType>([
  ["string", "string"],
  ["number", "number"],
  ["integer", "integer"],
  ["boolean", "boolean"],
  ["list", "list"],
  ["array", "list"],
  ["object", "object"],
  ["image", "image"],
  ["file", "file"],
  ["audio", "audio"],
  ["messages", "messages"],
]);
const SYNONYMS = new Map<string, VariableType>([
  ["str", "string"],
  ["text", "string"],
  ["enum", "string"],
  ["choice", "string"],
  ["select", "string"],
  ["date", "string"],
  ["int", "integer"],
  ["float", "number"],
  ["double", "number"],
  ["decimal", "number"],
  ["bool", "boolean"],
  ["dict", "object"],
  ["map", "object"],
  ["json", "object"],
]);
/** A name as the lexer of templates reads one. */
const NAME = /^[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}_]{0,127}$/u;
/** Words that a template reads as something else, and names that lead into JavaScript's objects. */
const RESERVED = new Set(
  "true false none True False None and or not in is if else loop __proto__ constructor prototype".split(" "),
);

/**
 * Reads the `variables` of any dialect: a map from names to specifications or types, a list of
 * names, or a list of specifications with a name. Adds faults and warnings to `findings`, at the
 * `field` of the file.
 */
export function importVariables(raw: unknown, findings: Findings, field = "variables"): Record<string, VariableSpec> {
  const specs = new Map<string, VariableSpec>();
  for (const [name, value] of namedSpecs(raw, findings, field)) {
    const path = `${field}.${name}`;
    if (!NAME.test(name) || RESERVED.has(name)) {
      findings.fault(path, "is not a name that a template can use: letters, digits and _, and no word of the language");
    } else if (specs.has(name)) {
      findings.fault(path, "is declared twice");
    } else {
      specs.set(name, importSpec(value, path, findings));
    }
  }
  return Object.fromEntries(specs);
}

function namedSpecs(raw: unknown, findings: Findings, field: string): [string, unknown][] {
  if (raw === undefined) return [];
  if (isMapping(raw)) return Object.entries(raw);
  if (!Array.isArray(raw)) {
    findings.fault(field, "must be a mapping of names, or a list");
    return [];
  }
  return raw.flatMap((item: unknown, at): [string, unknown][] => {
    if (typeof item === "string") return [[item, undefined]];
    if (isMapping(item)) {
      const { name, ...spec } = item;
      if (typeof name === "string") return [[name, spec]];
    }
    findings.fault(`${field}.${at}`, "must be a name, or a mapping with a name");
    return [];
  });
}

function importSpec(raw: unknown, path: string, findings: Findings): VariableSpec {
  if (raw === undefined || raw === null) return { type: "string", required: true };
  if (typeof raw === "string") return { type: importType(raw, path, findings), required: true };
  if (!isMapping(raw)) {
    findings.fault(path, "must be a mapping, or the name of a type");
    return { type: "string", required: true };
  }
  const fields = new Fields(raw);
  const written = fields.isNull("default") ? null : fields.take("default");
  const type = importType(fields.take("type") ?? typeOf(written, path, findings), path, findings);
  const fallback = type === "boolean" ? readBoolean(written, `${path}.default`, findings) : written;
  fields.take("default");
  const required = readBoolean(fields.take("required"), `${path}.required`, findings);
  if (required !== undefined && typeof required !== "boolean")
    findings.fault(`${path}.required`, "must be true or false");
  const spec: VariableSpec = { type, required: fallback === undefined && required !== false };
  if (fallback !== undefined) spec.default = fallback;
  if (required === true && fallback !== undefined) {
    findings.warn(`${path} is required and has a default: the default is used where the variable is left out.`);
  }
  const description = fields.take("description");
  if (typeof description === "string") spec.description = description;
  else if (description !== undefined) findings.fault(`${path}.description`, "must be a text");
  importBounds(fields, spec, path, findings);
  for (const [key] of fields.rest()) findings.warn(`${path}.${key} is not known and was ignored.`);
  const fault = spec.default === undefined || spec.default === null ? undefined : variableFault(spec, spec.default);
  if (fault) findings.fault(`${path}.default`, fault);
  return spec;
}

/** The type of a variable without one: that of its default, else a string. */
function typeOf(fallback: unknown, path: string, findings: Findings): VariableType {
  if (fallback === undefined || fallback === null || typeof fallback === "string") return "string";
  const type = Array.isArray(fallback) ? "list" : typeof fallback;
  if (type !== "number" && type !== "boolean" && type !== "list" && type !== "object") return "string";
  findings.warn(`${path} has no type; "${type}" was taken from its default.`);
  return type;
}

function importBounds(fields: Fields, spec: VariableSpec, path: string, findings: Findings): void {
  const options = fields.take("options") ?? fields.take("enum");
  if (Array.isArray(options) && options.length > 0) spec.options = options;
  else if (options !== undefined) findings.fault(`${path}.options`, "must be a list with at least one value");
  for (const key of ["min", "max"] as const) {
    const bound = fields.take(key);
    if (typeof bound === "number" && Number.isFinite(bound)) spec[key] = bound;
    else if (bound !== undefined) findings.fault(`${path}.${key}`, "must be a number");
  }
  if (spec.min !== undefined && spec.max !== undefined && spec.min > spec.max) {
    findings.fault(`${path}.min`, "must not be more than max");
  }
  spec.options?.forEach((option, at) => {
    const { options: _all, ...bounds } = spec;
    const fault = variableFault(bounds, option);
    if (fault) findings.fault(`${path}.options.${at}`, fault);
  });
}

function importType(raw: unknown, path: string, findings: Findings): VariableType {
  const name = typeof raw === "string" ? raw.trim().toLowerCase() : "";
  const type = TYPES.get(name);
  if (type) return type;
  const synonym = SYNONYMS.get(name) ?? (/^(?:list|array)\[\w{1,20}\]$/.test(name) ? "list" : undefined);
  if (synonym) {
    findings.warn(`${path}.type "${name}" was read as "${synonym}".`);
    return synonym;
  }
  const known = [...TYPES.keys()].join(", ");
  findings.fault(`${path}.type`, `${JSON.stringify(raw) ?? "nothing"} is not a type; use one of ${known}`);
  return "string";
}
