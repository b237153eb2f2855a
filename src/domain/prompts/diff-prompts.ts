import { stableJson } from "../../lib/stable-json.ts";
import type { PromptDefinition, VariableSpec, VariableType } from "./prompt.ts";

/** A value that differs, at its dotted path. A side that does not have it leaves it out. */
export interface PromptChange {
  path: string;
  from?: unknown;
  to?: unknown;
}

/** A variable that both sides have, with different types. */
export interface RetypedVariable {
  name: string;
  from: VariableType;
  to: VariableType;
}

/** What differs between two versions of a prompt. */
export interface PromptDiff {
  changes: PromptChange[];
  variables: { added: string[]; removed: string[]; retyped: RetypedVariable[] };
  /** Whether every call with variables that `from` takes can be made of `to`, too. */
  compatible: boolean;
}

/** Compares two definitions, value by value. Elements of lists are compared by their position. */
export function diffPrompts(from: PromptDefinition, to: PromptDefinition): PromptDiff {
  const [before, after] = [new Map(Object.entries(from.variables)), new Map(Object.entries(to.variables))];
  const retyped = [...before].flatMap(([name, { type }]) => {
    const other = after.get(name);
    return other && other.type !== type ? [{ name, from: type, to: other.type }] : [];
  });
  return {
    changes: [...changesBetween(from, to, "")],
    variables: {
      added: [...after.keys()].filter((name) => !before.has(name)),
      removed: [...before.keys()].filter((name) => !after.has(name)),
      retyped,
    },
    compatible: [...after].every(([name, spec]) => takesValuesOf(spec, before.get(name))),
  };
}

function* changesBetween(from: unknown, to: unknown, path: string): Generator<PromptChange> {
  const [before, after] = [membersOf(from), membersOf(to)];
  if (before && after && Array.isArray(from) === Array.isArray(to)) {
    for (const key of new Set([...before.keys(), ...after.keys()])) {
      yield* changesBetween(before.get(key), after.get(key), path === "" ? key : `${path}.${key}`);
    }
  } else if ((from === undefined) !== (to === undefined) || stableJson(from) !== stableJson(to)) {
    yield { path, ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
  }
}

function membersOf(value: unknown): Map<string, unknown> | undefined {
  return typeof value === "object" && value !== null ? new Map(Object.entries(value)) : undefined;
}

/**
 * Whether a variable takes every value that callers of its older declaration could give, or do
 * without where these could. What is no longer declared is ignored when it is given.
 */
export function takesValuesOf(spec: VariableSpec, older: VariableSpec | undefined): boolean {
  const mayBeAbsent = !spec.required || spec.default !== undefined;
  if (!older) return mayBeAbsent;
  const couldBeAbsent = !older.required || older.default !== undefined;
  if (couldBeAbsent && !mayBeAbsent) return false;
  const isWider = spec.type === older.type || (spec.type === "number" && older.type === "integer");
  if (!isWider) return false;
  if (spec.options && !isWithin(older.options, spec.options)) return false;
  return (spec.min ?? -Infinity) <= (older.min ?? -Infinity) && (spec.max ?? Infinity) >= (older.max ?? Infinity);
}

/** Whether all older options are options still. */
function isWithin(older: readonly unknown[] | undefined, options: readonly unknown[]): boolean {
  const known = new Set(options.map((option) => stableJson(option)));
  return older?.every((option) => known.has(stableJson(option))) === true;
}
