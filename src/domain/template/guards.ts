import type { Expression } from "./ast.ts";
import { filterParts } from "./ast.ts";

/** The variables that are there for certain when the test holds. */
export function truthyNames(test: Expression): ReadonlySet<string> {
  if (test.type === "Identifier") return new Set([test.value]);
  return knownNames(test, true);
}

/** The variables that are there for certain when the test fails. */
export function falsyNames(test: Expression): ReadonlySet<string> {
  return knownNames(test, false);
}

function knownNames(test: Expression, holds: boolean): ReadonlySet<string> {
  if (test.type === "UnaryExpression" && test.operator.value === "not") {
    return holds ? falsyNames(test.argument) : truthyNames(test.argument);
  }
  if (test.type === "BinaryExpression" && (test.operator.value === "and" || test.operator.value === "or")) {
    const side = holds ? truthyNames : falsyNames;
    const [left, right] = [side(test.left), side(test.right)];
    return (test.operator.value === "and") === holds
      ? new Set([...left, ...right])
      : new Set([...left].filter((name) => right.has(name)));
  }
  if (test.type !== "FilterExpression" || test.operand.type !== "Identifier") return new Set();
  const { name } = filterParts(test.filter);
  const means = { "is defined": true, "is not undefined": true, "is not defined": false, "is undefined": false }[name];
  return means === holds ? new Set([test.operand.value]) : new Set();
}
