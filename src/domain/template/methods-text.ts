import type { Bound } from "./bind-arguments.ts";
import type { Fuel } from "./fuel.ts";
import {
  LETTER_TESTS,
  capitalize,
  caseFold,
  isLower,
  isSpace,
  isTitle,
  isUpper,
  splitLines,
  swapCase,
  titleCase,
} from "./letters.ts";
import { templateFault } from "./limits.ts";
import type { Method } from "./method.ts";
import { countText, joinAll, pad, replaceText, rightSplitText, splitText, stripText } from "./text-tools.ts";
import type { Value } from "./values.ts";
import { Tuple, textLength } from "./values.ts";

const plain = (apply: (self: string) => Value): Method<string> => ({ parameters: [], apply });

const strip = (ends: "both" | "left" | "right"): Method<string> => ({
  parameters: ["chars"],
  apply: (self, args) => stripText(self, args.text("chars"), ends),
});
const matches = (side: "startsWith" | "endsWith"): Method<string> => ({
  parameters: ["prefix", "start", "end"],
  apply: (self, args, fuel) => {
    const { text } = part(self, args, fuel);
    const wanted = args.need("prefix");
    const options = wanted instanceof Tuple ? wanted.items : [wanted];
    return options.some((option) => typeof option === "string" && text[side](option));
  },
});
const aligned = (side: "left" | "right" | "center"): Method<string> => ({
  parameters: ["width", "fill"],
  apply: (self, args, fuel) => pad(self, args.integer("width") ?? 0, side, args.text("fill") ?? " ", fuel),
});
/** `find` and `rfind` answer -1 where there is nothing; `index` and `rindex` throw. */
const search = (find: "indexOf" | "lastIndexOf", name?: string): Method<string> => ({
  parameters: ["sub", "start", "end"],
  apply: (self, args, fuel) => {
    const wanted = textArgument(args, "sub");
    const { text, offset } = part(self, args, fuel);
    fuel.search(text.length, wanted.length);
    const at = offset < 0 ? -1 : text[find](wanted);
    if (at !== -1) return offset + textLength(text.slice(0, at));
    if (name !== undefined) throw templateFault(`${name}() did not find ${JSON.stringify(wanted.slice(0, 80))}`);
    return -1;
  },
});
const partition = (find: "indexOf" | "lastIndexOf"): Method<string> => ({
  parameters: ["sep"],
  apply: (self, args, fuel) => {
    const separator = textArgument(args, "sep");
    if (separator === "") throw templateFault("partition() needs a separator that is not empty");
    fuel.search(self.length, separator.length);
    const at = self[find](separator);
    if (at === -1) return new Tuple(find === "indexOf" ? [self, "", ""] : ["", "", self]);
    return new Tuple([self.slice(0, at), separator, self.slice(at + separator.length)]);
  },
});

/** The methods of `str`. `encode` is left out: a template has no bytes. */
export const TEXT_METHODS: ReadonlyMap<string, Method<string>> = new Map<string, Method<string>>([
  ["upper", plain((self) => self.toUpperCase())],
  ["lower", plain((self) => self.toLowerCase())],
  ["title", plain(titleCase)],
  ["capitalize", plain(capitalize)],
  ["swapcase", plain(swapCase)],
  ["casefold", plain(caseFold)],
  ["isspace", plain(isSpace)],
  ["isupper", plain(isUpper)],
  ["islower", plain(isLower)],
  ["istitle", plain(isTitle)],
  ...Object.entries(LETTER_TESTS).map(([name, pattern]): [string, Method<string>] => [
    name,
    plain((self) => pattern.test(self)),
  ]),
  ["strip", strip("both")],
  ["lstrip", strip("left")],
  ["rstrip", strip("right")],
  ["startswith", matches("startsWith")],
  ["endswith", matches("endsWith")],
  ["ljust", aligned("left")],
  ["rjust", aligned("right")],
  ["center", aligned("center")],
  ["zfill", { parameters: ["width"], apply: zeroFill }],
  ["expandtabs", { parameters: ["tabsize"], apply: expandTabs }],
  ["split", { parameters: ["sep", "maxsplit"], apply: split }],
  ["rsplit", { parameters: ["sep", "maxsplit"], apply: rightSplit }],
  ["partition", partition("indexOf")],
  ["rpartition", partition("lastIndexOf")],
  ["splitlines", { parameters: ["keepends"], apply: lines }],
  ["replace", { parameters: ["old", "new", "count"], apply: replace }],
  ["count", { parameters: ["sub", "start", "end"], apply: count }],
  ["find", search("indexOf")],
  ["rfind", search("lastIndexOf")],
  ["index", search("indexOf", "index")],
  ["rindex", search("lastIndexOf", "rindex")],
  ["join", { parameters: ["iterable"], apply: (self, args, fuel) => joinAll(args.need("iterable"), self, fuel) }],
  ["removeprefix", { parameters: ["prefix"], apply: (self, args) => removePrefix(self, textArgument(args, "prefix")) }],
  ["removesuffix", { parameters: ["suffix"], apply: (self, args) => removeSuffix(self, textArgument(args, "suffix")) }],
]);

/**
 * `self[start:end]` with its offset in characters, which is negative where the start lies behind
 * the text.
 */
function part(self: string, args: Bound, fuel: Fuel): { text: string; offset: number } {
  const [start, end] = [args.integer("start"), args.integer("end")];
  if (start === undefined && end === undefined) return { text: self, offset: 0 };
  fuel.step(self.length);
  const units = Array.from(self);
  const clamp = (at: number): number => (at < 0 ? Math.max(0, at + units.length) : at);
  const from = clamp(start ?? 0);
  return { text: units.slice(from, clamp(end ?? units.length)).join(""), offset: from > units.length ? -1 : from };
}

function count(self: string, args: Bound, fuel: Fuel): Value {
  return countText(part(self, args, fuel).text, textArgument(args, "sub"), fuel);
}

function split(self: string, args: Bound, fuel: Fuel): Value {
  return splitText(self, args.text("sep"), args.integer("maxsplit") ?? -1, fuel);
}

function rightSplit(self: string, args: Bound, fuel: Fuel): Value {
  return rightSplitText(self, args.text("sep"), args.integer("maxsplit") ?? -1, fuel);
}

function lines(self: string, args: Bound, fuel: Fuel): Value {
  const found = splitLines(self, args.flag("keepends"));
  fuel.step(found.length);
  return found;
}

function replace(self: string, args: Bound, fuel: Fuel): Value {
  return replaceText(self, textArgument(args, "old"), textArgument(args, "new"), args.integer("count") ?? -1, fuel);
}

function zeroFill(self: string, args: Bound, fuel: Fuel): Value {
  args.need("width");
  const missing = Math.max(0, (args.integer("width") ?? 0) - textLength(self));
  fuel.text(self.length + missing);
  const sign = /^[-+]/.exec(self)?.[0] ?? "";
  return sign + "0".repeat(missing) + self.slice(sign.length);
}

/** Python's `expandtabs`: each tab goes on to the next column that `tabsize` divides. */
function expandTabs(self: string, args: Bound, fuel: Fuel): Value {
  const size = Math.max(0, args.integer("tabsize") ?? 8);
  const pieces = self.split("\t");
  fuel.text(self.length + size * (pieces.length - 1));
  let column = 0;
  return pieces
    .map((piece, at) => {
      const line = piece.slice(Math.max(piece.lastIndexOf("\n"), piece.lastIndexOf("\r")) + 1);
      column = (line.length < piece.length ? 0 : column) + textLength(line);
      if (at === pieces.length - 1 || size === 0) return piece;
      const gap = size - (column % size);
      column += gap;
      return piece + " ".repeat(gap);
    })
    .join("");
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
