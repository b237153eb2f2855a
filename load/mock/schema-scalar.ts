import type { JsonSchema } from "../../src/domain/json-schema/schema.ts";
import { seededPhrase } from "./words.ts";

/** A valid text for each format that OpenAI and Anthropic accept in structured output. */
const FORMATS: Record<string, string> = {
  "date-time": "2026-01-01T00:00:00Z",
  date: "2026-01-01",
  time: "00:00:00Z",
  duration: "P1D",
  email: "mock@example.com",
  hostname: "example.com",
  ipv4: "192.0.2.1",
  ipv6: "2001:db8::1",
  uri: "https://example.com/",
  uuid: "00000000-0000-4000-8000-000000000000",
};

/** Texts to try against a `pattern`, in order. */
const CANDIDATES = ["mock", "MOCK", "Mock", "a", "A", "0", "1", "12", "123", "1234", "12345", "abc", "ABC", "ABC-123"];

/**
 * A string with a length within `minLength` and `maxLength` characters, of the `format`, or
 * matching the `pattern` where one of the candidates does.
 */
export function stringForSchema(schema: JsonSchema, seed: number, ordinal: number): string {
  const { format, pattern, minLength, maxLength } = schema;
  if (typeof pattern === "string") return matching(pattern);
  const known = typeof format === "string" ? FORMATS[format] : undefined;
  if (known !== undefined) return known;
  const least = typeof minLength === "number" ? minLength : 0;
  const most = typeof maxLength === "number" ? maxLength : Infinity;
  const characters = Array.from(`${ordinal === 0 ? "" : `${ordinal} `}${seededPhrase(seed + ordinal)}`);
  while (characters.length < least) characters.push("漢");
  return characters.slice(0, Math.max(least, Math.min(most, characters.length))).join("");
}

/** A multiple of `multipleOf` within the bounds: the one numbered `ordinal` from below. */
export function numberForSchema(schema: JsonSchema, whole: boolean, ordinal: number): number {
  const { minimum, exclusiveMinimum, maximum, exclusiveMaximum, multipleOf } = schema;
  const step = typeof multipleOf === "number" && multipleOf > 0 ? multipleOf : 1;
  const least = Math.max(lowerBound(minimum), lowerBound(exclusiveMinimum));
  const most = Math.min(upperBound(maximum), upperBound(exclusiveMaximum));
  if (!Number.isFinite(least))
    return Math.floor(Math.min(most === exclusiveMaximum ? most - step : most, 1) / step) * step;
  const first = least === exclusiveMinimum ? least + step : least;
  const aligned = (whole || multipleOf !== undefined ? Math.ceil(first / step) * step : first) + ordinal * step;
  if (aligned === exclusiveMinimum) return aligned + step;
  const fits = aligned < most || (aligned === most && most !== exclusiveMaximum);
  return fits || whole ? aligned : (least + most) / 2;
}

function matching(pattern: string): string {
  try {
    const expression = new RegExp(pattern, "u");
    return [...CANDIDATES, ...Object.values(FORMATS)].find((text) => expression.test(text)) ?? "mock";
  } catch {
    return "mock";
  }
}

function lowerBound(value: unknown): number {
  return typeof value === "number" ? value : -Infinity;
}

function upperBound(value: unknown): number {
  return typeof value === "number" ? value : Infinity;
}
