import type { SchemaFindings } from "./schema-findings.ts";
import type { JsonSchema } from "./schema.ts";
import type { Visitor } from "./visitor.ts";
import { measuredJson } from "./value-keywords.ts";
import { toList } from "./values.ts";

/** Checks the keywords of arrays. Items have the paths `<path>.0`, `<path>.1` and so on. */
export function checkArray(
  visitor: Visitor,
  schema: JsonSchema,
  items: readonly unknown[],
  path: string,
  found: SchemaFindings,
): void {
  const { minItems, maxItems, uniqueItems, unevaluatedItems } = schema;
  if (typeof minItems === "number" && items.length < minItems) {
    found.report(path, `must have at least ${minItems} items`);
  }
  if (typeof maxItems === "number" && items.length > maxItems) {
    found.report(path, `must have at most ${maxItems} items`);
  }
  if (uniqueItems === true) checkUnique(visitor, items, path, found);
  checkItems(visitor, schema, items, path, found);
  if (schema["contains"] !== undefined) checkContains(visitor, schema, items, path, found);
  if (unevaluatedItems === undefined) return;
  items.forEach((item, index) => {
    if (!found.hasSeen(index)) applyTo(visitor, unevaluatedItems, item, index, path, found);
  });
}

function checkItems(
  visitor: Visitor,
  { prefixItems, items: rest }: JsonSchema,
  items: readonly unknown[],
  path: string,
  found: SchemaFindings,
): void {
  const prefix = prefixItems === undefined ? [] : toList(prefixItems);
  if (prefix.length === 0 && rest === undefined) return;
  items.forEach((item, index) => {
    const schema = index < prefix.length ? prefix[index] : rest;
    if (schema !== undefined) applyTo(visitor, schema, item, index, path, found);
  });
}

function applyTo(
  visitor: Visitor,
  schema: unknown,
  item: unknown,
  index: number,
  path: string,
  found: SchemaFindings,
): void {
  if (found.isFull) return;
  found.see(index);
  const about = visitor.visit(schema, item, `${path}.${index}`);
  if (!about.fits) found.fail(about);
}

function checkContains(
  visitor: Visitor,
  { contains, minContains = 1, maxContains }: JsonSchema,
  items: readonly unknown[],
  path: string,
  found: SchemaFindings,
): void {
  let count = 0;
  items.forEach((item, index) => {
    if (!visitor.visit(contains, item, `${path}.${index}`).fits) return;
    found.see(index);
    count += 1;
  });
  if (typeof minContains === "number" && count < minContains) {
    found.report(path, `must contain ${minContains} or more items that fit contains`);
  }
  if (typeof maxContains === "number" && count > maxContains) {
    found.report(path, `must contain at most ${maxContains} items that fit contains`);
  }
}

function checkUnique(visitor: Visitor, items: readonly unknown[], path: string, found: SchemaFindings): void {
  const seen = new Map<string, number>();
  for (const [index, item] of items.entries()) {
    const text = measuredJson(visitor, item);
    const first = seen.get(text);
    if (first !== undefined) return found.report(`${path}.${index}`, `is the same as item ${first}`);
    seen.set(text, index);
  }
}
