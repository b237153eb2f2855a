import { bindArguments } from "./bind-arguments.ts";
import type { Bound } from "./bind-arguments.ts";
import { compare, dictKey, isEqual } from "./compare.ts";
import type { Fuel } from "./fuel.ts";
import { templateFault } from "./limits.ts";
import { capitalize, countText, joinAll, pad, replaceText, splitText, stripText, titleCase } from "./text-tools.ts";
import type { Dict, Value } from "./values.ts";
import { Callable, Tuple, orElse, textLength } from "./values.ts";

/** A method with the names of its parameters. No method changes the value it belongs to. */
interface Method<Self> {
  parameters: string[];
  apply: (self: Self, args: Bound, fuel: Fuel) => Value;
}

const strip = (ends: "both" | "left" | "right"): Method<string> => ({
  parameters: ["chars"],
  apply: (self, args) => stripText(self, args.text("chars"), ends),
});
const matches = (side: "startsWith" | "endsWith"): Method<string> => ({
  parameters: ["prefix"],
  apply: (self, args) => {
    const wanted = args.need("prefix");
    const options = wanted instanceof Tuple ? wanted.items : [wanted];
    return options.some((option) => typeof option === "string" && self[side](option));
  },
});
const aligned = (side: "left" | "right" | "center"): Method<string> => ({
  parameters: ["width", "fill"],
  apply: (self, args, fuel) => pad(self, args.integer("width") ?? 0, side, args.text("fill") ?? " ", fuel),
});
const plain = (apply: (self: string) => Value): Method<string> => ({ parameters: [], apply });

const TEXT_METHODS = new Map<string, Method<string>>([
  ["upper", plain((self) => self.toUpperCase())],
  ["lower", plain((self) => self.toLowerCase())],
  ["title", plain(titleCase)],
  ["capitalize", plain(capitalize)],
  ["isdigit", plain((self) => /^\p{Nd}+$/u.test(self))],
  ["isalpha", plain((self) => /^\p{L}+$/u.test(self))],
  ["isalnum", plain((self) => /^[\p{L}\p{N}]+$/u.test(self))],
  ["isspace", plain((self) => self !== "" && self.trim() === "")],
  ["isupper", plain((self) => self === self.toUpperCase() && self !== self.toLowerCase())],
  ["islower", plain((self) => self === self.toLowerCase() && self !== self.toUpperCase())],
  ["strip", strip("both")],
  ["lstrip", strip("left")],
  ["rstrip", strip("right")],
  ["startswith", matches("startsWith")],
  ["endswith", matches("endsWith")],
  ["ljust", aligned("left")],
  ["rjust", aligned("right")],
  ["center", aligned("center")],
  ["split", { parameters: ["sep", "maxsplit"], apply: split }],
  ["splitlines", { parameters: [], apply: (self, _args, fuel) => charged(self.split(/\r\n|\r|\n/), fuel, self) }],
  ["replace", { parameters: ["old", "new", "count"], apply: replace }],
  ["count", { parameters: ["sub"], apply: (self, args, fuel) => countText(self, textArgument(args, "sub"), fuel) }],
  ["find", { parameters: ["sub"], apply: find }],
  ["join", { parameters: ["iterable"], apply: (self, args, fuel) => joinAll(args.need("iterable"), self, fuel) }],
  ["removeprefix", { parameters: ["prefix"], apply: (self, args) => removePrefix(self, textArgument(args, "prefix")) }],
  ["removesuffix", { parameters: ["suffix"], apply: (self, args) => removeSuffix(self, textArgument(args, "suffix")) }],
]);

const DICT_METHODS = new Map<string, Method<Dict>>([
  ["get", { parameters: ["key", "default"], apply: getItem }],
  ["keys", { parameters: [], apply: (self, _args, fuel) => paid([...self.keys()], fuel) }],
  ["values", { parameters: [], apply: (self, _args, fuel) => paid([...self.values()], fuel) }],
  ["items", { parameters: [], apply: (self, _args, fuel) => dictItems(self, fuel) }],
]);

const LIST_METHODS = new Map<string, Method<readonly Value[]>>([
  ["index", { parameters: ["value"], apply: indexOf }],
  [
    "count",
    {
      parameters: ["value"],
      apply: (self, args, fuel) => self.filter((item) => isEqual(item, args.need("value"), fuel)).length,
    },
  ],
]);

/** The method of that name, bound to its value, or undefined if there is none. */
export function methodOf(self: Value, name: string, fuel: Fuel): Value | undefined {
  if (typeof self === "string") return bound(self, name, TEXT_METHODS, fuel);
  if (self instanceof Map) return bound(self, name, DICT_METHODS, fuel);
  if (self instanceof Tuple) return bound(self.items, name, LIST_METHODS, fuel);
  return Array.isArray(self) ? bound<readonly Value[]>(self, name, LIST_METHODS, fuel) : undefined;
}

function bound<Self>(self: Self, name: string, methods: Map<string, Method<Self>>, fuel: Fuel): Value | undefined {
  const method = methods.get(name);
  if (!method) return undefined;
  return new Callable(name, (args) => {
    const size = typeof self === "string" ? self.length : 0;
    fuel.text(size);
    const result = method.apply(self, bindArguments(`${name}()`, method.parameters, args), fuel);
    if (typeof result === "string") fuel.text(result.length);
    return result;
  });
}

/** The pairs of a dictionary, as tuples. */
export function dictItems(dict: Dict, fuel: Fuel): Value[] {
  fuel.step(dict.size);
  return [...dict].map((pair) => new Tuple(pair));
}

/**
 * The pairs of a dictionary, sorted by key (`by` 0) or value (`by` 1) after `fold` was applied to
 * it.
 */
export function sortedItems(
  dict: Dict,
  by: 0 | 1,
  fuel: Fuel,
  order: { fold: (value: Value) => Value; reverse: boolean },
): Value[] {
  fuel.step(dict.size);
  const direction = order.reverse ? -1 : 1;
  const pairs = [...dict].map((pair) => ({ key: order.fold(pair[by] ?? null), pair }));
  return pairs.sort((a, b) => direction * compare(a.key, b.key, fuel)).map(({ pair }) => new Tuple(pair));
}

function paid(items: Value[], fuel: Fuel): Value[] {
  fuel.step(items.length);
  return items;
}

function charged(lines: string[], fuel: Fuel, self: string): Value {
  fuel.step(lines.length);
  return self === "" ? [] : lines.at(-1) === "" ? lines.slice(0, -1) : lines;
}

function getItem(self: Dict, args: Bound): Value {
  return orElse(self.get(dictKey(args.need("key"))), () => orElse(args.get("default"), () => null));
}

function indexOf(self: readonly Value[], args: Bound, fuel: Fuel): Value {
  const at = self.findIndex((item) => isEqual(item, args.need("value"), fuel));
  if (at === -1) throw templateFault("index() did not find the value in the list");
  return at;
}

function split(self: string, args: Bound, fuel: Fuel): Value {
  return splitText(self, args.text("sep"), args.integer("maxsplit") ?? -1, fuel);
}

function replace(self: string, args: Bound, fuel: Fuel): Value {
  return replaceText(self, textArgument(args, "old"), textArgument(args, "new"), args.integer("count") ?? -1, fuel);
}

function find(self: string, args: Bound, fuel: Fuel): Value {
  const wanted = textArgument(args, "sub");
  fuel.search(self.length, wanted.length);
  const at = self.indexOf(wanted);
  return at === -1 ? -1 : textLength(self.slice(0, at));
}

function textArgument(args: Bound, name: string): string {
  args.need(name);
  return args.text(name) ?? "";
}

function removePrefix(self: string, prefix: string): string {
  return self.startsWith(prefix) ? self.slice(prefix.length) : self;
}

function removeSuffix(self: string, suffix: string): string {
  return suffix !== "" && self.endsWith(suffix) ? self.slice(0, -suffix.length) : self;
}
