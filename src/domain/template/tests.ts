import { defined } from "./compare.ts";
import type { ComparisonOperator } from "./ast.ts";
import type { Machine } from "./machine.ts";
import { isLower, isUpper } from "./letters.ts";
import { templateFault } from "./limits.ts";
import { COMPARISONS } from "./operators.ts";
import { textOf } from "./python-text.ts";
import type { Value } from "./values.ts";
import { Callable, Float, Tuple, Undefined, numberOf, typeName } from "./values.ts";

/** A test. `passes` tells whether a value passes it, given `arity` arguments. */
interface Test {
  arity: number;
  passes: (value: Value, argument: Value, machine: Machine) => boolean;
}

/** A test of a type or an identity. An undefined value fails it, as in Python. */
const kind = (passes: (value: Value) => boolean): Test => ({ arity: 0, passes: (value) => passes(value) });
/** A test of the printed text. */
const written = (passes: (text: string) => boolean): Test => ({
  arity: 0,
  passes: (value, _argument, { fuel }) => passes(textOf(value, fuel)),
});
const against = (passes: Test["passes"]): Test => ({ arity: 1, passes });

const comparing = (operator: ComparisonOperator): Test =>
  against((value, other, { fuel }) => COMPARISONS[operator](value, other, fuel));

const isSequence = (value: Value): boolean =>
  typeof value === "string" || Array.isArray(value) || value instanceof Tuple || value instanceof Map;

/** Tests that no undefined value passes, and that do not throw for one. */
export const TYPE_TESTS: ReadonlySet<string> = new Set(
  "none boolean true false string number integer float mapping sequence".split(" "),
);

/** Jinja2's tests by name. Those that compare throw for an undefined value. */
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
  ["iterable", kind((value) => isSequence(value instanceof Undefined && !value.isSoft ? defined(value) : value))],
  ["sequence", kind(isSequence)],
  ["callable", kind((value) => value instanceof Callable)],
  ["lower", written(isLower)],
  ["upper", written(isUpper)],
  // No text is ever marked as escaped: see the known differences.
  ["escaped", kind(() => false)],
  ["filter", { arity: 0, passes: (value, _argument, machine) => machine.hasFilter(value) }],
  ["test", kind((value) => typeof value === "string" && TESTS.has(value))],
  ["odd", kind((value) => Math.abs(integer(value, "odd") % 2) === 1)],
  ["even", kind((value) => integer(value, "even") % 2 === 0)],
  ["divisibleby", against((value, by) => integer(value, "divisibleby") % nonZero(integer(by, "divisibleby")) === 0)],
  ["in", comparing("in")],
  ["sameas", against((value, other) => value === other)],
  ...["eq", "equalto", "=="].map((name): [string, Test] => [name, comparing("==")]),
  ...["ne", "!="].map((name): [string, Test] => [name, comparing("!=")]),
  ...["gt", "greaterthan", ">"].map((name): [string, Test] => [name, comparing(">")]),
  ...["ge", ">="].map((name): [string, Test] => [name, comparing(">=")]),
  ...["lt", "lessthan", "<"].map((name): [string, Test] => [name, comparing("<")]),
  ...["le", "<="].map((name): [string, Test] => [name, comparing("<=")]),
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
export function runTest(name: string, value: Value, args: readonly Value[], machine: Machine): boolean {
  const test = TESTS.get(name);
  if (!test) throw templateFault(`unknown test "${name}"`);
  machine.fuel.step();
  if (args.length !== test.arity) {
    throw templateFault(`the test "${name}" takes ${test.arity} arguments, not ${args.length}`);
  }
  return test.passes(value, args[0] ?? null, machine);
}
