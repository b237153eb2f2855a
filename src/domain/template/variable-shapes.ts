import type { Attribute, Expression, Subscript } from "./ast.ts";
import { LIST_METHODS } from "./methods-list.ts";
import { TEXT_METHODS } from "./methods-text.ts";

/** The shape of a variable, as far as a template's uses show one. */
export type VariableShape = "list" | "object";

/** Filters that give a list for a list. */
const LIST_FILTERS: ReadonlySet<string> = new Set(
  "default d sort reverse unique list map select reject selectattr rejectattr batch slice groupby".split(" "),
);

/** The variable that a loop visits, behind filters that give a list for a list. */
export function loopedName(iterable: Expression): string | undefined {
  if (iterable.type === "Filter" && LIST_FILTERS.has(iterable.name)) return loopedName(iterable.operand);
  return iterable.type === "Name" ? iterable.name : undefined;
}

/**
 * The variable of which an expression reads a key by name. A method of a text or a list is no key.
 */
export function keyedName(node: Attribute | Subscript): string | undefined {
  if (node.object.type !== "Name") return undefined;
  if (node.type === "Subscript") {
    return node.key.type === "Literal" && typeof node.key.value === "string" ? node.object.name : undefined;
  }
  return TEXT_METHODS.has(node.name) || LIST_METHODS.has(node.name) ? undefined : node.object.name;
}
