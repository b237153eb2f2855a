import { stableJson } from "../../lib/stable-json.ts";
import { type GivenVariables, kindOf } from "../executions/given-variables.ts";
import { takesValuesOf } from "../prompts/diff-prompts.ts";
import type { VariableSpec, VariableType } from "../prompts/prompt.ts";
import type { CheckResult } from "./promotion.ts";

type Specs = Record<string, VariableSpec>;

/** So many calls say that a declaration which could break callers breaks none. */
const ENOUGH_CALLS = 100;
const MOST_FAULTS = 5;

/**
 * Whether a new version can be called as the served one is. A variable is compatible if no call of
 * the last days would be refused for it, and its declaration takes whatever the served one takes.
 * Where the declaration does not, {@link ENOUGH_CALLS} calls that would all be taken are enough:
 * then at most 3 % of all calls would not be, with 95 % confidence. `calls` are those whose
 * variables are known.
 */
export function checkVariables(before: Specs | null, after: Specs, calls: readonly GivenVariables[]): CheckResult {
  const faults = Object.entries(after).flatMap(([name, spec]) => {
    const refused = calls.filter((call) => !isTaken(spec, Object.hasOwn(call, name) ? call[name] : undefined));
    if (refused.length > 0) {
      return [`\`${name}\`: ${refused.length} of ${calls.length} calls of the last days would be refused`];
    }
    const older = before && Object.hasOwn(before, name) ? before[name] : undefined;
    if (!before || takesValuesOf(spec, older)) return [];
    if (calls.length >= ENOUGH_CALLS && canBeJudged(spec, older)) return [];
    return [`\`${name}\` does not take all that the served version takes`];
  });
  const seen = `${calls.length} calls of the last days were looked at`;
  if (faults.length === 0) return { status: "passed", detail: seen };
  const more = faults.length > MOST_FAULTS ? `; ${faults.length - MOST_FAULTS} more` : "";
  return { status: "failed", detail: `${faults.slice(0, MOST_FAULTS).join("; ")}${more}; ${seen}` };
}

/** The kinds of JSON that a variable of a type may have. Media are texts or objects. */
const KINDS: Record<VariableType, readonly string[]> = {
  string: ["string"],
  number: ["number", "integer"],
  integer: ["integer"],
  boolean: ["boolean"],
  list: ["list"],
  object: ["object"],
  image: ["string", "object"],
  file: ["string", "object"],
  audio: ["string", "object"],
  messages: ["list"],
};

/** Whether a call is taken that gives a value of this kind, or none. */
function isTaken(spec: VariableSpec, given: string | undefined): boolean {
  if (given === undefined || (!spec.required && isNull(given))) return !spec.required || spec.default !== undefined;
  if (!given.startsWith("=")) return KINDS[spec.type].includes(given);
  const value: unknown = JSON.parse(given.slice(1));
  const isOption = spec.options?.some((option) => stableJson(option) === stableJson(value)) ?? true;
  return isOption && KINDS[spec.type].includes(kindOf(value));
}

function isNull(given: string): boolean {
  return given === "null" || given === "=null";
}

/** Whether what is known of calls tells if they are taken: sizes and free values are not known. */
function canBeJudged({ options, min, max }: VariableSpec, older: VariableSpec | undefined): boolean {
  return min === older?.min && max === older?.max && (options === undefined || older?.options !== undefined);
}
