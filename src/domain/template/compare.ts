import type { Fuel } from "./fuel.ts";
import { templateFault } from "./limits.ts";
import type { Value } from "./values.ts";
import { Callable, Float, Namespace, Tuple, Undefined, numberOf, typeName } from "./values.ts";

/**
 * Returns the value, or throws if it is undefined. Only tests for that, `default` and truth accept
 * an undefined one.
 */
export function defined(value: Value): Exclude<Value, Undefined> {
  if (value instanceof Undefined) throw templateFault(value.message, value.path);
  return value;
}

/** Python's `==`: by value, deep, with `1 == 1.0 == True`. Throws for an undefined operand. */
export function isEqual(left: Value, right: Value, fuel: Fuel): boolean {
  fuel.step();
  if (isSoft(left) || isSoft(right)) return isSoft(left) && isSoft(right);
  const [a, b] = [defined(left), defined(right)];
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x !== undefined && y !== undefined) return x === y;
  if (typeof a === "string" && typeof b === "string") {
    if (a.length === b.length) fuel.text(a.length);
    return a === b;
  }
  if (a instanceof Map && b instanceof Map) return fuel.nested(() => equalMaps(a, b, fuel));
  const bothLists = Array.isArray(a) && Array.isArray(b);
  if (bothLists || (a instanceof Tuple && b instanceof Tuple)) {
    const [p, q] = [sequence(a), sequence(b)];
    return p.length === q.length && fuel.nested(() => p.every((item, at) => isEqual(item, q[at] ?? null, fuel)));
  }
  return a === b;
}

/** Whether a value is what an inline `if` without `else` yields. It equals nothing but itself. */
function isSoft(value: Value): boolean {
  return value instanceof Undefined && value.isSoft;
}

function equalMaps(a: Map<Value, Value>, b: Map<Value, Value>, fuel: Fuel): boolean {
  if (a.size !== b.size) return false;
  return [...a].every(([key, value]) => {
    const other = b.get(key);
    return other !== undefined && isEqual(value, other, fuel);
  });
}

/** The key under which a dictionary keeps a value. Throws if Python would call it unhashable. */
export function dictKey(value: Value): Value {
  const key = defined(value);
  const number = numberOf(key);
  if (number !== undefined) return number;
  if (typeof key === "string" || key === null) return key;
  throw templateFault(`a ${typeName(key)} cannot be the key of a dictionary`);
}

/** Python's `<` as a sign: negative, zero or positive. Throws if the types cannot be compared. */
export function compare(left: Value, right: Value, fuel: Fuel): number {
  fuel.step();
  const [a, b] = [defined(left), defined(right)];
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x !== undefined && y !== undefined) return x < y ? -1 : Number(x > y);
  if (typeof a === "string" && typeof b === "string") {
    fuel.text(Math.min(a.length, b.length));
    return compareText(a, b);
  }
  const bothLists = Array.isArray(a) && Array.isArray(b);
  if (bothLists || (a instanceof Tuple && b instanceof Tuple)) {
    return fuel.nested(() => compareItems(sequence(a), sequence(b), fuel));
  }
  throw templateFault(`cannot compare ${typeName(a)} with ${typeName(b)}`);
}

/** Code points, not UTF-16 units, decide the order. */
function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const [x, y] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (x === y) continue;
    const surrogates = Number(isSurrogate(x)) - Number(isSurrogate(y));
    return surrogates === 0 ? x - y : surrogates;
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

function compareItems(a: readonly Value[], b: readonly Value[], fuel: Fuel): number {
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
    const [x, y] = [a[at] ?? null, b[at] ?? null];
    if (!isEqual(x, y, fuel)) return compare(x, y, fuel);
  }
  return a.length - b.length;
}

function sequence(value: Value): readonly Value[] {
  if (value instanceof Tuple) return value.items;
  return Array.isArray(value) ? value : [];
}

/**
 * The items that a loop over the value visits: those of a list, the keys of a dictionary, the
 * characters of a text. Throws for anything else.
 */
export function iterate(value: Value, fuel: Fuel): readonly Value[] {
  if (isSoft(value)) return [];
  const given = defined(value);
  if (given instanceof Tuple) return given.items;
  if (Array.isArray(given)) return given;
  if (given instanceof Map) {
    fuel.step(given.size);
    return [...given.keys()];
  }
  if (typeof given === "string") {
    fuel.step(given.length);
    return Array.from(given);
  }
  const hint = given instanceof Callable ? " (call it with ())" : "";
  throw templateFault(`cannot loop over a value of type ${typeName(given)}${hint}`);
}

/** Python's `needle in container`. */
export function contains(container: Value, needle: Value, fuel: Fuel): boolean {
  if (isSoft(container)) return false;
  const where = defined(container);
  if (typeof where === "string") {
    const what = defined(needle);
    if (typeof what !== "string") throw templateFault(`cannot look for a ${typeName(what)} in a text`);
    fuel.search(where.length, what.length);
    return where.includes(what);
  }
  if (where instanceof Map) return !isSoft(needle) && where.has(dictKey(needle));
  if (where instanceof Namespace || where instanceof Float) {
    throw templateFault(`cannot look into a value of type ${typeName(where)}`);
  }
  return iterate(where, fuel).some((item) => isEqual(item, needle, fuel));
}
