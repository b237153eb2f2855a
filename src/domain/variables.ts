import { type FieldError, invalid } from "./errors.ts";
import type { VariableSpec, VariableType } from "./prompt.ts";

/** How deep a variable's value may nest. */
export const MAX_VALUE_DEPTH = 32;

/**
 * Checks the given variables against their declarations and fills in defaults. Types are not coerced. Variables that are not declared are left out
 * on purpose: an application that still sends one which a newer version no longer uses must not fail when a label moves.
 * Throws one `validation_error` that names every fault as `variables.<name>`.
 */
export function bindVariables(
  specs: Record<string, VariableSpec>,
  given: Record<string, unknown>,
): Record<string, unknown> {
  const bound: Record<string, unknown> = {};
  const errors: FieldError[] = [];
  for (const [name, spec] of Object.entries(specs)) {
    const path = `variables.${name}`;
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (value === undefined || (value === null && !spec.required)) {
      if (spec.default !== undefined) bound[name] = structuredClone(spec.default);
      else if (spec.required) errors.push({ path, message: "is required" });
      continue;
    }
    const faults = checkValue(spec, value);
    if (faults.length > 0) errors.push(...faults.map((message) => ({ path, message })));
    else bound[name] = value;
  }
  if (errors.length > 0) throw invalid(errors);
  return bound;
}

/** What is wrong with a value under a declaration; nothing, where it fits. */
export function checkValue(spec: VariableSpec, value: unknown): string[] {
  if (!HAS_TYPE[spec.type](value)) return [`must be ${ARTICLE[spec.type]}, not ${nameOf(value)}`];
  const unsound = findUnsound(value, MAX_VALUE_DEPTH);
  if (unsound) return [unsound];
  const faults: string[] = [];
  const size = sizeOf(value);
  if (size !== undefined && spec.min !== undefined && size.amount < spec.min) {
    faults.push(`must be at least ${spec.min}${size.unit}`);
  }
  if (size !== undefined && spec.max !== undefined && size.amount > spec.max) {
    faults.push(`must be at most ${spec.max}${size.unit}`);
  }
  if (spec.options && !spec.options.includes(value)) {
    faults.push(`must be one of ${spec.options.map((option) => JSON.stringify(option)).join(", ")}`);
  }
  return faults;
}

const HAS_TYPE: Record<VariableType, (value: unknown) => boolean> = {
  string: (value) => typeof value === "string",
  number: (value) => typeof value === "number" && Number.isFinite(value),
  integer: (value) => Number.isSafeInteger(value),
  boolean: (value) => typeof value === "boolean",
  list: (value) => Array.isArray(value),
  object: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
};

const ARTICLE: Record<VariableType, string> = {
  string: "a string",
  number: "a number",
  integer: "an integer",
  boolean: "a boolean",
  list: "a list",
  object: "an object",
};

function nameOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "number") return Number.isInteger(value) ? "an integer" : "a number";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function sizeOf(value: unknown): { amount: number; unit: string } | undefined {
  if (typeof value === "number") return { amount: value, unit: "" };
  if (typeof value === "string") return { amount: Array.from(value).length, unit: " characters long" };
  if (Array.isArray(value)) return { amount: value.length, unit: " items long" };
  return undefined;
}

/** Why a value cannot go into a prompt: too deep, or text that no provider takes. Bounded by its own depth cap. */
function findUnsound(value: unknown, depth: number): string | null {
  if (typeof value === "string") return unsoundText(value);
  if (typeof value !== "object" || value === null) return null;
  if (depth === 0) return `must not nest deeper than ${MAX_VALUE_DEPTH}`;
  for (const [key, member] of Object.entries(value)) {
    const fault = unsoundText(key) ?? findUnsound(member, depth - 1);
    if (fault) return fault;
  }
  return null;
}

/** Why a text cannot be sent on: it holds NUL or half of a surrogate pair. Null where it can. */
export function unsoundText(text: string): string | null {
  if (text.includes("\0")) return "must not contain NUL";
  return text.isWellFormed() ? null : "must not contain lone surrogates";
}
