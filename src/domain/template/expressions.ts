import type { Argument, Call, Comparison, Expression, Literal, Logical, Slice, Subscript } from "./ast.ts";
import { defined, dictKey, iterate } from "./compare.ts";
import { templateFault } from "./limits.ts";
import type { Machine } from "./machine.ts";
import { attribute, slice, subscript } from "./members.ts";
import { methodOf } from "./methods.ts";
import { COMPARISONS, operate, sign } from "./operators.ts";
import type { Scope } from "./scope.ts";
import { runTest } from "./tests.ts";
import type { Arguments, Value } from "./values.ts";
import { Callable, Tuple, Undefined, isTruthy, orElse, typeName } from "./values.ts";

/**
 * The value of an expression. Throws AppError `validation_error` for type errors, undefined values
 * and caps.
 */
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
    case "Literal":
      return node.value;
    case "Name":
      return orElse(scope.get(node.name), () => unknownVariable(node.name));
    case "List":
      return node.items.map(inner);
    case "Tuple":
      return new Tuple(node.items.map(inner));
    case "Dict":
      return new Map(node.entries.map(({ key, value }) => [dictKey(inner(key)), inner(value)]));
    case "Unary":
      return node.operator === "not" ? !isTruthy(inner(node.operand)) : sign(node.operator, inner(node.operand));
    case "Binary":
      return operate(node.operator, inner(node.left), inner(node.right), machine.fuel);
    case "Logical":
      return evaluateLogical(node, scope, machine);
    case "Comparison":
      return evaluateComparison(node, scope, machine);
    case "Conditional":
      if (isTruthy(inner(node.test))) return inner(node.body);
      return node.otherwise ? inner(node.otherwise) : noElse();
    case "Filter": {
      const input = inner(node.operand);
      return machine.applyFilter(node.name, input, evaluateArguments(node.args, scope, machine));
    }
    case "Test": {
      const input = inner(node.operand);
      return runTest(node.name, input, evaluateArguments(node.args, scope, machine).positional, machine);
    }
    case "Attribute":
      return attribute(inner(node.object), node.name, () => describe(node), machine.fuel);
    case "Subscript":
      return evaluateSubscript(node, scope, machine);
    case "Slice":
      return evaluateSlice(node, scope, machine);
    case "Call":
      break;
  }
  return evaluateCall(node, scope, machine);
}

function unknownVariable(name: string): Undefined {
  return new Undefined(`the template needs the variable "${name}", which was not given`, `variables.${name}`);
}

function noElse(): Undefined {
  return new Undefined('the conditional expression has no "else" and its condition was false', "template", true);
}

function evaluateLogical(node: Logical, scope: Scope, machine: Machine): Value {
  const left = evaluate(node.left, scope, machine);
  return isTruthy(left) === (node.operator === "and") ? evaluate(node.right, scope, machine) : left;
}

/** `a < b < c` is `a < b and b < c`, with `b` evaluated once. */
function evaluateComparison(node: Comparison, scope: Scope, machine: Machine): boolean {
  let left = evaluate(node.first, scope, machine);
  return node.rest.every(({ operator, operand }) => {
    const right = evaluate(operand, scope, machine);
    const holds = COMPARISONS[operator](left, right, machine.fuel);
    left = right;
    return holds;
  });
}

function evaluateSubscript(node: Subscript, scope: Scope, machine: Machine): Value {
  const object = evaluate(node.object, scope, machine);
  return subscript(object, evaluate(node.key, scope, machine), () => describe(node), machine.fuel);
}

function evaluateSlice(node: Slice, scope: Scope, machine: Machine): Value {
  const object = evaluate(node.object, scope, machine);
  const bounds = [node.start, node.stop, node.step].map((bound) => bound && evaluate(bound, scope, machine));
  return slice(object, bounds, machine.fuel);
}

/** The source of a name or of a chain of attributes, for messages. */
export function describe(node: Expression): string {
  if (node.type === "Name") return node.name;
  if (node.type === "Attribute") return `${describe(node.object)}.${node.name}`;
  if (node.type === "Subscript") return `${describe(node.object)}[${describeKey(node.key)}]`;
  if (node.type === "Slice") return `${describe(node.object)}[…]`;
  if (node.type === "Call") return `${describe(node.callee)}()`;
  if (node.type === "Filter") return `${describe(node.operand)}|${node.name}`;
  return node.type === "Literal" ? (constantName(node.value) ?? "(…)") : "(…)";
}

function describeKey(key: Expression): string {
  if (key.type === "Name") return key.name;
  if (key.type !== "Literal") return "…";
  if (typeof key.value === "string") return JSON.stringify(key.value.slice(0, 80));
  return typeof key.value === "number" ? String(key.value) : (constantName(key.value) ?? "…");
}

function constantName(value: Literal["value"]): string | undefined {
  if (value === null) return "none";
  return typeof value === "boolean" ? String(value) : undefined;
}

function evaluateCall(node: Call, scope: Scope, machine: Machine): Value {
  const target = evaluateCallee(node.callee, scope, machine);
  const args = evaluateArguments(node.args, scope, machine);
  if (target instanceof Callable) return target.call(args);
  const value = defined(target);
  throw templateFault(`${describe(node.callee)} is a ${typeName(value)}, not something to call`);
}

/**
 * What a call calls. `dict.items()` is the method, even where the dictionary has a key of that
 * name.
 */
function evaluateCallee(node: Expression, scope: Scope, machine: Machine): Value {
  if (node.type !== "Attribute") return evaluate(node, scope, machine);
  const object = evaluate(node.object, scope, machine);
  const method = object instanceof Map ? methodOf(object, node.name, machine.fuel) : undefined;
  return method ?? attribute(object, node.name, () => describe(node), machine.fuel);
}

/** Evaluates a call's arguments, with `*list` and `**dict` unpacked. */
export function evaluateArguments(nodes: readonly Argument[], scope: Scope, machine: Machine): Arguments {
  const positional: Value[] = [];
  const keyword = new Map<string, Value>();
  for (const node of nodes) {
    if (node.type === "Keyword") {
      keyword.set(node.name, evaluate(node.value, scope, machine));
    } else if (node.type === "Spread") {
      const items = iterate(evaluate(node.value, scope, machine), machine.fuel);
      machine.fuel.step(items.length);
      for (const item of items) positional.push(item);
    } else if (node.type === "KeywordSpread") {
      const dict = evaluate(node.value, scope, machine);
      if (!(dict instanceof Map)) throw templateFault("only a dictionary can follow ** in a call");
      machine.fuel.step(dict.size);
      for (const [key, value] of dict) if (typeof key === "string") keyword.set(key, value);
    } else {
      positional.push(evaluate(node, scope, machine));
    }
  }
  return { positional, keyword };
}
