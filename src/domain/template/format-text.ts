import { defined } from "./compare.ts";
import { exponentText, fixedText, generalText } from "./decimal.ts";
import type { Fuel } from "./fuel.ts";
import { templateFault } from "./limits.ts";
import { codeEscape, reprOf, textOf } from "./python-text.ts";
import type { Arguments, Value } from "./values.ts";
import { Float, integerOf, numberOf, textLength, typeName } from "./values.ts";

const DIRECTIVE = /%(?:\(([^)]{0,100})\))?([-+ 0#]{0,5})(\d{0,9})(?:\.(\d{0,3}))?([a-zA-Z%])?/g;
/** The most digits after the point. */
const MAX_PRECISION = 100;

interface Directive {
  flags: string;
  width: number;
  precision: number | undefined;
  type: string;
}

/**
 * Python's `%` formatting of a text: `%s %r %a %c %d %i %u %f %F %e %E %g %G %x %X %o %%`. Throws
 * AppError `validation_error` for wrong arguments.
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
  if (type === "s" || type === "r" || type === "a") {
    const text = type === "s" ? textOf(value, fuel) : reprOf(value, fuel);
    const written = type === "a" ? text.replace(/[^\0-\x7f]/gu, codeEscape) : text;
    return precision === undefined ? written : Array.from(written).slice(0, precision).join("");
  }
  if (type === "c") return character(value);
  const number = numberOf(value);
  if (number === undefined) throw templateFault(`%${type} needs a number, not a ${typeName(value)}`);
  if (/[xXo]/.test(type) && value instanceof Float) throw templateFault(`%${type} needs an integer, not a float`);
  const whole = /[diuxXo]/.test(type);
  if (whole && !Number.isFinite(number)) throw templateFault(`%${type} needs a finite number`);
  const shown = whole ? Math.trunc(number) + 0 : number;
  const isNegative = shown < 0 || Object.is(shown, -0);
  const sign = isNegative ? "-" : directive.flags.includes("+") ? "+" : directive.flags.includes(" ") ? " " : "";
  return sign + (whole ? integerText(Math.abs(shown), directive) : decimalText(Math.abs(shown), directive));
}

/** `%c`: one character, or the one of a code point. */
function character(value: Value): string {
  if (typeof value === "string" && textLength(value) === 1) return value;
  const code = integerOf(value) ?? -1;
  if (code >= 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)) return String.fromCodePoint(code);
  throw templateFault("%c needs one character, or its code point");
}

function integerText(size: number, { type, flags, precision = 0 }: Directive): string {
  const [radix, prefix] = type === "o" ? [8, "0o"] : type === "x" || type === "X" ? [16, "0x"] : [10, ""];
  const digits = BigInt(size).toString(radix).padStart(Math.min(precision, MAX_PRECISION), "0");
  const text = (flags.includes("#") ? prefix : "") + digits;
  return type === "X" ? text.toUpperCase() : text;
}

function decimalText(size: number, { type, flags, precision = 6 }: Directive): string {
  const places = Math.min(precision, MAX_PRECISION);
  const isUpper = type === type.toUpperCase();
  const text = writeDecimal(size, type.toLowerCase(), places, flags.includes("#"));
  return isUpper ? text.toUpperCase() : text;
}

function writeDecimal(size: number, type: string, places: number, keepsZeros: boolean): string {
  if (type === "f") return fixedText(size, places);
  if (type === "e") return exponentText(size, places);
  if (type === "g") return generalText(size, places, keepsZeros);
  throw templateFault(`the filter "format" does not know %${type}`);
}

function padded(text: string, { flags, width, type }: Directive): string {
  const missing = width - textLength(text);
  if (missing <= 0) return text;
  if (flags.includes("-")) return text + " ".repeat(missing);
  if (!flags.includes("0") || /[srac]/.test(type) || /[in]/.test(text)) return " ".repeat(missing) + text;
  const sign = /^[-+ ]?(?:0[xXoO])?/.exec(text)?.[0] ?? "";
  return sign + "0".repeat(missing) + text.slice(sign.length);
}
