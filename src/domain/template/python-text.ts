import type { Fuel } from "./fuel.ts";
import { templateFault } from "./limits.ts";
import type { Value } from "./values.ts";
import { Callable, Float, Namespace, Tuple, Undefined } from "./values.ts";

/** The shortest decimal that reads back as the same float, as Python's `repr` writes it. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const size = Math.abs(value);
  if (size >= 1e16 || size < 1e-4) {
    const [digits = "", exponent = ""] = value.toExponential().split("e");
    const sign = exponent.startsWith("-") ? "-" : "+";
    return `${digits}e${sign}${exponent.slice(1).padStart(2, "0")}`;
  }
  const text = String(value);
  return text.includes(".") ? text : `${text}.0`;
}

/**
 * What `{{ value }}` prints: Python's `str`. Throws for an undefined value, at the depth cap, and
 * at the output cap.
 */
export function textOf(value: Value, fuel: Fuel): string {
  if (typeof value === "string") return value;
  if (value instanceof Undefined && value.isSoft) return "";
  const text = reprOf(value, fuel);
  fuel.text(text.length);
  return text;
}

/** Python's `repr`, which also prints the items of a list. */
export function reprOf(value: Value, fuel: Fuel): string {
  if (value === null) return "None";
  if (typeof value === "string") return stringRepr(value, fuel);
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return String(value);
  if (value instanceof Float) return floatText(value.value);
  if (value instanceof Undefined) throw templateFault(value.message, value.path);
  if (value instanceof Callable) throw templateFault(`the function ${value.name} cannot be printed: call it with ()`);
  if (value instanceof Namespace) throw templateFault("a namespace cannot be printed, only its attributes");
  fuel.enter();
  const text = value instanceof Map ? mapRepr(value, fuel) : itemsRepr(value, fuel);
  fuel.leave();
  return text;
}

function itemsRepr(value: Tuple | Value[], fuel: Fuel): string {
  const items = value instanceof Tuple ? value.items : value;
  const text = joinParts(items, (item) => reprOf(item, fuel), fuel);
  if (Array.isArray(value)) return `[${text}]`;
  return items.length === 1 ? `(${text},)` : `(${text})`;
}

function mapRepr(value: Map<Value, Value>, fuel: Fuel): string {
  const pair = ([key, item]: [Value, Value]): string => `${reprOf(key, fuel)}: ${reprOf(item, fuel)}`;
  return `{${joinParts([...value], pair, fuel)}}`;
}

/** Joins with `, ` and checks the output cap as the text grows. */
function joinParts<T>(items: readonly T[], write: (item: T) => string, fuel: Fuel): string {
  let length = 0;
  const parts = items.map((item) => {
    fuel.step();
    const part = write(item);
    length += part.length + 2;
    fuel.checkLength(length);
    return part;
  });
  return parts.join(", ");
}

const UNPRINTABLE = /[\\\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Zs}]/gu;
const NAMED: Record<string, string> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", " ": " " };

function stringRepr(text: string, fuel: Fuel): string {
  fuel.text(text.length);
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replace(UNPRINTABLE, (char) => NAMED[char] ?? codeEscape(char));
  return quote + (quote === "'" ? escaped.replaceAll("'", "\\'") : escaped) + quote;
}

/** A character as Python escapes it in a `repr`: `\\x07`, `\\u200b`, `\\U0001f600`. */
export function codeEscape(char: string): string {
  const hex = (char.codePointAt(0) ?? 0).toString(16);
  if (hex.length <= 2) return `\\x${hex.padStart(2, "0")}`;
  return hex.length <= 4 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}
