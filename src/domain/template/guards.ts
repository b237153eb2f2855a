import type { Expression } from "./ast.ts";
import { TYPE_TESTS } from "./tests.ts";

const NONE: ReadonlySet<string> = new Set();

/** The variables that are certainly there when the test holds. */
export function truthyNames(test: Expression): ReadonlySet<string> {
  if (test.type === "Name") return new Set([test.name]);
  return knownNames(test, true);
}

/** The variables that are certainly there when the test fails. */
export function falsyNames(test: Expression): ReadonlySet<string> {
  return knownNames(test, false);
}

function knownNames(test: Expression, holds: boolean): ReadonlySet<string> {
  if (test.type === "Unary" && test.operator === "not") {
    return holds ? falsyNames(test.operand) : truthyNames(test.operand);
  }
  if (test.type === "Logical") {
    const side = holds ? truthyNames : falsyNames;
    const [left, right] = [side(test.left), side(test.right)];
    return (test.operator === "and") === holds ? left.union(right) : left.intersection(right);
  }
  if (test.type !== "Test" || test.operand.type !== "Name") return NONE;
  const isGuard = holds ? test.name === "defined" || TYPE_TESTS.has(test.name) : test.name === "undefined";
  return isGuard ? new Set([test.operand.name]) : NONE;
}
