import { stableJson } from "../../lib/stable-json.ts";
import type { VariableSpec } from "../prompts/prompt.ts";

/**
 * The variables that an execution was given, each by its kind: the type of its JSON value, or the
 * value itself, as JSON behind `=`, where the prompt declares which values there are.
 */
export type GivenVariables = Record<string, string>;

/** More than this are not recorded, and neither are longer names and values. */
const MOST = 100;
const LONGEST = 100;

/** What is recorded of an execution's variables: no value that a caller is free to choose. */
export function givenVariables(
  specs: Record<string, VariableSpec>,
  variables: Record<string, unknown>,
): GivenVariables | undefined {
  const known = Object.entries(variables).filter(([name]) => name.length <= LONGEST);
  const kinds = known.slice(0, MOST).map(([name, value]) => {
    const spec = Object.hasOwn(specs, name) ? specs[name] : undefined;
    const option = spec?.options && `=${stableJson(value)}`;
    return [name, option !== undefined && option.length <= LONGEST ? option : kindOf(value)] as const;
  });
  return kinds.length === 0 ? undefined : Object.fromEntries(kinds);
}

/** The type of a JSON value; whole numbers are integers. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return "list";
  return Number.isSafeInteger(value) ? "integer" : typeof value;
}
