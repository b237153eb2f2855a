import { defined } from "./compare.ts";
import { roundHalfEven } from "./decimal.ts";
import type { FilterTable } from "./filter.ts";
import { filter } from "./filter.ts";
import { templateFault } from "./limits.ts";
import { makeNumber } from "./operators.ts";
import type { Value } from "./values.ts";
import { Float, numberOf, orElse, typeName } from "./values.ts";

const DIGIT_RUN = "\\d{1,400}(?:_\\d{1,400}){0,400}";
const FLOAT_TEXT = new RegExp(
  `^[-+]?(?:(?:${DIGIT_RUN}(?:\\.(?:${DIGIT_RUN})?)?|\\.${DIGIT_RUN})(?:e[-+]?\\d{1,4})?|inf(?:inity)?|nan)$`,
  "i",
);
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
  if (method === "common") return makeNumber(roundHalfEven(number, precision), input instanceof Float);
  if (method !== "ceil" && method !== "floor") throw templateFault("the method of round is common, ceil or floor");
  const factor = 10 ** precision;
  const whole = method === "ceil" ? Math.ceil(number * factor) : Math.floor(number * factor);
  // Python's ceil and floor are integers, which have no negative zero.
  return new Float((whole + 0) / factor);
});

const int = filter(["default", "base"], (input, args) => {
  const fallback = orElse(args.get("default"), () => 0);
  const number =
    numberOf(defined(input)) ?? (typeof input === "string" ? textNumber(input, args.integer("base") ?? 10) : undefined);
  return number === undefined || !Number.isFinite(number) ? fallback : makeNumber(Math.trunc(number), false);
});

/**
 * A text in the base that a prefix or `base` says; `42.7` is a number in any base, as in Jinja2.
 */
function textNumber(text: string, base: number): number | undefined {
  return parseInteger(text.trim().toLowerCase(), base) ?? parseFloatText(text);
}

function parseInteger(text: string, base: number): number | undefined {
  const [, sign = "", prefix, body = ""] = /^([-+]?)(0[xob](?=_?[0-9a-z]))?(_?[0-9a-z_]{1,400})$/.exec(text) ?? [];
  const named = prefix === undefined ? undefined : { "0x": 16, "0o": 8, "0b": 2 }[prefix];
  // `0b1` is a number of base 16, too: there its prefix is made of digits.
  if (named !== undefined && base !== named && base !== 0) return parseDigits(sign, `${prefix}${body}`, base);
  if (base === 0 && named === undefined && /^0[0_]*[1-9]/.test(body)) return undefined;
  return parseDigits(sign, named === undefined ? body : body.replace(/^_/, ""), named ?? (base === 0 ? 10 : base));
}

function parseDigits(sign: string, body: string, radix: number): number | undefined {
  const digits = body.replaceAll("_", "");
  if (digits === "" || /^_|__|_$/.test(body) || radix < 2 || radix > 36) return undefined;
  if (Array.from(digits).some((digit) => DIGITS.indexOf(digit) >= radix)) return undefined;
  const value = Number.parseInt(digits, radix);
  return sign === "-" ? -value : value;
}

const float = filter(["default"], (input, args) => {
  const number = numberOf(defined(input)) ?? (typeof input === "string" ? parseFloatText(input) : undefined);
  return number === undefined ? orElse(args.get("default"), () => new Float(0)) : new Float(number);
});

function parseFloatText(text: string): number | undefined {
  const trimmed = text.trim();
  if (!FLOAT_TEXT.test(trimmed)) return undefined;
  if (/n$/i.test(trimmed)) return Number.NaN;
  if (/[fy]$/i.test(trimmed)) return trimmed.startsWith("-") ? -Infinity : Infinity;
  return Number(trimmed.replaceAll("_", ""));
}

/**
 * The number in a value, or in the text of one. Throws AppError `validation_error` for anything
 * else.
 */
export function toFloat(input: Value, name: string): number {
  const parsed = typeof input === "string" ? parseFloatText(input) : undefined;
  return parsed ?? needNumber(input, name);
}

function needNumber(input: Value, name: string): number {
  const number = numberOf(defined(input));
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
