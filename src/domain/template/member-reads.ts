import type { Attribute, Expression, Subscript } from "./ast.ts";
import type { ParsedTemplate } from "./parse-template.ts";

/**
 * What a template reads of its variables: for each use of a name, the name and the keys after it
 * that are written out. `steps.a.output[0]` gives `["steps", "a", "output", "0"]`.
 */
export function memberReads(template: ParsedTemplate): string[][] {
  const reads: string[][] = [];
  visit(template.program.body, reads);
  return reads;
}

function visit(node: unknown, reads: string[][]): void {
  if (typeof node !== "object" || node === null) return;
  const path = isExpression(node) ? pathOf(node) : undefined;
  if (path) reads.push(path);
  else for (const child of Object.values(node)) visit(child, reads);
}

function isExpression(node: object): node is Expression {
  return "type" in node;
}

/** The name and the keys of a chain of members; undefined for any other expression. */
function pathOf(node: Expression): string[] | undefined {
  if (node.type === "Name") return [node.name];
  if (node.type !== "Attribute" && node.type !== "Subscript") return undefined;
  const [above, key] = [pathOf(node.object), keyOf(node)];
  return above && key !== undefined ? [...above, key] : undefined;
}

function keyOf(node: Attribute | Subscript): string | undefined {
  if (node.type === "Attribute") return node.name;
  const { key } = node;
  const value = key.type === "Literal" ? key.value : undefined;
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}
