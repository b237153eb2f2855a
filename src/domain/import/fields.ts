import type { FieldError } from "../errors.ts";
import { unsoundText } from "../variables.ts";

/** What an import gathers on its way: faults that refuse the prompt, and notes on what was changed, assumed or ignored. */
export interface Findings {
  errors: FieldError[];
  warnings: string[];
}

/** A text, trimmed of nothing; a fault where the value is something else. */
export function readText(findings: Findings, path: string, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") {
    findings.errors.push({ path, message: "must be a string" });
    return undefined;
  }
  const fault = unsoundText(value);
  if (fault) findings.errors.push({ path, message: fault });
  return value;
}

/** A list of texts; one text stands for a list of itself. */
export function readTexts(findings: Findings, path: string, value: unknown): string[] {
  if (value === undefined || value === null) return [];
  const items: unknown[] = Array.isArray(value) ? value : [value];
  return items.flatMap(
    (item, index) => readText(findings, Array.isArray(value) ? `${path}.${index}` : path, item) ?? [],
  );
}

/** A number within bounds; a fault otherwise. */
export function readNumber(
  findings: Findings,
  path: string,
  value: unknown,
  bounds: { min: number; max: number; integer?: boolean },
): number | undefined {
  if (value === undefined || value === null) return undefined;
  const fits = typeof value === "number" && value >= bounds.min && value <= bounds.max;
  if (fits && (!bounds.integer || Number.isInteger(value))) return value;
  const kind = bounds.integer ? "an integer" : "a number";
  findings.errors.push({ path, message: `must be ${kind} from ${bounds.min} to ${bounds.max}` });
  return undefined;
}
