import { describe, expect, it } from "vitest";
import { DEFAULT_RETRY_AFTER_MS, rateLimitHeaders, retryAfterOf } from "../../src/domain/rate-limit-headers.ts";
import { parseRateLimits } from "../../src/providers/rate-limit.ts";

const requests = { limit: 5000, remaining: 4999, reset_ms: 1, window_ms: 2500 };
const tokens = { limit: 150_000, remaining: 149_984, reset_ms: 360_000 };

describe("rateLimitHeaders", () => {
  it("writes OpenAI's headers and the structured fields of the IETF draft", () => {
    expect(rateLimitHeaders({ requests, tokens })).toEqual({
      "x-ratelimit-limit-requests": "5000",
      "x-ratelimit-remaining-requests": "4999",
      "x-ratelimit-reset-requests": "1ms",
      "x-ratelimit-limit-tokens": "150000",
      "x-ratelimit-remaining-tokens": "149984",
      "x-ratelimit-reset-tokens": "6m0s",
      "ratelimit-policy": '"requests";q=5000;w=3;qu="requests", "tokens";q=150000;qu="tokens"',
      ratelimit: '"requests";r=4999;t=1, "tokens";r=149984;t=360',
    });
  });

  it("leaves out a limit that is not known, and is empty where none is", () => {
    expect(rateLimitHeaders({ tokens })).toMatchObject({ ratelimit: '"tokens";r=149984;t=360' });
    expect(Object.keys(rateLimitHeaders({ tokens })).filter((name) => name.endsWith("-requests"))).toEqual([]);
    expect(rateLimitHeaders({})).toEqual({});
  });

  it.each([
    [{ limit: 10, remaining: 9.99, reset_ms: 0.2 }, '"requests";r=9;t=1', "1ms"],
    [{ limit: 10, remaining: -3, reset_ms: -5 }, '"requests";r=0;t=0', "0ms"],
    [{ limit: 10, remaining: 99, reset_ms: 1500 }, '"requests";r=10;t=2', "1.5s"],
    [{ limit: 10, remaining: 0, reset_ms: 59_999.5 }, '"requests";r=0;t=60', "1m0s"],
  ])("promises no more than %j", (allowance, ratelimit, reset) => {
    const headers = rateLimitHeaders({ requests: allowance });
    expect([headers["ratelimit"], headers["x-ratelimit-reset-requests"]]).toEqual([ratelimit, reset]);
  });

  it("writes what a parser of OpenAI's headers reads back", () => {
    for (const reset_ms of [0, 7, 999, 1000, 1234, 59_999, 60_000, 61_500, 3_600_000, 86_400_000]) {
      const limits = { requests: { limit: 7, remaining: 3, reset_ms }, tokens };
      expect(parseRateLimits(new Headers(rateLimitHeaders(limits)), 0)).toEqual(limits);
    }
  });
});

describe("retryAfterOf", () => {
  it("is the time until every exhausted limit is full again", () => {
    const used = (reset_ms: number) => ({ limit: 10, remaining: 0, reset_ms });
    expect(retryAfterOf({ requests, tokens: used(3000) })).toBe(3000);
    expect(retryAfterOf({ requests: used(9000), tokens: used(3000) })).toBe(9000);
  });

  it("is the default where no limit is exhausted", () => {
    expect(retryAfterOf({})).toBe(DEFAULT_RETRY_AFTER_MS);
    expect(retryAfterOf({ requests, tokens })).toBe(DEFAULT_RETRY_AFTER_MS);
  });
});
