import type { Bound } from "./bind-arguments.ts";
import type { Machine } from "./machine.ts";
import { templateFault } from "./limits.ts";
import { subscript } from "./members.ts";
import type { Arguments, Value } from "./values.ts";
import { Undefined, typeName } from "./values.ts";

/** A filter whose arguments are bound to named parameters before it runs. */
export interface BoundFilter {
  parameters: readonly string[];
  apply: (input: Value, args: Bound, machine: Machine) => Value;
}

/** A filter whose arguments are not bound, because it passes them on to another filter or test. */
export interface FreeFilter {
  applyFree: (input: Value, args: Arguments, machine: Machine) => Value;
}

/** A table of filters by name. */
export type FilterTable = readonly [string, BoundFilter | FreeFilter][];

/** Declares a filter. */
export function filter(parameters: readonly string[], apply: BoundFilter["apply"]): BoundFilter {
  return { parameters, apply };
}

/** Reads the attribute that a filter's `attribute` argument names: `a.b`, `0`, or an integer. */
export function attributeOf(item: Value, attribute: Value, machine: Machine, fallback?: Value): Value {
  if (typeof attribute !== "string" && typeof attribute !== "number") {
    throw templateFault(`the name of an attribute must be a text, not a ${typeName(attribute)}`);
  }
  const path = String(attribute);
  machine.fuel.text(path.length);
  const parts = path.split(".");
  machine.fuel.step(parts.length);
  let value = item;
  for (const part of parts) {
    const key = /^\d{1,9}$/.test(part) ? Number(part) : part;
    value = subscript(value, key, () => `the attribute "${part}" of an item`, machine.fuel);
    if (value instanceof Undefined && fallback !== undefined) return fallback;
  }
  return value;
}

/** Makes a text lower case, to compare it without case. Other values are returned unchanged. */
export function foldCase(value: Value): Value {
  return typeof value === "string" ? value.toLowerCase() : value;
}
