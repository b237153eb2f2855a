import { templateFault } from "./limits.ts";
import type { Arguments, Value } from "./values.ts";
import { isTruthy, typeName } from "./values.ts";

/**
 * Arguments bound to the parameters of a filter, a method or a function. Every reader throws
 * AppError `validation_error` for a wrong type.
 */
export class Bound {
  readonly #owner: string;
  readonly #values: Map<string, Value>;
  /** The keyword arguments that no parameter has the name of; empty unless they are allowed. */
  readonly names: ReadonlyMap<string, Value>;

  constructor(owner: string, values: Map<string, Value>, names: ReadonlyMap<string, Value>) {
    this.#owner = owner;
    this.#values = values;
    this.names = names;
  }

  /** The argument, or undefined if it was left out. */
  get(name: string): Value | undefined {
    return this.#values.get(name);
  }

  /** A required argument. */
  need(name: string): Value {
    const value = this.#values.get(name);
    if (value === undefined) throw templateFault(`${this.#owner} needs the argument "${name}"`);
    return value;
  }

  /** An optional text; `none` counts as left out. */
  text(name: string): string | undefined {
    const value = this.#values.get(name) ?? undefined;
    if (value === undefined || typeof value === "string") return value;
    throw this.#wrong(name, "a text", value);
  }

  /** An optional integer; a bool is one, and `none` counts as left out. */
  integer(name: string): number | undefined {
    const value = this.#values.get(name) ?? undefined;
    if (value === undefined || typeof value === "number") return value;
    if (typeof value === "boolean") return Number(value);
    throw this.#wrong(name, "an integer", value);
  }

  /** An optional flag, by Python's truth. */
  flag(name: string): boolean {
    const value = this.#values.get(name);
    return value !== undefined && isTruthy(value);
  }

  #wrong(name: string, wanted: string, value: Value): Error {
    return templateFault(`the argument "${name}" of ${this.#owner} must be ${wanted}, not a ${typeName(value)}`);
  }
}

/**
 * Binds arguments to parameter names as Python does. Throws AppError `validation_error` for too
 * many arguments and, unless `takesNames` allows them, for an unknown name.
 */
export function bindArguments(
  owner: string,
  parameters: readonly string[],
  args: Arguments,
  takesNames = false,
): Bound {
  const values = new Map<string, Value>();
  const names = new Map<string, Value>();
  if (args.positional.length > parameters.length) {
    throw templateFault(`${owner} takes at most ${parameters.length} arguments, not ${args.positional.length}`);
  }
  args.positional.forEach((value, at) => values.set(parameters[at] ?? "", value));
  for (const [name, value] of args.keyword) {
    if (takesNames) {
      names.set(name, value);
      continue;
    }
    if (!parameters.includes(name)) throw templateFault(`${owner} has no argument "${name}"`);
    if (values.has(name)) throw templateFault(`${owner} got the argument "${name}" twice`);
    values.set(name, value);
  }
  return new Bound(owner, values, names);
}
