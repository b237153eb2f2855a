import type { VariableSpec, VariableType } from "../prompt.ts";
import { checkValue } from "../variables.ts";
import { type Findings, readNumber, readText } from "./fields.ts";
import { isPlainObject, type PlainObject } from "./read-source.ts";

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const KNOWN = new Set(["name", "type", "description", "required", "default", "min", "max", "options"]);

/** Type names of the dialects; those of the current one map to themselves. */
const TYPES: Record<string, VariableType> = {
  string: "string",
  number: "number",
  integer: "integer",
  boolean: "boolean",
  list: "list",
  array: "list",
  object: "object",
  str: "string",
  text: "string",
  enum: "string",
  select: "string",
  float: "number",
  int: "integer",
  bool: "boolean",
  dict: "object",
  map: "object",
  json: "object",
};
const CURRENT = new Set(["string", "number", "integer", "boolean", "list", "array", "object"]);

/** The declared variables of a file: a mapping by name, a list of names, or a list of mappings with a `name`. */
export function importVariables(findings: Findings, value: unknown): Record<string, VariableSpec> {
  const specs: Record<string, VariableSpec> = {};
  for (const [name, given] of declarations(findings, value)) {
    const path = `variables.${name}`;
    if (!NAME.test(name)) findings.errors.push({ path, message: "is not a name that a template can use" });
    else if (Object.hasOwn(specs, name)) findings.errors.push({ path, message: "is declared twice" });
    else specs[name] = importVariable(findings, path, given);
  }
  return specs;
}

function declarations(findings: Findings, value: unknown): [name: string, spec: unknown][] {
  if (value === undefined || value === null) return [];
  if (isPlainObject(value)) return Object.entries(value);
  if (!Array.isArray(value)) {
    findings.errors.push({ path: "variables", message: "must be a mapping or a list" });
    return [];
  }
  return value.flatMap((item: unknown, index): [string, unknown][] => {
    if (typeof item === "string") return [[item, {}]];
    if (isPlainObject(item) && typeof item["name"] === "string") return [[item["name"], item]];
    findings.errors.push({ path: `variables.${index}`, message: "must be a name, or a mapping with a `name`" });
    return [];
  });
}

function importVariable(findings: Findings, path: string, given: unknown): VariableSpec {
  if (given === null || given === undefined) return { type: "string", required: true };
  if (typeof given === "string") return { type: importType(findings, path, given), required: true };
  if (!isPlainObject(given)) {
    findings.errors.push({ path, message: "must be a mapping such as {type: string, required: true}" });
    return { type: "string", required: true };
  }
  for (const key of Object.keys(given)) {
    if (!KNOWN.has(key)) findings.warnings.push(`\`${path}.${key}\` is not known and not used.`);
  }
  const bounds = { min: -Number.MAX_VALUE, max: Number.MAX_VALUE };
  const spec: VariableSpec = {
    type: importType(findings, `${path}.type`, given["type"]),
    description: readText(findings, `${path}.description`, given["description"]),
    required: importRequired(findings, path, given),
    min: readNumber(findings, `${path}.min`, given["min"], bounds),
    max: readNumber(findings, `${path}.max`, given["max"], bounds),
  };
  if (Array.isArray(given["options"])) spec.options = given["options"];
  else if (given["options"] !== undefined) findings.errors.push({ path: `${path}.options`, message: "must be a list" });
  if (given["default"] !== undefined && given["default"] !== null) {
    spec.default = given["default"];
    const faults = checkValue(spec, spec.default);
    findings.errors.push(...faults.map((message) => ({ path: `${path}.default`, message })));
  }
  return spec;
}

function importType(findings: Findings, path: string, value: unknown): VariableType {
  if (value === undefined || value === null) return "string";
  const name = typeof value === "string" ? value.trim().toLowerCase() : "";
  const type = Object.hasOwn(TYPES, name) ? TYPES[name] : undefined;
  if (!type) {
    findings.errors.push({ path, message: `must be one of ${[...CURRENT].join(", ")}` });
    return "string";
  }
  if (!CURRENT.has(name)) findings.warnings.push(`\`${path}\`: \`${name}\` is read as \`${type}\`.`);
  return type;
}

/** A variable is required unless it says otherwise or has a default. */
function importRequired(findings: Findings, path: string, given: PlainObject): boolean {
  const { required } = given;
  if (required === undefined || required === null) return given["default"] === undefined || given["default"] === null;
  if (typeof required !== "boolean") {
    findings.errors.push({ path: `${path}.required`, message: "must be true or false" });
    return true;
  }
  return required;
}
