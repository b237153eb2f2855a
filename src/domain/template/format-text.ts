import { defined } from "./compare.ts";
import type { Fuel } from "./fuel.ts";
import { templateFault } from "./limits.ts";
import { reprOf, textOf } from "./python-text.ts";
import type { Arguments, Value } from "./values.ts";
import { numberOf, textLength, typeName } from "./values.ts";

const DIRECTIVE = /%(?:\(([^)]{0,100})\))?([-+ 0#]{0,5})(\d{0,9})(?:\.(\d{0,3}))?([a-zA-Z%])?/g;

interface Directive {
  flags: string;
  width: number;
  precision: number | undefined;
  type: string;
}

/**
 * Python's `%` formatting of a text: `%s %r %d %i %f %F %e %x %X %o %%`. Throws AppError
 * `validation_error` for wrong arguments.
 */
export function formatText(text: string, args: Arguments, fuel: Fuel): string {
  const rest = [...args.positional];
  if (rest.length > 0 && args.keyword.size > 0) {
    throw templateFault('the filter "format" takes positional or keyword arguments, not both');
  }
  let length = text.length;
  const result = text.replace(
    DIRECTIVE,
    (_all, name?: string, flags = "", width = "", precision?: string, type = "") => {
      fuel.step();
      if (type === "%") return "%";
      const value = name === undefined ? rest.shift() : args.keyword.get(name);
      if (value === undefined) throw templateFault('the filter "format" has fewer arguments than directives');
      const places = precision === undefined ? undefined : Number(precision);
      const directive: Directive = { flags, width: Number(width), precision: places, type };
      fuel.text(directive.width);
      const written = padded(convert(defined(value), directive, fuel), directive);
      length += written.length;
      fuel.text(length);
      return written;
    },
  );
  if (rest.length > 0) throw templateFault('the filter "format" has more arguments than directives');
  return result;
}

function convert(value: Value, directive: Directive, fuel: Fuel): string {
  const { type, precision } = directive;
  if (type === "s" || type === "r") {
    const text = type === "s" ? textOf(value, fuel) : reprOf(value, fuel);
    return precision === undefined ? text : Array.from(text).slice(0, precision).join("");
  }
  const number = numberOf(value);
  if (number === undefined) throw templateFault(`%${type} needs a number, not a ${typeName(value)}`);
  const sign = number < 0 ? "-" : directive.flags.includes("+") ? "+" : directive.flags.includes(" ") ? " " : "";
  return sign + digits(Math.abs(number), type, Math.min(precision ?? 6, 100));
}

function digits(size: number, type: string, precision: number): string {
  switch (type) {
    case "d":
    case "i":
      return String(Math.trunc(size));
    case "f":
    case "F":
      return size.toFixed(precision);
    case "e":
      return size.toExponential(precision).replace(/e([-+])(\d)$/, "e$10$2");
    case "x":
      return Math.trunc(size).toString(16);
    case "X":
      return Math.trunc(size).toString(16).toUpperCase();
    case "o":
      return Math.trunc(size).toString(8);
    default:
      throw templateFault(`the filter "format" does not know %${type}`);
  }
}

function padded(text: string, { flags, width, type }: Directive): string {
  const missing = width - textLength(text);
  if (missing <= 0) return text;
  if (flags.includes("-")) return text + " ".repeat(missing);
  if (!flags.includes("0") || type === "s" || type === "r") return " ".repeat(missing) + text;
  const sign = /^[-+ ]/.exec(text)?.[0] ?? "";
  return sign + "0".repeat(missing) + text.slice(sign.length);
}
