import { orderedObject } from "../../lib/ordered-json.ts";
import { AppError, invalid } from "../errors.ts";
import { defined } from "./compare.ts";
import { evaluate } from "./expressions.ts";
import { Fuel } from "./fuel.ts";
import { globalScope } from "./globals.ts";
import { Interpreter } from "./interpreter.ts";
import type { RenderLimits } from "./limits.ts";
import { DEFAULT_RENDER_LIMITS, templateFault } from "./limits.ts";
import type { ParsedTemplate } from "./parse-template.ts";
import { Scope } from "./scope.ts";
import type { Value } from "./values.ts";
import { Float, isList, Tuple, typeName } from "./values.ts";

/** Levels that a variable's JSON may nest. */
const MAX_VARIABLE_DEPTH = 64;

/**
 * Renders a template. Variables are plain JSON, copied before use; a name or attribute that is used
 * but does not exist is an error, never an empty text.
 *
 * Throws an AppError `validation_error`: at `variables.<name>` for a variable that is missing, else
 * at the path of the template, for a type error or for a cap of `limits` (the message says which).
 */
export function renderTemplate(
  template: ParsedTemplate,
  variables: Record<string, unknown>,
  limits: Partial<RenderLimits> = {},
): string {
  const { machine, scope } = begin(variables, limits);
  return run(template, () => machine.run(template.program, new Scope(scope)));
}

/** Evaluates a template over the variables of its evaluator, and more of its own. */
export type EvaluateTemplate = (template: ParsedTemplate, more?: Record<string, unknown>) => unknown;

/**
 * Evaluates several templates over the same variables, under one set of caps for all of them. The
 * value of a template is that of the expression, as JSON, where `{{ expression }}` is all of it,
 * and else its text. Throws as {@link renderTemplate} does, and for a value that is not JSON.
 */
export function createEvaluator(
  variables: Record<string, unknown>,
  limits: Partial<RenderLimits> = {},
): EvaluateTemplate {
  const { machine, scope } = begin(variables, limits);
  return (template, more = {}) => {
    const own = new Scope(scope);
    setAll(own, more);
    const [only, ...others] = template.program.body;
    return run(template, () => {
      if (only?.type !== "Output" || others.length > 0) return machine.run(template.program, own);
      return toData(defined(evaluate(only.expression, own, machine)), machine.fuel);
    });
  };
}

function begin(variables: Record<string, unknown>, limits: Partial<RenderLimits>) {
  const fuel = new Fuel({ ...DEFAULT_RENDER_LIMITS, ...limits });
  const scope = new Scope(globalScope(fuel));
  setAll(scope, variables);
  return { machine: new Interpreter(fuel), scope };
}

function setAll(scope: Scope, variables: Record<string, unknown>): void {
  for (const name of Object.keys(variables)) {
    if (variables[name] !== undefined) scope.set(name, toValue(variables[name], `variables.${name}`, 0));
  }
}

function run<T>(template: ParsedTemplate, work: () => T): T {
  try {
    return work();
  } catch (error) {
    // A stack overflow, or a string longer than JavaScript allows. The caps should have caught it;
    // the template is at fault.
    if (error instanceof RangeError) throw templateFault("rendering nests too deeply (the depth cap)");
    if (error instanceof AppError) throw placed(error, template.path);
    throw new AppError("internal_error", "The template could not be rendered.", { cause: error });
  }
}

/** Names the template that an error is about: a prompt may have several. */
function placed(error: AppError, path: string): AppError {
  const errors = error.errors?.map((fault) => (fault.path === "template" ? { ...fault, path } : fault));
  return errors ? invalid(errors) : error;
}

function toValue(data: unknown, path: string, depth: number): Value {
  if (depth > MAX_VARIABLE_DEPTH) throw templateFault(`nested more than ${MAX_VARIABLE_DEPTH} levels deep`, path);
  if (typeof data === "string" || typeof data === "boolean" || data === null) return data;
  if (typeof data === "number") return Number.isSafeInteger(data) ? data + 0 : new Float(data);
  if (Array.isArray(data)) return data.map((item) => toValue(item, path, depth + 1));
  if (typeof data === "object") {
    return new Map(Object.entries(data).map(([key, value]) => [key, toValue(value, path, depth + 1)]));
  }
  throw templateFault("not a JSON value", path);
}

/** A value as JSON. Keys become texts. */
function toData(value: Value, fuel: Fuel): unknown {
  fuel.step();
  if (value instanceof Float && Number.isFinite(value.value)) return value.value;
  if (value instanceof Map) {
    return orderedObject([...value].map(([key, item]) => [textKey(key), toData(item, fuel)]));
  }
  const items = value instanceof Tuple ? value.items : value;
  if (isList(items)) return items.map((item) => toData(item, fuel));
  if (typeof items !== "object" || items === null) return items;
  throw templateFault(`a value of type ${typeName(value)} cannot be passed on`);
}

function textKey(key: Value): string {
  if (typeof key === "string" || typeof key === "number") return String(key);
  throw templateFault(`a dictionary with a key of type ${typeName(key)} cannot be passed on`);
}
