import type { AllowanceFacts, RateLimitFacts } from "../domain/rate-limit-facts.ts";
import { parseRetryAfter } from "./retry-after.ts";

/** Maximum of a reset, in milliseconds: one day, the longest period of a provider's limits. */
export const MAX_RESET_MS = 86_400_000;
/** A limit with more digits than this is a fault. */
const COUNT = /^\d{1,12}$/;
/** A Go duration, as OpenAI writes it: `6m0s`, `1.5s`, `20ms`, `1h2m3s`. */
const DURATION =
  /^(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m(?!s))?(?:(\d{1,6}(?:\.\d{1,9})?)s)?(?:(\d{1,9}(?:\.\d{1,9})?)ms)?$/;
const UNITS_MS = [86_400_000, 3_600_000, 60_000, 1000, 1];
const RFC_3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})$/;

/**
 * Reads the limits in the headers of a response: OpenAI's
 * `x-ratelimit-{limit,remaining,reset}-{requests,tokens}` with durations, Anthropic's
 * `anthropic-ratelimit-{requests,tokens,input-tokens,output-tokens}-{limit,remaining,reset}` with
 * RFC 3339 times relative to `now` (epoch milliseconds), and `retry-after-ms` or `retry-after`.
 * Omits an allowance that lacks one of its three values or has a faulty one. A reset is at most
 * {@link MAX_RESET_MS}, and 0 if its time has passed.
 * Sources: developers.openai.com/api/docs/guides/rate-limits and
 * platform.claude.com/docs/en/api/rate-limits.
 */
export function parseRateLimits(headers: Headers, now: number): RateLimitFacts {
  const openai = (what: string) => allowance((part) => headers.get(`x-ratelimit-${part}-${what}`), durationMs);
  const anthropic = (what: string) =>
    allowance(
      (part) => headers.get(`anthropic-ratelimit-${what}-${part}`),
      (text) => untilMs(text, now),
    );
  const requests = openai("requests") ?? anthropic("requests");
  const tokens = openai("tokens") ?? tightest(["tokens", "input-tokens", "output-tokens"].map(anthropic));
  const retryAfterMs = parseRetryAfter(headers, now);
  return {
    ...(requests ? { requests } : {}),
    ...(tokens ? { tokens } : {}),
    ...(retryAfterMs === undefined ? {} : { retry_after_ms: retryAfterMs }),
  };
}

function allowance(
  read: (part: "limit" | "remaining" | "reset") => string | null,
  resetMsOf: (text: string) => number | undefined,
): AllowanceFacts | undefined {
  const limit = count(read("limit"));
  const remaining = count(read("remaining"));
  const reset_ms = resetMsOf(read("reset")?.trim() ?? "");
  if (limit === undefined || remaining === undefined || reset_ms === undefined) return undefined;
  return { limit, remaining: Math.min(remaining, limit), reset_ms: Math.min(Math.ceil(reset_ms), MAX_RESET_MS) };
}

function count(text: string | null): number | undefined {
  const trimmed = text?.trim() ?? "";
  return COUNT.test(trimmed) ? Number(trimmed) : undefined;
}

function durationMs(text: string): number | undefined {
  const parts = text === "" ? null : DURATION.exec(text);
  if (!parts) return undefined;
  return UNITS_MS.reduce((sum, unit, at) => sum + Number(parts[at + 1] ?? 0) * unit, 0);
}

function untilMs(text: string, now: number): number | undefined {
  const time = RFC_3339.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : Math.max(0, time - now);
}

function tightest(allowances: readonly (AllowanceFacts | undefined)[]): AllowanceFacts | undefined {
  return allowances.reduce(
    (least, next) => (next && (!least || next.remaining < least.remaining) ? next : least),
    undefined,
  );
}
