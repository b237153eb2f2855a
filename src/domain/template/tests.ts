import { defined } from "./compare.ts";
import type { Fuel } from "./fuel.ts";
import { templateFault } from "./limits.ts";
import { COMPARISONS } from "./operators.ts";
import type { Value } from "./values.ts";
import { Callable, Float, Tuple, Undefined, numberOf, typeName } from "./values.ts";

/** A test. `passes` tells whether a value passes it, given `arity` arguments. */
interface Test {
  arity: number;
  passes: (value: Value, argument: Value, fuel: Fuel) => boolean;
}

const kind = (passes: (value: Value) => boolean): Test => ({ arity: 0, passes: (value) => passes(defined(value)) });
const against = (passes: Test["passes"]): Test => ({ arity: 1, passes });

const isSequence = (value: Value): boolean =>
  typeof value === "string" || Array.isArray(value) || value instanceof Tuple || value instanceof Map;

/** Jinja2's tests by name. All but `defined` and `undefined` throw for an undefined value. */
export const TESTS: ReadonlyMap<string, Test> = new Map<string, Test>([
  ["defined", { arity: 0, passes: (value) => !(value instanceof Undefined) }],
  ["undefined", { arity: 0, passes: (value) => value instanceof Undefined }],
  ["none", kind((value) => value === null)],
  ["boolean", kind((value) => typeof value === "boolean")],
  ["true", kind((value) => value === true)],
  ["false", kind((value) => value === false)],
  ["string", kind((value) => typeof value === "string")],
  ["number", kind((value) => numberOf(value) !== undefined)],
  ["integer", kind((value) => typeof value === "number")],
  ["float", kind((value) => value instanceof Float)],
  ["mapping", kind((value) => value instanceof Map)],
  ["iterable", kind(isSequence)],
  ["sequence", kind(isSequence)],
  ["callable", kind((value) => value instanceof Callable)],
  [
    "lower",
    kind((value) => typeof value === "string" && value === value.toLowerCase() && value !== value.toUpperCase()),
  ],
  [
    "upper",
    kind((value) => typeof value === "string" && value === value.toUpperCase() && value !== value.toLowerCase()),
  ],
  ["odd", kind((value) => Math.abs(integer(value, "odd") % 2) === 1)],
  ["even", kind((value) => integer(value, "even") % 2 === 0)],
  ["divisibleby", against((value, by) => integer(value, "divisibleby") % nonZero(integer(by, "divisibleby")) === 0)],
  ["in", against(COMPARISONS.in)],
  ["sameas", against((value, other) => defined(value) === defined(other))],
  ...["eq", "equalto", "=="].map((name): [string, Test] => [name, against(COMPARISONS["=="])]),
  ...["ne", "!="].map((name): [string, Test] => [name, against(COMPARISONS["!="])]),
  ...["gt", "greaterthan", ">"].map((name): [string, Test] => [name, against(COMPARISONS[">"])]),
  ...["ge", ">="].map((name): [string, Test] => [name, against(COMPARISONS[">="])]),
  ...["lt", "lessthan", "<"].map((name): [string, Test] => [name, against(COMPARISONS["<"])]),
  ...["le", "<="].map((name): [string, Test] => [name, against(COMPARISONS["<="])]),
]);

function integer(value: Value, test: string): number {
  const number = numberOf(defined(value));
  if (number === undefined) throw templateFault(`the test "${test}" needs a number, not a ${typeName(value)}`);
  return number;
}

function nonZero(value: number): number {
  if (value === 0) throw templateFault("division by zero");
  return value;
}

/**
 * Runs a test by name. Throws AppError `validation_error` for an unknown one or a wrong number of
 * arguments.
 */
export function runTest(name: string, value: Value, args: readonly Value[], fuel: Fuel): boolean {
  const test = TESTS.get(name);
  if (!test) throw templateFault(`unknown test "${name}"`);
  fuel.step();
  if (args.length !== test.arity) {
    throw templateFault(`the test "${name}" takes ${test.arity} arguments, not ${args.length}`);
  }
  return test.passes(value, args[0] ?? null, fuel);
}
