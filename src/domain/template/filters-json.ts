import type { FilterTable } from "./filter.ts";
import { filter } from "./filter.ts";
import type { Fuel } from "./fuel.ts";
import { templateFault } from "./limits.ts";
import { floatText } from "./python-text.ts";
import type { Value } from "./values.ts";
import { Float, Tuple, isList, typeName } from "./values.ts";

interface Layout {
  fuel: Fuel;
  /** Spaces per level. Undefined puts everything on one line. */
  indent: number | undefined;
}

/**
 * Jinja2's `tojson`: sorts keys, escapes all that is not ASCII, and writes `< > & '` as `\u003c`
 * and so on.
 */
const tojson = filter(["indent"], (input, args, { fuel }) => {
  const indent = args.integer("indent");
  if (indent !== undefined && (indent < 0 || indent > 100))
    throw templateFault("the indent of tojson is from 0 to 100");
  const json = write(input, { fuel, indent }, 0);
  fuel.text(json.length);
  return json.replace(/[<>&']/g, (char) => unicodeEscape(char));
});

function write(value: Value, layout: Layout, level: number): string {
  layout.fuel.step();
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return asciiString(value, layout.fuel);
  if (value instanceof Float) return floatText(value.value).replace("inf", "Infinity").replace("nan", "NaN");
  layout.fuel.enter();
  const text = writeCollection(value, layout, level + 1);
  layout.fuel.leave();
  return text;
}

function writeCollection(value: Value, layout: Layout, level: number): string {
  if (value instanceof Map) {
    const entries = [...value].map(([key, item]): [string, Value] => [keyText(key), item]);
    entries.sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
    const parts = entries.map(
      ([key, item]) =>
        () =>
          `${asciiString(key, layout.fuel)}: ${write(item, layout, level)}`,
    );
    return enclose("{", parts, "}", layout, level);
  }
  const items = value instanceof Tuple ? value.items : value;
  if (!isList(items)) throw templateFault(`tojson cannot write a value of type ${typeName(value)}`);
  const parts = items.map((item) => () => write(item, layout, level));
  return enclose("[", parts, "]", layout, level);
}

function enclose(open: string, parts: (() => string)[], close: string, layout: Layout, level: number): string {
  if (parts.length === 0) return open + close;
  const margin = (levels: number): string => `\n${" ".repeat((layout.indent ?? 0) * levels)}`;
  const separator = layout.indent === undefined ? ", " : `,${margin(level)}`;
  let length = 0;
  const written = parts.map((part) => {
    const text = part();
    length += text.length + separator.length;
    layout.fuel.checkLength(length);
    return text;
  });
  const body = written.join(separator);
  return layout.indent === undefined ? open + body + close : open + margin(level) + body + margin(level - 1) + close;
}

function keyText(key: Value): string {
  if (typeof key === "string") return key;
  return typeof key === "number" || key === null ? String(key) : typeName(key);
}

function asciiString(text: string, fuel: Fuel): string {
  fuel.text(text.length);
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, (char) => (char === "\u007f" ? char : unicodeEscape(char)));
}

function unicodeEscape(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** Filters that write JSON. */
export const JSON_FILTERS: FilterTable = [["tojson", tojson]];
