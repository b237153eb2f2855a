import { stableJson } from "../../lib/stable-json.ts";
import type { FieldError } from "../errors.ts";
import { toMedia } from "../completions/media.ts";
import { messagesSchema } from "../completions/message-schema.ts";
import { invalid } from "../errors.ts";
import type { VariableSpec, VariableType } from "./prompt.ts";
import { MAX_DATA_DEPTH, copyData } from "../template/plain-data.ts";

const TYPE_NAMES: Record<VariableType, string> = {
  string: "a string",
  number: "a number",
  integer: "an integer",
  boolean: "a boolean",
  list: "a list",
  object: "an object",
  image: "a picture: an https: or data: URL, {data, media_type} or {file_id}",
  file: "a file: an https: or data: URL, {data, media_type} or {file_id}",
  audio: "a recording: an https: or data: URL, {data, media_type} or {file_id}",
  messages: "a list of messages with role and content",
};

/**
 * The variables to render a prompt with: the given values, checked against their declarations, and
 * defaults for the rest. Coerces nothing. `null` for an optional variable counts as absent. Ignores
 * undeclared variables, because a caller may still send one that a newer version no longer uses.
 * Values are deep copies.
 *
 * Throws an AppError `validation_error` with every fault, each at `<field>.<name>`.
 */
export function bindVariables(
  specs: Record<string, VariableSpec>,
  given: Record<string, unknown>,
  field = "variables",
): Record<string, unknown> {
  const errors: FieldError[] = [];
  const bound = new Map<string, unknown>();
  for (const [name, spec] of Object.entries(specs)) {
    const path = `${field}.${name}`;
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (value === undefined || (value === null && !spec.required)) {
      if (spec.default !== undefined) bound.set(name, copyData(spec.default, path, errors));
      else if (spec.required) errors.push({ path, message: "is required" });
      continue;
    }
    const fault = variableFault(spec, value);
    if (fault) errors.push({ path, message: fault });
    else bound.set(name, copyData(value, path, errors, MAX_DATA_DEPTH));
  }
  if (errors.length > 0) throw invalid(errors);
  return Object.fromEntries(bound);
}

/**
 * The fault of a value under its declaration (type, options, bounds), or undefined if it has none.
 */
export function variableFault(spec: VariableSpec, value: unknown): string | undefined {
  if (!HAS_TYPE[spec.type](value)) return `must be ${TYPE_NAMES[spec.type]}`;
  if (spec.options && !isAmong(spec.options, value)) {
    return `must be one of ${JSON.stringify(spec.options)}`;
  }
  return boundsFault(spec, value);
}

const isMedia = (value: unknown) => toMedia(value) !== undefined;

const HAS_TYPE: Record<VariableType, (value: unknown) => boolean> = {
  string: (value) => typeof value === "string",
  number: (value) => typeof value === "number" && Number.isFinite(value),
  integer: (value) => Number.isSafeInteger(value),
  boolean: (value) => typeof value === "boolean",
  list: (value) => Array.isArray(value),
  object: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  image: isMedia,
  file: isMedia,
  audio: isMedia,
  messages: (value) => messagesSchema.safeParse(value).success,
};

/** Whether a value equals one of the options. It is written as text once, not for each of them. */
function isAmong(options: readonly unknown[], value: unknown): boolean {
  if (typeof value !== "object") return options.includes(value);
  const text = stableJson(value);
  return options.some((option) => typeof option === "object" && stableJson(option) === text);
}

function boundsFault({ min, max }: VariableSpec, value: unknown): string | undefined {
  const [size, unit] = sizeOf(value);
  if (size === undefined) return undefined;
  if (min !== undefined && size < min) return `must be at least ${min}${unit}`;
  return max !== undefined && size > max ? `must be at most ${max}${unit}` : undefined;
}

/**
 * The size that `min` and `max` bound: a number's value, a string's length in code points, a list's
 * length.
 */
function sizeOf(value: unknown): [number | undefined, string] {
  if (typeof value === "number") return [value, ""];
  if (typeof value === "string") return [Array.from(value).length, " characters long"];
  return Array.isArray(value) ? [value.length, " items long"] : [undefined, ""];
}
