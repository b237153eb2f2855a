import { defined, dictKey } from "./compare.ts";
import type { Fuel } from "./fuel.ts";
import { templateFault } from "./limits.ts";
import { methodOf } from "./methods.ts";
import type { Value } from "./values.ts";
import { Namespace, Tuple, Undefined, characters, integerOf, orElse, typeName } from "./values.ts";

/**
 * Names that lead to the internals of JavaScript objects. They are never attributes, even if the
 * data has such keys.
 */
const HOST_NAMES = new Set(["__proto__", "constructor", "prototype"]);

/**
 * `object.name`. A key of a dictionary comes before a method of that name: `order.items` is the
 * data, `order.items()` the method. Jinja2 takes the method in both cases. A missing attribute is
 * undefined. An attribute of an undefined value throws an AppError `validation_error` that names
 * `path`, the source of the expression.
 */
export function attribute(object: Value, name: string, path: () => string, fuel: Fuel): Value {
  const owner = owned(object, path);
  if (HOST_NAMES.has(name)) return missing(path);
  if (owner instanceof Map) return orElse(owner.get(name), () => methodOf(owner, name, fuel) ?? missing(path));
  if (owner instanceof Namespace) return orElse(owner.entries.get(name), () => missing(path));
  if (owner instanceof Tuple && owner.names.includes(name)) {
    return orElse(owner.items[owner.names.indexOf(name)], () => missing(path));
  }
  return methodOf(owner, name, fuel) ?? missing(path);
}

/**
 * `object[key]`. Negative positions count from the end. A missing key is handled as in
 * {@link attribute}.
 */
export function subscript(object: Value, key: Value, path: () => string, fuel: Fuel): Value {
  const owner = owned(object, path);
  const given = defined(key);
  if (typeof given === "string" && HOST_NAMES.has(given)) return missing(path);
  if (owner instanceof Map) {
    const found = owner.get(dictKey(given));
    if (found !== undefined) return found;
    return typeof given === "string" ? attribute(owner, given, path, fuel) : missing(path);
  }
  const position = integerOf(given);
  if (position !== undefined) {
    const item = itemAt(owner, position, fuel);
    if (item !== undefined) return item;
  }
  return typeof given === "string" ? attribute(owner, given, path, fuel) : missing(path);
}

function itemAt(owner: Value, index: number, fuel: Fuel): Value | undefined {
  if (Array.isArray(owner)) return owner.at(index);
  if (owner instanceof Tuple) return owner.items.at(index);
  if (typeof owner !== "string") return undefined;
  fuel.text(owner.length);
  return characters(owner).at(index);
}

function owned(object: Value, path: () => string): Value {
  if (!(object instanceof Undefined)) return object;
  throw templateFault(`${object.message}, so ${path()} cannot be read`, object.path);
}

function missing(path: () => string): Undefined {
  return new Undefined(`${path()} is not defined`);
}

/**
 * `object[start:stop:step]` of a list, a tuple or a text, with Python's rules. Of anything else it
 * is undefined.
 */
export function slice(object: Value, bounds: (Value | undefined)[], fuel: Fuel): Value {
  const owner = defined(object);
  const [start, stop, step = 1] = bounds.map((bound) => {
    if (bound === undefined || bound === null) return undefined;
    const position = integerOf(bound);
    if (position === undefined) throw templateFault(`a slice takes integers, not a ${typeName(bound)}`);
    return position;
  });
  if (step === 0) throw templateFault("a slice's step cannot be zero");
  if (typeof owner === "string") {
    fuel.text(owner.length);
    return pick(characters(owner), start, stop, step, fuel).join("");
  }
  if (owner instanceof Tuple) return new Tuple(pick(owner.items, start, stop, step, fuel));
  if (Array.isArray(owner)) return pick(owner, start, stop, step, fuel);
  return new Undefined(`a value of type ${typeName(owner)} cannot be sliced`);
}

function pick<T>(
  items: readonly T[],
  start: number | undefined,
  stop: number | undefined,
  step: number,
  fuel: Fuel,
): T[] {
  const length = items.length;
  const clamp = (index: number, low: number, high: number): number =>
    Math.min(Math.max(index < 0 ? index + length : index, low), high);
  const [low, high] = step > 0 ? [0, length] : [-1, length - 1];
  const from = start === undefined ? (step > 0 ? low : high) : clamp(start, low, high);
  const to = stop === undefined ? (step > 0 ? high : low) : clamp(stop, low, high);
  fuel.step(Math.max(0, Math.ceil((to - from) / step)));
  if (step === 1) return items.slice(from, Math.max(from, to));
  const picked: T[] = [];
  for (let at = from; step > 0 ? at < to : at > to; at += step) picked.push(...items.slice(at, at + 1));
  return picked;
}
