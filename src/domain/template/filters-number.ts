import type { FilterTable } from "./filter.ts";
import { filter } from "./filter.ts";
import { templateFault } from "./limits.ts";
import { makeNumber } from "./operators.ts";
import type { Value } from "./values.ts";
import { Float, numberOf, orElse, typeName } from "./values.ts";

const FLOAT_TEXT = /^\s*[-+]?(?:\d{1,400}(?:\.\d{0,400})?|\.\d{1,400})(?:e[-+]?\d{1,4})?\s*$/i;
const DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz";

const abs = filter([], (input) => {
  const number = needNumber(input, "abs");
  return makeNumber(Math.abs(number), input instanceof Float);
});

const round = filter(["precision", "method"], (input, args) => {
  const number = needNumber(input, "round");
  const precision = args.integer("precision") ?? 0;
  const method = args.text("method") ?? "common";
  if (Math.abs(precision) > 20) throw templateFault("the precision of round must be from -20 to 20");
  if (method === "common") {
    const rounded = roundHalfEven(number, precision);
    return makeNumber(rounded, input instanceof Float);
  }
  if (method !== "ceil" && method !== "floor") throw templateFault("the method of round is common, ceil or floor");
  const factor = 10 ** precision;
  return new Float((method === "ceil" ? Math.ceil(number * factor) : Math.floor(number * factor)) / factor);
});

/** Python's `round`: it rounds the exact binary value, and a tie to the even digit. */
function roundHalfEven(value: number, precision: number): number {
  if (precision < 0) {
    const unit = 10 ** -precision;
    return roundHalfEven(value / unit, 0) * unit;
  }
  if (Math.abs(value) >= 1e21 || !Number.isFinite(value)) return value;
  const [whole = "", fraction = ""] = Math.abs(value)
    .toFixed(Math.min(100, precision + 40))
    .split(".");
  const rest = fraction.slice(precision);
  const isTie = /^50*$/.test(rest);
  const kept = Number(precision === 0 ? whole : `${whole}.${fraction.slice(0, precision)}`);
  const lastDigit = Number((whole + fraction.slice(0, precision)).at(-1));
  const size = isTie && lastDigit % 2 === 0 ? kept : Number(Math.abs(value).toFixed(precision));
  return value < 0 ? -size : size;
}

const int = filter(["default", "base"], (input, args) => {
  const fallback = orElse(args.get("default"), () => 0);
  const base = args.integer("base") ?? 10;
  if (base !== 0 && (base < 2 || base > 36)) throw templateFault("the base of int must be 0 or from 2 to 36");
  const number = numberOf(input);
  if (number !== undefined) return Number.isFinite(number) ? makeNumber(Math.trunc(number), false) : fallback;
  if (typeof input !== "string") return fallback;
  const parsed = parseInteger(input.trim().toLowerCase(), base) ?? (base === 10 ? parseFloatText(input) : undefined);
  return parsed === undefined || !Number.isFinite(parsed) ? fallback : makeNumber(Math.trunc(parsed), false);
});

function parseInteger(text: string, base: number): number | undefined {
  const [, sign = "", prefix, body = ""] = /^([-+]?)(0[xob])?([0-9a-z_]{1,400})$/.exec(text) ?? [];
  const named = prefix && { "0x": 16, "0o": 8, "0b": 2 }[prefix];
  if (named !== undefined && base !== named && base !== 0) return undefined;
  const radix = named || (base === 0 ? 10 : base);
  const digits = body.replaceAll("_", "");
  if (digits === "" || Array.from(digits).some((digit) => DIGITS.indexOf(digit) >= radix)) return undefined;
  const value = Number.parseInt(digits, radix);
  return sign === "-" ? -value : value;
}

const float = filter(["default"], (input, args) => {
  const number = numberOf(input) ?? (typeof input === "string" ? parseFloatText(input) : undefined);
  return number === undefined ? orElse(args.get("default"), () => new Float(0)) : new Float(number);
});

function parseFloatText(text: string): number | undefined {
  return FLOAT_TEXT.test(text) ? Number(text) : undefined;
}

function needNumber(input: Value, name: string): number {
  const number = numberOf(input);
  if (number === undefined) throw templateFault(`the filter "${name}" needs a number, not a ${typeName(input)}`);
  return number;
}

/** Jinja2's filters of numbers. */
export const NUMBER_FILTERS: FilterTable = [
  ["abs", abs],
  ["round", round],
  ["int", int],
  ["float", float],
];
