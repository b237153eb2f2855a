import type { BinaryOperator, ComparisonOperator } from "./ast.ts";
import { contains, compare, defined, isEqual } from "./compare.ts";
import type { Fuel } from "./fuel.ts";
import { templateFault } from "./limits.ts";
import { formatText } from "./format-text.ts";
import { textOf } from "./python-text.ts";
import type { Arguments, Value } from "./values.ts";
import { Float, Tuple, integerOf, isList, numberOf, typeName } from "./values.ts";

/** A binary operator other than `~`, which joins the texts of any two values. */
type ArithmeticOperator = Exclude<BinaryOperator, "~">;

/**
 * Applies an operator that computes a value, as Python would. Throws AppError `validation_error`
 * for wrong types.
 */
export function operate(operator: BinaryOperator, left: Value, right: Value, fuel: Fuel): Value {
  if (operator === "~") return joinTexts(textOf(left, fuel), textOf(right, fuel), fuel);
  return calculate(operator, defined(left), defined(right), fuel);
}

/**
 * Whether a comparison holds. Each throws AppError `validation_error` for types that cannot be
 * compared.
 */
export const COMPARISONS: Readonly<Record<ComparisonOperator, (left: Value, right: Value, fuel: Fuel) => boolean>> = {
  "==": isEqual,
  "!=": (left, right, fuel) => !isEqual(left, right, fuel),
  "<": (left, right, fuel) => compare(left, right, fuel) < 0,
  "<=": (left, right, fuel) => compare(left, right, fuel) <= 0,
  ">": (left, right, fuel) => compare(left, right, fuel) > 0,
  ">=": (left, right, fuel) => compare(left, right, fuel) >= 0,
  in: (left, right, fuel) => contains(right, left, fuel),
  "not in": (left, right, fuel) => !contains(right, left, fuel),
};

/** Concatenates two texts under the output cap. */
export function joinTexts(left: string, right: string, fuel: Fuel): string {
  fuel.text(left.length + right.length);
  return left + right;
}

function calculate(operator: ArithmeticOperator, left: Value, right: Value, fuel: Fuel): Value {
  const [a, b] = [numberOf(left), numberOf(right)];
  if (a !== undefined && b !== undefined) {
    return arithmetic(operator, a, b, left instanceof Float || right instanceof Float);
  }
  if (operator === "+") {
    if (typeof left === "string" && typeof right === "string") return joinTexts(left, right, fuel);
    if (Array.isArray(left) && Array.isArray(right)) {
      fuel.step(left.length + right.length);
      return [...left, ...right];
    }
    if (left instanceof Tuple && right instanceof Tuple) {
      fuel.step(left.items.length + right.items.length);
      return new Tuple([...left.items, ...right.items]);
    }
  }
  const [times, count] = [integerOf(right), integerOf(left)];
  if (operator === "*" && times !== undefined) return repeat(left, times, fuel);
  if (operator === "*" && count !== undefined) return repeat(right, count, fuel);
  if (operator === "%" && typeof left === "string") return formatText(left, formatArguments(left, right), fuel);
  throw templateFault(`the operator ${operator} does not take ${typeName(left)} and ${typeName(right)}`);
}

/** What `%` hands to a text: a tuple's items, a dictionary by name, or one value. */
function formatArguments(text: string, value: Value): Arguments {
  if (value instanceof Tuple) return { positional: [...value.items], keyword: new Map() };
  if (!(value instanceof Map) || !text.includes("%(")) return { positional: [value], keyword: new Map() };
  const named = [...value].filter((entry): entry is [string, Value] => typeof entry[0] === "string");
  return { positional: [], keyword: new Map(named) };
}

function repeat(value: Value, times: number, fuel: Fuel): Value {
  const count = Math.max(0, times);
  if (typeof value === "string") {
    fuel.text(value.length * count);
    return value.repeat(value === "" ? 0 : count);
  }
  const items = value instanceof Tuple ? value.items : value;
  if (!isList(items)) throw templateFault(`the operator * does not take ${typeName(value)} and int`);
  fuel.step(items.length * count);
  const repeated = items.length === 0 ? [] : Array.from({ length: count }, () => items).flat(1);
  return value instanceof Tuple ? new Tuple(repeated) : repeated;
}

function arithmetic(operator: ArithmeticOperator, a: number, b: number, isFloat: boolean): Value {
  switch (operator) {
    case "+":
      return makeNumber(a + b, isFloat);
    case "-":
      return makeNumber(a - b, isFloat);
    case "*":
      return makeNumber(a * b, isFloat);
    case "/":
      return new Float(a / nonZero(b));
    case "//":
      return makeNumber(floorDivide(a, nonZero(b)), isFloat);
    case "%":
      return makeNumber(modulo(a, nonZero(b)), isFloat);
    case "**":
      break;
  }
  return power(a, b, isFloat);
}

function nonZero(divisor: number): number {
  if (divisor === 0) throw templateFault("division by zero");
  return divisor;
}

/** Python's remainder has the sign of the divisor, also where it is zero. */
function modulo(a: number, b: number): number {
  const rest = a % b;
  if (rest === 0) return b < 0 ? -0 : 0;
  return rest < 0 === b < 0 ? rest : rest + b;
}

/** Python's `//` divides what the remainder leaves, so that the two always fit together. */
function floorDivide(a: number, b: number): number {
  const quotient = (a - modulo(a, b)) / b;
  if (quotient === 0) return a / b < 0 || Object.is(a / b, -0) ? -0 : 0;
  const floor = Math.floor(quotient);
  return quotient - floor > 0.5 ? floor + 1 : floor;
}

function power(a: number, b: number, isFloat: boolean): Value {
  if (a === 0 && b < 0) throw templateFault("zero cannot be raised to a negative power");
  const result = a ** b;
  if (!Number.isFinite(result)) throw templateFault(`${a} ** ${b} is too large, or not a real number`);
  return makeNumber(result, isFloat || b < 0);
}

/** An int or a float. Throws for an integer beyond 53 bits, which would not be exact. */
export function makeNumber(value: number, isFloat: boolean): Value {
  if (isFloat) return new Float(value);
  if (!Number.isSafeInteger(value)) throw templateFault("integers of more than 53 bits are not supported");
  return value === 0 ? 0 : value;
}

/** Applies `-` or `+` to one number. */
export function sign(operator: "-" | "+", value: Value): Value {
  const given = defined(value);
  const number = numberOf(given);
  if (number === undefined) throw templateFault(`the sign ${operator} does not take ${typeName(given)}`);
  return makeNumber(operator === "-" ? -number : number, given instanceof Float);
}
