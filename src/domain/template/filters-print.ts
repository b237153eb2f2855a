import { compare } from "./compare.ts";
import { fixedText } from "./decimal.ts";
import type { FilterTable } from "./filter.ts";
import { filter } from "./filter.ts";
import { toFloat } from "./filters-number.ts";
import type { Fuel } from "./fuel.ts";
import { reprOf } from "./python-text.ts";
import type { Dict, Value } from "./values.ts";
import { Tuple, isList, textLength } from "./values.ts";

/** Columns of a line that `pprint` writes. */
const WIDTH = 80;

/** Where a value stands that `pprint` writes: its column, and the columns that must follow it. */
interface Place {
  column: number;
  after: number;
}

/**
 * Python's `pprint.pformat`, which breaks lists and dictionaries that are too wide. Long texts stay
 * whole.
 */
function pretty(value: Value, place: Place, fuel: Fuel): string {
  fuel.step();
  const sorted = sortKeys(value, fuel);
  const flat = reprOf(sorted, fuel);
  fuel.text(flat.length);
  if (textLength(flat) <= WIDTH - place.column - place.after) return flat;
  fuel.enter();
  const text = broken(sorted, flat, place, fuel);
  fuel.leave();
  return text;
}

function broken(value: Value, flat: string, { column, after }: Place, fuel: Fuel): string {
  const size =
    value instanceof Map ? value.size : value instanceof Tuple ? value.items.length : isList(value) ? value.length : 0;
  // A long key moves every line below it to the right.
  fuel.text((column + 3) * size);
  const separator = `,\n${" ".repeat(column + 1)}`;
  const write = (items: readonly Value[], close: string): string =>
    items
      .map((item, at) =>
        pretty(item, { column: column + 1, after: at === items.length - 1 ? after + close.length : 1 }, fuel),
      )
      .join(separator) + close;
  if (value instanceof Map) {
    const pairs = [...value].map(([key, item], at) => {
      const name = reprOf(key, fuel);
      const place = { column: column + textLength(name) + 3, after: at === value.size - 1 ? after + 1 : 1 };
      return `${name}: ${pretty(item, place, fuel)}`;
    });
    return `{${pairs.join(separator)}}`;
  }
  if (value instanceof Tuple) return `(${write(value.items, value.items.length === 1 ? ",)" : ")")}`;
  return isList(value) ? `[${write(value, "]")}` : flat;
}

function sortKeys(value: Value, fuel: Fuel): Value {
  if (value instanceof Map) return fuel.nested(() => sortedDict(value, fuel));
  if (value instanceof Tuple) return fuel.nested(() => new Tuple(sortItems(value.items, fuel)));
  return isList(value) ? fuel.nested(() => sortItems(value, fuel)) : value;
}

function sortItems(items: readonly Value[], fuel: Fuel): Value[] {
  fuel.step(items.length);
  return items.map((item) => sortKeys(item, fuel));
}

function sortedDict(dict: Dict, fuel: Fuel): Dict {
  fuel.step(dict.size);
  const entries = [...dict].map(([key, value]): [Value, Value] => [key, sortKeys(value, fuel)]);
  const texts = entries.every(([key]) => typeof key === "string");
  return new Map(texts ? entries.toSorted(([a], [b]) => compare(a, b, fuel)) : entries);
}

const pprint = filter([], (input, _args, { fuel }) => pretty(input, { column: 0, after: 0 }, fuel));

const PREFIXES = ["k", "M", "G", "T", "P", "E", "Z", "Y"];

/** A number of bytes for people: `1.5 MB`, or `1.4 MiB` where `binary` is true. */
const filesizeformat = filter(["binary"], (input, args) => {
  const bytes = toFloat(input, "filesizeformat");
  const binary = args.flag("binary");
  const base = binary ? 1024 : 1000;
  if (bytes === 1) return "1 Byte";
  if (bytes < base) return `${Math.trunc(bytes) + 0} Bytes`;
  const at = PREFIXES.findIndex((_prefix, power) => bytes < base ** (power + 2));
  const power = at === -1 ? PREFIXES.length - 1 : at;
  const prefix = PREFIXES[power] ?? "";
  const size = fixedText((base * bytes) / base ** (power + 2), 1);
  return `${size} ${binary ? `${prefix.toUpperCase()}iB` : `${prefix}B`}`;
});

/** Filters that write a value for people. */
export const PRINT_FILTERS: FilterTable = [
  ["pprint", pprint],
  ["filesizeformat", filesizeformat],
];
