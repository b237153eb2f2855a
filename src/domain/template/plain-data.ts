import { orderedObject } from "../../lib/ordered-json.ts";
import type { FieldError } from "../errors.ts";

/** Levels that the JSON of one variable may nest. */
export const MAX_DATA_DEPTH = 32;

/**
 * The fault of a text from outside, or undefined if it has none. NUL and lone surrogates cannot be
 * stored or sent.
 */
export function textFault(text: string): string | undefined {
  if (text.includes("\0")) return "contains a NUL character";
  return text.isWellFormed() ? undefined : "contains a lone surrogate";
}

/**
 * Makes a deep copy of JSON data. Faults in texts, too much depth and values that are not JSON are
 * appended to `errors` with their path. Keys such as `__proto__` are copied as plain data.
 */
export function copyData(data: unknown, path: string, errors: FieldError[], maxDepth = MAX_DATA_DEPTH): unknown {
  if (typeof data === "string") {
    const fault = textFault(data);
    if (fault) errors.push({ path, message: fault });
    return data;
  }
  if (data === null || typeof data === "boolean" || (typeof data === "number" && Number.isFinite(data))) return data;
  if (typeof data !== "object") {
    errors.push({ path, message: "is not a JSON value" });
    return null;
  }
  if (maxDepth <= 0) {
    errors.push({ path, message: "is nested too deeply" });
    return null;
  }
  if (Array.isArray(data)) return data.map((item, at) => copyData(item, `${path}.${at}`, errors, maxDepth - 1));
  return orderedObject(
    Object.entries(data).map(([key, value]) => {
      const fault = textFault(key);
      if (fault) errors.push({ path, message: `has a key that ${fault}` });
      return [key, copyData(value, fault ? path : `${path}.${key}`, errors, maxDepth - 1)];
    }),
  );
}
