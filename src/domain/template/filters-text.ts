import type { Bound } from "./bind-arguments.ts";
import { capitalize, splitLines } from "./letters.ts";
import { templateFault } from "./limits.ts";
import type { BoundFilter, FilterTable } from "./filter.ts";
import { filter } from "./filter.ts";
import { formatText } from "./format-text.ts";
import { textOf } from "./python-text.ts";
import { pad, replaceText, stripText } from "./text-tools.ts";
import type { Dict, Value } from "./values.ts";
import { Tuple, characters, textLength, typeName } from "./values.ts";
import { wrapText } from "./wrap-text.ts";

/** A filter of the printed input alone. */
const ofText = (change: (text: string) => string): BoundFilter =>
  filter([], (input, _args, { fuel }) => change(textOf(input, fuel)));

const trim = filter(["chars"], (input, args, { fuel }) => stripText(textOf(input, fuel), args.text("chars"), "both"));

const center = filter(["width"], (input, args, { fuel }) =>
  pad(textOf(input, fuel), args.integer("width") ?? 80, "center", " ", fuel),
);

const replace = filter(["old", "new", "count"], (input, args, { fuel }) => {
  const [old, fresh] = [textOf(args.need("old"), fuel), textOf(args.need("new"), fuel)];
  return replaceText(textOf(input, fuel), old, fresh, args.integer("count") ?? -1, fuel);
});

const indent = filter(["width", "first", "blank"], (input, args, { fuel }) => {
  const width = args.get("width") ?? 4;
  const text = textOf(input, fuel);
  const size = typeof width === "number" ? Math.max(0, width) : textOf(width, fuel).length;
  // Jinja2 adds a line end first, so that a last empty line counts.
  const lines = splitLines(`${text}\n`);
  fuel.text(text.length + size * lines.length);
  const margin = typeof width === "number" ? " ".repeat(size) : textOf(width, fuel);
  const [first, blank] = [args.flag("first"), args.flag("blank")];
  return lines
    .map((line, at) => ((at === 0 && !first) || (line === "" && !blank && at > 0) ? line : margin + line))
    .join("\n");
});

const truncate = filter(["length", "killwords", "end", "leeway"], (input, args, { fuel }) => {
  if (isCollection(input)) return shortCollection(input, args);
  const text = textOf(input, fuel);
  const [limit, leeway] = [args.integer("length") ?? 255, args.integer("leeway") ?? 5];
  const end = args.text("end") ?? "...";
  const units = characters(text);
  const size = textLength(end);
  if (limit < size) throw templateFault(`truncate to ${limit} characters leaves no room for its end of ${size}`);
  if (leeway < 0) throw templateFault("the leeway of truncate cannot be negative");
  if (units.length <= limit + leeway) return text;
  const cut = units.slice(0, limit - size).join("");
  if (args.flag("killwords")) return cut + end;
  const space = cut.lastIndexOf(" ");
  return (space === -1 ? cut : cut.slice(0, space)) + end;
});

function isCollection(input: Value): input is Value[] | Tuple | Dict {
  return Array.isArray(input) || input instanceof Tuple || input instanceof Map;
}

/** Python compares the length of anything, and cuts texts only. */
function shortCollection(input: Value[] | Tuple | Dict, args: Bound): Value {
  const size = input instanceof Map ? input.size : input instanceof Tuple ? input.items.length : input.length;
  if (size <= (args.integer("length") ?? 255) + (args.integer("leeway") ?? 5)) return input;
  throw templateFault(`truncate cuts texts, not a ${typeName(input)}`);
}

const wordwrap = filter(["width", "break_long_words", "wrapstring", "break_on_hyphens"], (input, args, { fuel }) =>
  wrapText(textOf(input, fuel), {
    width: args.integer("width") ?? 79,
    breakLongWords: args.get("break_long_words") === undefined || args.flag("break_long_words"),
    breakOnHyphens: args.get("break_on_hyphens") === undefined || args.flag("break_on_hyphens"),
    wrapString: args.text("wrapstring") ?? "\n",
    fuel,
  }),
);

/** Jinja2's `title`: a word starts after white space, a hyphen or an opening bracket. */
function title(text: string): string {
  return text
    .split(/([-\s({[<]+)/u)
    .map((part) => {
      const [first = ""] = part;
      return first.toUpperCase() + part.slice(first.length).toLowerCase();
    })
    .join("");
}

/** Jinja2's filters of texts. */
export const TEXT_FILTERS: FilterTable = [
  ["upper", ofText((text) => text.toUpperCase())],
  ["lower", ofText((text) => text.toLowerCase())],
  ["capitalize", ofText(capitalize)],
  ["title", ofText(title)],
  ["string", ofText((text) => text)],
  ["wordcount", ofTextNumber((text) => text.match(/[\p{L}\p{N}_]+/gu)?.length ?? 0)],
  ["trim", trim],
  ["center", center],
  ["replace", replace],
  ["indent", indent],
  ["truncate", truncate],
  ["wordwrap", wordwrap],
  ["format", { applyFree: (input, args, { fuel }) => formatText(textOf(input, fuel), args, fuel) }],
];

function ofTextNumber(count: (text: string) => number): BoundFilter {
  return filter([], (input, _args, { fuel }) => {
    const text = textOf(input, fuel);
    fuel.step(Math.floor(text.length / 16));
    return count(text);
  });
}
