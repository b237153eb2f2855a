import type { BinaryExpression, CallExpression, Expression, MemberExpression } from "./ast.ts";
import { filterParts } from "./ast.ts";
import { defined, dictKey, iterate } from "./compare.ts";
import type { Fuel } from "./fuel.ts";
import { templateFault } from "./limits.ts";
import { attribute, slice, subscript } from "./members.ts";
import { methodOf } from "./methods.ts";
import { isComparison, operate, sign } from "./operators.ts";
import type { Scope } from "./scope.ts";
import type { Arguments, Value } from "./values.ts";
import { Callable, Float, Tuple, Undefined, isTruthy, orElse, typeName } from "./values.ts";

/** What evaluation needs of its surroundings. */
export interface Machine {
  readonly fuel: Fuel;
  /** Applies a filter or a test (named as in `desugar-tests.ts`) to a value. */
  applyFilter(name: string, input: Value, args: Arguments): Value;
}

/** The value of an expression. Throws AppError `validation_error` for type errors, undefined values and caps. */
export function evaluate(node: Expression, scope: Scope, machine: Machine): Value {
  machine.fuel.step();
  machine.fuel.enter();
  const value = evaluateNode(node, scope, machine);
  machine.fuel.leave();
  return value;
}

function evaluateNode(node: Expression, scope: Scope, machine: Machine): Value {
  const inner = (child: Expression): Value => evaluate(child, scope, machine);
  switch (node.type) {
    case "StringLiteral":
    case "IntegerLiteral":
      return node.value;
    case "FloatLiteral":
      return new Float(node.value);
    case "Identifier":
      return orElse(scope.get(node.value), () => unknownVariable(node.value));
    case "ArrayLiteral":
      return node.value.map(inner);
    case "TupleLiteral":
      return new Tuple(node.value.map(inner));
    case "ObjectLiteral":
      return new Map([...node.value].map(([key, value]) => [dictKey(inner(key)), inner(value)]));
    case "UnaryExpression":
      return node.operator.value === "not"
        ? !isTruthy(inner(node.argument))
        : sign(node.operator.value, inner(node.argument));
    case "BinaryExpression":
      return evaluateBinary(node, scope, machine);
    case "Ternary":
      return inner(isTruthy(inner(node.condition)) ? node.trueExpr : node.falseExpr);
    case "SelectExpression":
      if (isTruthy(inner(node.test))) return inner(node.lhs);
      return new Undefined('the conditional expression has no "else" and its condition was false', "template", true);
    case "FilterExpression": {
      const { name, args } = filterParts(node.filter);
      const input = inner(node.operand);
      return machine.applyFilter(name, input, evaluateArguments(args, scope, machine));
    }
    case "MemberExpression":
      return evaluateMember(node, scope, machine);
    case "CallExpression":
      return evaluateCall(node, scope, machine);
    case "SliceExpression":
    case "KeywordArgumentExpression":
    case "SpreadExpression":
    case "KeywordSpreadExpression":
  }
  throw templateFault(`unexpected ${node.type}`);
}

function unknownVariable(name: string): Undefined {
  return new Undefined(`the template needs the variable "${name}", which was not given`, `variables.${name}`);
}

function evaluateBinary(node: BinaryExpression, scope: Scope, machine: Machine): Value {
  const operator = node.operator.value;
  if (operator === "and" || operator === "or") {
    const left = evaluate(node.left, scope, machine);
    return isTruthy(left) === (operator === "and") ? evaluate(node.right, scope, machine) : left;
  }
  if (isComparison(operator) && chains(node)) return evaluateChain(node, scope, machine).holds;
  const left = evaluate(node.left, scope, machine);
  return operate(operator, left, evaluate(node.right, scope, machine), machine.fuel);
}

/** Whether the left side is a comparison that was written without brackets of its own. */
function chains(node: BinaryExpression): node is BinaryExpression & { left: BinaryExpression } {
  const { left } = node;
  return (
    left.type === "BinaryExpression" && isComparison(left.operator.value) && left.operator.depth === node.operator.depth
  );
}

/** `a < b < c` as `a < b and b < c`, with `b` evaluated once. */
function evaluateChain(node: BinaryExpression, scope: Scope, machine: Machine): { holds: boolean; last: Value } {
  let left: Value;
  if (chains(node)) {
    const before = evaluateChain(node.left, scope, machine);
    if (!before.holds) return before;
    left = before.last;
  } else {
    left = evaluate(node.left, scope, machine);
  }
  const last = evaluate(node.right, scope, machine);
  return { holds: operate(node.operator.value, left, last, machine.fuel) === true, last };
}

function evaluateMember(node: MemberExpression, scope: Scope, machine: Machine): Value {
  const object = evaluate(node.object, scope, machine);
  const path = describe(node);
  const { property } = node;
  if (!node.computed) {
    if (property.type === "Identifier") return attribute(object, property.value, path, machine.fuel);
    return subscript(object, evaluate(property, scope, machine), path, machine.fuel);
  }
  if (property.type !== "SliceExpression") {
    return subscript(object, evaluate(property, scope, machine), path, machine.fuel);
  }
  const bounds = [property.start, property.stop, property.step];
  return slice(
    object,
    bounds.map((bound) => bound && evaluate(bound, scope, machine)),
    machine.fuel,
  );
}

/** The source of a name or an attribute chain, for messages. */
export function describe(node: Expression): string {
  if (node.type === "Identifier") return node.value;
  if (node.type === "CallExpression") return `${describe(node.callee)}()`;
  if (node.type === "FilterExpression") return `${describe(node.operand)}|${filterParts(node.filter).name}`;
  if (node.type !== "MemberExpression") return "(…)";
  const object = describe(node.object);
  const { property } = node;
  if (property.type === "StringLiteral") return `${object}[${JSON.stringify(property.value.slice(0, 80))}]`;
  if (property.type === "IntegerLiteral")
    return node.computed ? `${object}[${property.value}]` : `${object}.${property.value}`;
  if (property.type === "Identifier")
    return node.computed ? `${object}[${property.value}]` : `${object}.${property.value}`;
  return `${object}[…]`;
}

function evaluateCall(node: CallExpression, scope: Scope, machine: Machine): Value {
  const target = callee(node.callee, scope, machine);
  const args = evaluateArguments(node.args, scope, machine);
  if (target instanceof Callable) return target.call(args);
  const value = defined(target);
  throw templateFault(`${describe(node.callee)} is a ${typeName(value)}, not something to call`);
}

/** What a call calls: of a dictionary the method, even where the data has a key of that name. */
function callee(node: Expression, scope: Scope, machine: Machine): Value {
  if (node.type !== "MemberExpression" || node.computed || node.property.type !== "Identifier") {
    return evaluate(node, scope, machine);
  }
  const object = evaluate(node.object, scope, machine);
  const method = object instanceof Map ? methodOf(object, node.property.value, machine.fuel) : undefined;
  return method ?? attribute(object, node.property.value, describe(node), machine.fuel);
}

/** Evaluates a call's arguments, with `*list` and `**dict` unpacked. */
export function evaluateArguments(nodes: Expression[], scope: Scope, machine: Machine): Arguments {
  const positional: Value[] = [];
  const keyword = new Map<string, Value>();
  for (const node of nodes) {
    if (node.type === "KeywordArgumentExpression") {
      keyword.set(node.key.value, evaluate(node.value, scope, machine));
    } else if (node.type === "SpreadExpression") {
      const items = iterate(evaluate(node.argument, scope, machine), machine.fuel);
      machine.fuel.step(items.length);
      for (const item of items) positional.push(item);
    } else if (node.type === "KeywordSpreadExpression") {
      const dict = evaluate(node.argument, scope, machine);
      if (!(dict instanceof Map)) throw templateFault("only a dictionary can follow ** in a call");
      machine.fuel.step(dict.size);
      for (const [key, value] of dict) if (typeof key === "string") keyword.set(key, value);
    } else {
      positional.push(evaluate(node, scope, machine));
    }
  }
  return { positional, keyword };
}
