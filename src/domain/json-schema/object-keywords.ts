import type { SchemaFindings } from "./schema-findings.ts";
import type { JsonSchema } from "./schema.ts";
import type { Visitor } from "./visitor.ts";
import { fitsPattern } from "./value-keywords.ts";
import { toList, toMap } from "./values.ts";

type Members = Record<string, unknown>;

/** Checks the keywords of objects. Members have the paths `<path>.<name>`. */
export function checkObject(
  visitor: Visitor,
  schema: JsonSchema,
  members: Members,
  path: string,
  found: SchemaFindings,
): void {
  const names = Object.keys(members);
  visitor.spend(names.length);
  checkCount(schema, names.length, path, found);
  if (schema["required"] !== undefined) requireNames(visitor, toList(schema["required"]), members, path, found);
  const { properties, patternProperties, additionalProperties, propertyNames, unevaluatedProperties } = schema;
  if (properties !== undefined || patternProperties !== undefined || additionalProperties !== undefined) {
    applyToMembers(visitor, schema, members, names, path, found);
  }
  applyDependencies(visitor, schema, members, path, found);
  for (const name of propertyNames === undefined ? [] : names) {
    const about = visitor.visit(propertyNames, name, `${path}.${name}`);
    if (!about.fits) found.fail(about);
  }
  for (const name of unevaluatedProperties === undefined ? [] : names) {
    if (!found.hasSeen(name)) applyTo(visitor, unevaluatedProperties, members, name, path, found);
  }
}

function checkCount(
  { minProperties, maxProperties }: JsonSchema,
  count: number,
  path: string,
  found: SchemaFindings,
): void {
  if (typeof minProperties === "number" && count < minProperties) {
    found.report(path, `must have at least ${minProperties} properties`);
  }
  if (typeof maxProperties === "number" && count > maxProperties) {
    found.report(path, `must have at most ${maxProperties} properties`);
  }
}

function requireNames(
  visitor: Visitor,
  names: readonly unknown[],
  members: Members,
  path: string,
  found: SchemaFindings,
): void {
  visitor.spend(names.length);
  for (const name of names) {
    if (typeof name === "string" && !Object.hasOwn(members, name)) found.report(`${path}.${name}`, "is missing");
  }
}

function applyToMembers(
  visitor: Visitor,
  schema: JsonSchema,
  members: Members,
  names: readonly string[],
  path: string,
  found: SchemaFindings,
): void {
  const properties = toMap(schema["properties"]);
  const patterns = Object.entries(toMap(schema["patternProperties"]));
  const { additionalProperties } = schema;
  for (const name of names) {
    const schemas: unknown[] = Object.hasOwn(properties, name) ? [properties[name]] : [];
    for (const [pattern, one] of patterns) if (fitsPattern(visitor, pattern, name)) schemas.push(one);
    if (schemas.length === 0 && additionalProperties !== undefined) schemas.push(additionalProperties);
    for (const one of schemas) applyTo(visitor, one, members, name, path, found);
  }
}

function applyTo(
  visitor: Visitor,
  schema: unknown,
  members: Members,
  name: string,
  path: string,
  found: SchemaFindings,
): void {
  if (found.isFull) return;
  found.see(name);
  const about = visitor.visit(schema, members[name], `${path}.${name}`);
  if (!about.fits) found.fail(about);
}

function applyDependencies(
  visitor: Visitor,
  schema: JsonSchema,
  members: Members,
  path: string,
  found: SchemaFindings,
): void {
  const { dependentSchemas, dependentRequired } = schema;
  if (dependentSchemas !== undefined) {
    for (const [name, dependent] of Object.entries(toMap(dependentSchemas))) {
      visitor.spend(1);
      if (Object.hasOwn(members, name)) found.join(visitor.visit(dependent, members, path));
    }
  }
  if (dependentRequired === undefined) return;
  for (const [name, others] of Object.entries(toMap(dependentRequired))) {
    visitor.spend(1);
    if (Object.hasOwn(members, name)) requireNames(visitor, toList(others), members, path, found);
  }
}
