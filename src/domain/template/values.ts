/** A Python float. Integers are plain numbers, so that `1` and `1.0` print differently. */
export class Float {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** A Python tuple. `names` are the attributes of a named tuple, which `groupby` yields. */
export class Tuple {
  readonly items: readonly Value[];
  readonly names: readonly string[];
  constructor(items: readonly Value[], names: readonly string[] = []) {
    this.items = items;
    this.names = names;
  }
}

/**
 * Stands for a name or an attribute that does not exist. Only tests, `default` and truth accept it;
 * any other use throws `message`.
 */
export class Undefined {
  readonly message: string;
  /** The dotted path of the input at fault. */
  readonly path: string;
  /**
   * What an inline `if` without `else` yields: an empty text where it is printed, an empty list
   * where it is looped over. Jinja2 is as lenient there, even with `StrictUndefined`.
   */
  readonly isSoft: boolean;
  constructor(message: string, path = "template", isSoft = false) {
    this.message = message;
    this.path = path;
    this.isSoft = isSoft;
  }
}

/** The result of `namespace()`, the only value that `set` can change. `loop` is a read-only one. */
export class Namespace {
  readonly entries: Map<string, Value>;
  readonly readonly: boolean;
  constructor(entries: Map<string, Value>, readonly = false) {
    this.entries = entries;
    this.readonly = readonly;
  }
}

/** Arguments as evaluated, before they are bound to parameters. */
export interface Arguments {
  positional: Value[];
  keyword: Map<string, Value>;
}

/** A macro, a method or a global function. */
export class Callable {
  readonly name: string;
  readonly call: (args: Arguments) => Value;
  constructor(name: string, call: (args: Arguments) => Value) {
    this.name = name;
    this.call = call;
  }
}

/** A dictionary. Keys are compared by type and value, floats by their number. */
export type Dict = Map<Value, Value>;

/** A value of the template language. Nothing here has a prototype that a template could reach. */
export type Value =
  string | number | boolean | null | Float | Tuple | Value[] | Dict | Undefined | Namespace | Callable;

/**
 * Whether a value, or the items of a tuple, are a list. Unlike `Array.isArray`, it accepts
 * read-only lists.
 */
export function isList(value: Value | readonly Value[]): value is readonly Value[] {
  return Array.isArray(value);
}

/** The Python name of the type of a value, for messages. */
export function typeName(value: Value): string {
  if (value === null) return "None";
  if (typeof value === "string") return "str";
  if (typeof value === "number") return "int";
  if (typeof value === "boolean") return "bool";
  if (value instanceof Float) return "float";
  if (value instanceof Tuple) return "tuple";
  if (Array.isArray(value)) return "list";
  if (value instanceof Map) return "dict";
  if (value instanceof Undefined) return "undefined";
  return value instanceof Namespace ? "namespace" : "function";
}

/** The number in an int, a float or a bool, or undefined for any other type. */
export function numberOf(value: Value): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  return value instanceof Float ? value.value : undefined;
}

/** The integer in an int or a bool, or undefined for any other type. */
export function integerOf(value: Value): number | undefined {
  return value instanceof Float ? undefined : numberOf(value);
}

/** Python's truth. An undefined value is false. */
export function isTruthy(value: Value): boolean {
  if (value === null || value instanceof Undefined) return false;
  if (value instanceof Tuple) return value.items.length > 0;
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Map) return value.size > 0;
  if (value instanceof Float) return value.value !== 0;
  return value instanceof Namespace || value instanceof Callable ? true : Boolean(value);
}

/** A value, or the fallback if it is undefined. Unlike `??`, it keeps None (null). */
export function orElse(value: Value | undefined, fallback: () => Value): Value {
  return value === undefined ? fallback() : value;
}

/** Characters as Python counts them: code points. */
export function characters(text: string): readonly string[] {
  return Array.from(text);
}

/** The length of a text in code points. */
export function textLength(text: string): number {
  let length = text.length;
  for (let at = 0; at < text.length - 1; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit < 0xd800 || unit > 0xdbff) continue;
    const next = text.charCodeAt(at + 1);
    if (next >= 0xdc00 && next <= 0xdfff) length -= 1;
  }
  return length;
}
