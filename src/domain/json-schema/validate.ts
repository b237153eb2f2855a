import type { FieldError } from "../errors.ts";
import { checkArray } from "./array-keywords.ts";
import { SchemaFindings } from "./schema-findings.ts";
import { checkObject } from "./object-keywords.ts";
import { resolvePointer } from "./pointer.ts";
import type { JsonSchema } from "./schema.ts";
import { checkValue } from "./value-keywords.ts";
import { isRecord, toList } from "./values.ts";
import type { Visitor } from "./visitor.ts";

/**
 * The most steps that one validation takes: a step is a schema that is applied to a value, a name
 * or an item that is looked at, or a few characters. An answer of 1 MiB takes fewer by any schema
 * that applies to each value a few times.
 */
export const MAX_STEPS = 2_000_000;

/** Thrown where a schema cannot be applied to a value within {@link MAX_STEPS}. */
export class TooManySteps extends Error {}

/** The result of {@link validate}. */
export interface Validation {
  /** The first twenty errors, each at the dotted path of the value. Empty where the value fits. */
  errors: readonly FieldError[];
  /** How much work it took, for the search for slow inputs. */
  steps: number;
}

/**
 * Validates a JSON value against a schema of draft 2020-12, without `$id`, anchors and dynamic
 * references. Does not change either. Throws {@link TooManySteps}, and an Error for a schema
 * that cannot be applied: a `$ref` to nothing or back to itself, a keyword of the wrong type.
 *
 * Ours and no library's, because of those that run without `eval` none bounds its work: a few
 * hundred bytes of schema kept one busy for minutes.
 */
export function validate(schema: JsonSchema, value: unknown, path: string): Validation {
  const validator = new Validator(schema);
  const { errors } = validator.visit(schema, value, path);
  return { errors, steps: validator.steps };
}

/** One validation: applies schemas to values, and counts the work. */
class Validator implements Visitor {
  /** Work so far. */
  steps = 0;
  readonly #root: JsonSchema;
  /**
   * What the target of each `$ref` found about each value. A schema shares a part by reference
   * alone, so each part is applied to a value once, however many references lead to it.
   */
  readonly #byTarget = new Map<unknown, Map<unknown, SchemaFindings | undefined>>();

  constructor(root: JsonSchema) {
    this.#root = root;
  }

  spend(steps: number): void {
    this.steps += steps;
    if (this.steps > MAX_STEPS) throw new TooManySteps();
  }

  visit(schema: unknown, value: unknown, path: string): SchemaFindings {
    this.spend(2);
    const found = new SchemaFindings();
    if (schema === true) return found;
    if (schema === false) {
      found.report(path, "is not allowed");
      return found;
    }
    if (!isRecord(schema)) throw new Error("A schema is an object or a boolean.");
    checkValue(this, schema, value, path, found);
    this.#applyInPlace(schema, value, path, found);
    if (Array.isArray(value)) checkArray(this, schema, value, path, found);
    else if (isRecord(value)) checkObject(this, schema, value, path, found);
    return found;
  }

  /** The keywords that apply further schemas to the same value. */
  #applyInPlace(schema: JsonSchema, value: unknown, path: string, found: SchemaFindings): void {
    const { $ref, allOf, anyOf, oneOf, not } = schema;
    if ($ref !== undefined) found.join(this.#follow($ref, value, path));
    if (allOf !== undefined) for (const part of toList(allOf)) found.join(this.visit(part, value, path));
    if (anyOf !== undefined) this.#applyAnyOf(toList(anyOf), value, path, found);
    if (oneOf !== undefined) this.#applyOneOf(toList(oneOf), value, path, found);
    if (not !== undefined && this.visit(not, value, path).fits) found.report(path, "fits a schema that is ruled out");
    if (schema["if"] !== undefined) this.#applyIf(schema, value, path, found);
  }

  #follow($ref: unknown, value: unknown, path: string): SchemaFindings {
    const target = resolvePointer(this.#root, $ref);
    if (target === undefined) throw new Error("A $ref points to nothing.");
    const byValue = this.#byTarget.get(target) ?? new Map<unknown, SchemaFindings | undefined>();
    this.#byTarget.set(target, byValue);
    const key = this.#identify(value, path);
    const known = byValue.get(key);
    if (known) return known;
    if (byValue.has(key)) throw new Error("A $ref leads back to itself.");
    byValue.set(key, undefined);
    const found = this.visit(target, value, path);
    byValue.set(key, found);
    return found;
  }

  /** An object or array is itself. The same text, and the same path, may stand in two places. */
  #identify(value: unknown, path: string): unknown {
    if (typeof value === "object" && value !== null) return value;
    const key = JSON.stringify([path, value]);
    this.spend(Math.ceil(key.length / 16));
    return key;
  }

  #applyAnyOf(parts: readonly unknown[], value: unknown, path: string, found: SchemaFindings): void {
    const results = parts.map((part) => this.visit(part, value, path));
    const fitting = results.filter(({ fits }) => fits);
    for (const result of fitting.length > 0 ? fitting : results) found.join(result);
  }

  #applyOneOf(parts: readonly unknown[], value: unknown, path: string, found: SchemaFindings): void {
    const results = parts.map((part) => this.visit(part, value, path));
    const fitting = results.filter(({ fits }) => fits);
    if (fitting.length > 1) found.report(path, `fits ${fitting.length} of the schemas in oneOf`);
    for (const result of fitting.length > 0 ? fitting : results) found.join(result);
  }

  #applyIf(schema: JsonSchema, value: unknown, path: string, found: SchemaFindings): void {
    const condition = this.visit(schema["if"], value, path);
    if (condition.fits) found.join(condition);
    const branch = schema[condition.fits ? "then" : "else"];
    if (branch !== undefined) found.join(this.visit(branch, value, path));
  }
}
