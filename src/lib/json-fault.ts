/** The deepest nesting of a JSON body, in levels. */
export const MAX_JSON_DEPTH = 128;

/** What in a JSON value would not survive, and where: `variables.order.id`. */
export interface JsonFault {
  path: string;
  message: string;
}

/**
 * The first part of a parsed JSON value that would change or fail on its way, or undefined: an
 * integer beyond 2^53 has lost digits already, a number may be infinite, a lone surrogate cannot be
 * stored or sent, and what is nested too deeply cannot be written again.
 */
export function jsonFault(value: unknown, path = "", depth = MAX_JSON_DEPTH): JsonFault | undefined {
  const message = faultOf(value, depth);
  if (message !== undefined) return { path, message };
  if (typeof value !== "object" || value === null) return undefined;
  for (const [name, member] of Object.entries(value)) {
    const at = path === "" ? name : `${path}.${name}`;
    if (!name.isWellFormed()) return { path, message: "has a name that contains a lone surrogate" };
    const fault = jsonFault(member, at, depth - 1);
    if (fault) return fault;
  }
  return undefined;
}

function faultOf(value: unknown, depth: number): string | undefined {
  if (typeof value === "string") return value.isWellFormed() ? undefined : "contains a lone surrogate";
  if (typeof value === "object") return depth === 0 && value !== null ? "is nested too deeply" : undefined;
  if (typeof value !== "number") return undefined;
  if (!Number.isFinite(value)) return "is too large a number";
  if (!Number.isInteger(value) || Number.isSafeInteger(value)) return undefined;
  return "is beyond 2^53 - 1, where integers lose digits: send it as a string";
}
