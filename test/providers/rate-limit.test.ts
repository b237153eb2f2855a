import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type MockProvider, startMockProvider } from "../../load/mock/mock-provider.ts";
import type { BuiltInProvider } from "../../src/domain/completions/completion.ts";
import { AppError } from "../../src/domain/errors.ts";
import type { RateLimitFacts } from "../../src/domain/rate-limit-facts.ts";
import { createAnthropicProvider } from "../../src/providers/anthropic/anthropic-provider.ts";
import { createOpenAIProvider } from "../../src/providers/openai/openai-provider.ts";
import type { Provider } from "../../src/providers/provider.ts";
import { MAX_RESET_MS, parseRateLimits } from "../../src/providers/rate-limit.ts";
import { call, collect, failure, fakeFetch, json, request } from "./wire-fixtures.ts";

const NOW = Date.UTC(2026, 10, 24, 12, 0, 0);
const parse = (headers: Record<string, string>) => parseRateLimits(new Headers(headers), NOW);

/** The three headers of an allowance of OpenAI. */
const openai = (what: string, limit: string, remaining: string, reset: string) => ({
  [`x-ratelimit-limit-${what}`]: limit,
  [`x-ratelimit-remaining-${what}`]: remaining,
  [`x-ratelimit-reset-${what}`]: reset,
});
/** The three headers of an allowance of Anthropic. */
const anthropic = (what: string, limit: string, remaining: string, reset: string) => ({
  [`anthropic-ratelimit-${what}-limit`]: limit,
  [`anthropic-ratelimit-${what}-remaining`]: remaining,
  [`anthropic-ratelimit-${what}-reset`]: reset,
});

describe("the limits in OpenAI's headers", () => {
  it("contain requests, tokens and the wait", () => {
    expect(
      parse({
        ...openai("requests", "60", "59", "1s"),
        ...openai("tokens", "150000", "149984", "6m0s"),
        "retry-after": "2",
      }),
    ).toEqual({
      requests: { limit: 60, remaining: 59, reset_ms: 1000 },
      tokens: { limit: 150_000, remaining: 149_984, reset_ms: 360_000 },
      retry_after_ms: 2000,
    });
  });

  it.each([
    ["20ms", 20],
    ["0s", 0],
    ["1.5s", 1500],
    ["1.234567s", 1235],
    ["6m0s", 360_000],
    ["6m", 360_000],
    ["1h2m3.5s", 3_723_500],
    ["1m500ms", 60_500],
    ["1d2h", MAX_RESET_MS],
    ["999999h", MAX_RESET_MS],
  ])("have a reset of %s", (reset, ms) => {
    expect(parse(openai("tokens", "10", "5", reset)).tokens?.reset_ms).toBe(ms);
  });

  it.each(["", "soon", "-1s", "1", "5s6m", "1e3s", "1 s", "NaN", "9".repeat(400) + "s"])(
    "are ignored with a reset of %o",
    (reset) => {
      expect(parse(openai("tokens", "10", "5", reset))).toEqual({});
    },
  );

  it.each([
    ["-5", "1"],
    ["10", "-1"],
    ["1.5", "1"],
    ["Infinity", "1"],
    ["10", "many"],
    ["9".repeat(13), "1"],
    ["", "1"],
  ])("are ignored with a limit of %o and %o remaining", (limit, remaining) => {
    expect(parse(openai("requests", limit, remaining, "1s"))).toEqual({});
  });

  it("never have more remaining than the limit", () => {
    expect(parse(openai("requests", "10", "50", "1s")).requests).toEqual({ limit: 10, remaining: 10, reset_ms: 1000 });
  });

  it("are ignored if one of the three values is missing", () => {
    expect(parse({ "x-ratelimit-limit-requests": "10", "x-ratelimit-remaining-requests": "5" })).toEqual({});
  });
});

describe("the limits in Anthropic's headers", () => {
  const soon = "2026-11-24T12:00:30Z";

  it("have resets relative to the clock", () => {
    expect(
      parse({ ...anthropic("requests", "50", "49", soon), ...anthropic("tokens", "80000", "79000", soon) }),
    ).toEqual({
      requests: { limit: 50, remaining: 49, reset_ms: 30_000 },
      tokens: { limit: 80_000, remaining: 79_000, reset_ms: 30_000 },
    });
  });

  it("contain the tightest of the token allowances", () => {
    const facts = parse({
      ...anthropic("tokens", "48000", "40000", soon),
      ...anthropic("input-tokens", "40000", "39000", soon),
      ...anthropic("output-tokens", "8000", "1000", "2026-11-24T13:00:10.500+01:00"),
    });
    expect(facts).toEqual({ tokens: { limit: 8000, remaining: 1000, reset_ms: 10_500 } });
  });

  it.each([
    ["a time that has passed", "2026-11-24T11:59:00Z", 0],
    ["a time next year", "2027-11-24T12:00:00Z", MAX_RESET_MS],
  ])("bound %s", (_what, reset, ms) => {
    expect(parse(anthropic("requests", "50", "0", reset)).requests?.reset_ms).toBe(ms);
  });

  it.each(["30", "Tue, 24 Nov 2026 12:00:30 GMT", "2026-11-24", "2026-13-45T99:00:00Z", "-1"])(
    "are ignored with a reset of %o",
    (reset) => {
      expect(parse(anthropic("requests", "50", "0", reset))).toEqual({});
    },
  );
});

describe("a provider's call", () => {
  let mock: MockProvider;
  const providers = (): Record<BuiltInProvider, Provider> => ({
    openai: createOpenAIProvider({ baseUrl: mock.openaiBaseUrl, fetch, now: () => NOW }),
    anthropic: createAnthropicProvider({ baseUrl: mock.anthropicBaseUrl, fetch, now: () => NOW }),
  });
  beforeAll(async () => {
    mock = await startMockProvider({ unref: true, clock: () => NOW });
  });
  beforeEach(() => {
    mock.reset();
    mock.limit({ default: { rpm: 2, tpm: 1000 } });
  });
  afterAll(() => mock.close());

  /** Collects the limits of each response, whether it is an answer or an error. */
  function listening() {
    const facts: RateLimitFacts[] = [];
    async function hear<T extends { limits?: RateLimitFacts }>(reply: Promise<T>): Promise<T> {
      const note = (limits: RateLimitFacts | undefined) => limits && facts.push(limits);
      try {
        const answer = await reply;
        note(answer.limits);
        return answer;
      } catch (error) {
        if (error instanceof AppError) note(error.providerLimits);
        throw error;
      }
    }
    return { facts, hear };
  }

  it.each(["openai", "anthropic"] as const)(
    "to %s returns the remaining limits with each answer, whole or streamed",
    async (name) => {
      const provider = providers()[name];
      const heard = listening();
      await heard.hear(provider.complete(request({}), call()));
      await collect(await heard.hear(provider.stream(request({}), call())));
      expect(heard.facts.map((facts) => facts.requests)).toEqual([
        { limit: 2, remaining: 1, reset_ms: 60_000 },
        { limit: 2, remaining: 0, reset_ms: 60_000 },
      ]);
      const left = heard.facts.map((facts) => facts.tokens?.remaining ?? Number.NaN);
      expect(heard.facts[0]?.tokens?.limit).toBe(1000);
      expect(left[1]).toBeLessThan(left[0] ?? 0);
    },
  );

  it.each(["openai", "anthropic"] as const)("to %s returns the wait of a 429, whole or streamed", async (name) => {
    const provider = providers()[name];
    mock.limit({ default: { rpm: 0 } });
    const heard = listening();
    expect(await failure(async () => heard.hear(provider.complete(request({}), call())))).toMatchObject({
      code: "rate_limit_error",
    });
    expect(await failure(async () => heard.hear(provider.stream(request({}), call())))).toMatchObject({
      code: "rate_limit_error",
    });
    expect(heard.facts).toHaveLength(2);
    for (const facts of heard.facts) {
      expect(facts).toMatchObject({ requests: { limit: 0, remaining: 0 } });
      expect(facts.retry_after_ms).toBeGreaterThan(0);
    }
  });

  it("returns the limits with the error of a malformed answer", async () => {
    const headers = openai("requests", "60", "7", "1s");
    const { fetch: broken } = fakeFetch(() => json('{"choices": [', { headers }));
    const provider = createOpenAIProvider({ baseUrl: "https://api.openai.com/v1", fetch: broken, now: () => NOW });
    const heard = listening();
    await failure(async () => heard.hear(provider.complete(request({}), call())));
    expect(heard.facts).toEqual([{ requests: { limit: 60, remaining: 7, reset_ms: 1000 } }]);
  });

  it("returns no limits without a response", async () => {
    const { fetch: dead } = fakeFetch(() => Promise.reject(new TypeError("connection refused")));
    const provider = createOpenAIProvider({ baseUrl: "https://api.openai.com/v1", fetch: dead, now: () => NOW });
    const heard = listening();
    await failure(async () => heard.hear(provider.complete(request({}), call())));
    expect(heard.facts).toEqual([]);
  });

  it("returns the limits with the error of a call whose deadline passes after its headers came", async () => {
    const deadline = new AbortController();
    const pull = (controller: ReadableStreamDefaultController) => {
      deadline.abort(new AppError("timeout", "late", { retryable: true }));
      controller.error(deadline.signal.reason);
    };
    const body = new ReadableStream({ pull }, { highWaterMark: 0 });
    const headers = { ...openai("requests", "60", "7", "1s"), "content-type": "application/json" };
    const { fetch: slow } = fakeFetch(() => new Response(body, { headers }));
    const provider = createOpenAIProvider({ baseUrl: "https://api.openai.com/v1", fetch: slow, now: () => NOW });
    const heard = listening();
    const error = await failure(async () => heard.hear(provider.complete(request({}), call(deadline.signal))));
    expect([error.code, heard.facts]).toEqual(["timeout", [{ requests: { limit: 60, remaining: 7, reset_ms: 1000 } }]]);
  });
});
