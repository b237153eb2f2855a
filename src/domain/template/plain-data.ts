import type { FieldError } from "../errors.ts";

/** Levels that the JSON of one variable may nest. */
export const MAX_DATA_DEPTH = 32;

/** What is wrong with a text that came from outside, or undefined: NUL and lone surrogates cannot be stored or sent. */
export function textFault(text: string): string | undefined {
  if (text.includes("\0")) return "contains a NUL character";
  return text.isWellFormed() ? undefined : "contains a lone surrogate";
}

/**
 * A deep copy of JSON data, with each fault in its texts and its depth appended to `errors` at its path. Keys such as
 * `__proto__` are copied as plain data. Anything but JSON is a fault.
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
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => {
      const fault = textFault(key);
      if (fault) errors.push({ path, message: `has a key that ${fault}` });
      return [key, copyData(value, fault ? path : `${path}.${key}`, errors, maxDepth - 1)];
    }),
  );
}
