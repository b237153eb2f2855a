import { format as formats } from "@cfworker/json-schema";
import { stableJson } from "../../lib/stable-json.ts";
import type { SchemaFindings } from "./schema-findings.ts";
import { compilePattern, matchingSteps } from "./pattern.ts";
import type { JsonSchema } from "./schema.ts";
import type { Visitor } from "./visitor.ts";
import { toList } from "./values.ts";

/** Checks the keywords that compare a value with something, and those of texts and numbers. */
export function checkValue(
  visitor: Visitor,
  schema: JsonSchema,
  value: unknown,
  path: string,
  found: SchemaFindings,
): void {
  const { type, enum: options, const: only } = schema;
  if (type !== undefined && !hasType(value, type))
    found.report(path, `must be ${typeof type === "string" ? type : toList(type).join(" or ")}`);
  if (options !== undefined && !isAmong(visitor, toList(options), value)) {
    found.report(path, "is not one of the values in enum");
  }
  if (only !== undefined && !isAmong(visitor, [only], value)) found.report(path, "is not the value of const");
  if (typeof value === "number") checkNumber(schema, value, path, found);
  if (typeof value === "string") checkText(visitor, schema, value, path, found);
}

/** A value's JSON type. A number without a fraction is an `integer` and a `number`. */
function hasType(value: unknown, type: unknown): boolean {
  const types: readonly unknown[] = Array.isArray(type) ? type : [type];
  if (value === null) return types.includes("null");
  if (Array.isArray(value)) return types.includes("array");
  if (Number.isInteger(value) && types.includes("integer")) return true;
  return types.includes(typeof value);
}

function isAmong(visitor: Visitor, options: readonly unknown[], value: unknown): boolean {
  visitor.spend(options.length);
  if (typeof value !== "object" || value === null) return options.includes(value);
  const text = measuredJson(visitor, value);
  return options.some((option) => typeof option === "object" && measuredJson(visitor, option) === text);
}

/** The value as text that equal values share. Counted by its length. */
export function measuredJson(visitor: Visitor, value: unknown): string {
  const text = stableJson(value);
  visitor.spend(1 + Math.ceil(text.length / 16));
  return text;
}

function checkNumber(schema: JsonSchema, value: number, path: string, found: SchemaFindings): void {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  if (isNumber(minimum) && value < minimum) found.report(path, `must be at least ${minimum}`);
  if (isNumber(maximum) && value > maximum) found.report(path, `must be at most ${maximum}`);
  if (isNumber(exclusiveMinimum) && value <= exclusiveMinimum) found.report(path, `must be over ${exclusiveMinimum}`);
  if (isNumber(exclusiveMaximum) && value >= exclusiveMaximum) found.report(path, `must be under ${exclusiveMaximum}`);
  if (isNumber(multipleOf) && !isMultiple(value, multipleOf)) found.report(path, `must be a multiple of ${multipleOf}`);
}

/** Binary fractions make 0.0075 / 0.0001 differ from 75 by a rounding error. */
function isMultiple(value: number, unit: number): boolean {
  const times = value / unit;
  if (!Number.isFinite(times)) return value % unit === 0;
  return Math.abs(times - Math.round(times)) <= Number.EPSILON * 4 * Math.max(1, Math.abs(times));
}

function checkText(visitor: Visitor, schema: JsonSchema, value: string, path: string, found: SchemaFindings): void {
  const { minLength, maxLength, pattern, format } = schema;
  if (isNumber(minLength) || isNumber(maxLength)) {
    visitor.spend(Math.ceil(value.length / 16));
    const length = countCodePoints(value);
    if (isNumber(minLength) && length < minLength) found.report(path, `must have at least ${minLength} characters`);
    if (isNumber(maxLength) && length > maxLength) found.report(path, `must have at most ${maxLength} characters`);
  }
  if (typeof pattern === "string" && !fitsPattern(visitor, pattern, value)) {
    found.report(path, `does not match the pattern ${pattern}`);
  }
  if (typeof format === "string" && !fitsFormat(visitor, format, value)) found.report(path, `is not a ${format}`);
}

/**
 * Whether the pattern occurs in the text, in time linear in the text's length. Any text fits a
 * pattern that only backtracking could follow: versions published before such were refused have it.
 */
export function fitsPattern(visitor: Visitor, pattern: string, text: string): boolean {
  const automaton = tryToCompile(pattern);
  if (!automaton) return true;
  visitor.spend(matchingSteps(automaton, text.length));
  return automaton.matcher(text).find();
}

function tryToCompile(pattern: string): ReturnType<typeof compilePattern> | undefined {
  try {
    return compilePattern(pattern);
  } catch {
    return undefined;
  }
}

/** Formats of draft 2020-12. Others are annotations. */
const FORMATS = new Set(
  (
    "date time date-time duration uri uri-reference uri-template email hostname ipv4 ipv6 regex uuid " +
    "json-pointer relative-json-pointer"
  ).split(" "),
);

function fitsFormat(visitor: Visitor, name: string, text: string): boolean {
  visitor.spend(text.length);
  return !FORMATS.has(name) || formats[name]?.(text) !== false;
}

function countCodePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

function isNumber(value: unknown): value is number {
  return typeof value === "number";
}
