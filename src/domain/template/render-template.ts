import { AppError, invalid } from "../errors.ts";
import { Fuel } from "./fuel.ts";
import { globalScope } from "./globals.ts";
import { Interpreter } from "./interpreter.ts";
import type { RenderLimits } from "./limits.ts";
import { DEFAULT_RENDER_LIMITS, templateFault } from "./limits.ts";
import type { ParsedTemplate } from "./parse-template.ts";
import { Scope } from "./scope.ts";
import type { Value } from "./values.ts";
import { Float } from "./values.ts";

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
  const fuel = new Fuel({ ...DEFAULT_RENDER_LIMITS, ...limits });
  const scope = new Scope(globalScope(fuel));
  for (const name of Object.keys(variables)) {
    if (variables[name] !== undefined) scope.set(name, toValue(variables[name], `variables.${name}`, 0));
  }
  try {
    return new Interpreter(fuel).run(template.program, new Scope(scope));
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
