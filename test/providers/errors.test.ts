import { describe, expect, it } from "vitest";
import { AppError } from "../../src/domain/errors.ts";
import { createAnthropicProvider } from "../../src/providers/anthropic/anthropic-provider.ts";
import type { Fetch } from "../../src/providers/egress.ts";
import { createOpenAIProvider } from "../../src/providers/openai/openai-provider.ts";
import type { Provider } from "../../src/providers/provider.ts";
import { call, CANARY, collect, events, failure, fakeFetch, fixture, json, request } from "./wire-fixtures.ts";

const NOW = Date.UTC(2026, 10, 24, 12, 0, 0);

const PROVIDERS: Record<"openai" | "anthropic", (fetch: Fetch) => Provider> = {
  openai: (fetch) => createOpenAIProvider({ baseUrl: "https://api.openai.com/v1", fetch, now: () => NOW }),
  anthropic: (fetch) => createAnthropicProvider({ baseUrl: "https://api.anthropic.com", fetch, now: () => NOW }),
};

async function errorOf(name: "openai" | "anthropic", reply: () => Response | Promise<Response>, signal?: AbortSignal) {
  const provider = PROVIDERS[name](fakeFetch(reply).fetch);
  return await failure(() => provider.complete(request({ provider: name }), call(signal)));
}

/** All texts of an error that could be logged or sent. */
function spoken(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return [error.message, error.stack, JSON.stringify(error), String(error), spoken(error.cause)].join("\n");
}

describe("an error in the body of a 200", () => {
  it.each([
    ["server_error", "api_error", "provider_error"],
    ["rate_limit_exceeded", "rate_limit_error", "rate_limit_error"],
    ["overloaded_error", "overloaded_error", "provider_overloaded"],
    ["a new kind", "a new kind", "provider_error"],
  ])("means the same of both providers: %s and %s are %s", async (openai, anthropic, code) => {
    const message = "it failed";
    const ofOpenAI = json(JSON.stringify({ error: { type: openai, message } }));
    const ofAnthropic = json(JSON.stringify({ type: "error", error: { type: anthropic, message } }));
    expect(await errorOf("openai", () => ofOpenAI)).toMatchObject({ code, retryable: true, unbilled: false });
    expect(await errorOf("anthropic", () => ofAnthropic)).toMatchObject({ code, retryable: true, unbilled: false });
  });
});

describe("a provider's failed response", () => {
  it.each([
    ["openai", 400, "openai/error-400.json", "provider_error", false],
    ["openai", 401, "openai/error-401.json", "provider_error", true],
    ["openai", 403, "openai/error-401.json", "provider_error", true],
    ["openai", 404, "anthropic/error-404.json", "provider_error", true],
    ["openai", 408, "openai/error-500.json", "timeout", true],
    ["openai", 409, "openai/error-500.json", "provider_error", true],
    ["openai", 413, "openai/error-400.json", "provider_error", false],
    ["openai", 422, "openai/error-400.json", "provider_error", false],
    ["openai", 429, "openai/error-429.json", "rate_limit_error", true],
    ["openai", 429, "openai/error-429-quota.json", "provider_error", true],
    ["openai", 500, "openai/error-500.json", "provider_error", true],
    ["openai", 502, "openai/error-500.json", "provider_error", true],
    ["openai", 503, "openai/error-500.json", "provider_overloaded", true],
    ["openai", 504, "openai/error-500.json", "timeout", true],
    ["anthropic", 400, "anthropic/error-400.json", "provider_error", false],
    ["anthropic", 401, "anthropic/error-401.json", "provider_error", true],
    ["anthropic", 404, "anthropic/error-404.json", "provider_error", true],
    ["anthropic", 429, "anthropic/error-429.json", "rate_limit_error", true],
    ["anthropic", 500, "openai/error-500.json", "provider_error", true],
    ["anthropic", 529, "anthropic/error-529.json", "provider_overloaded", true],
  ] as const)("of %s with %i (%s) becomes %s, retryable: %s", async (name, status, body, code, retryable) => {
    expect(await errorOf(name, () => json(fixture(body), { status }))).toMatchObject({ code, retryable });
  });

  it.each([
    [400, true],
    [401, true],
    [408, false],
    [429, true],
    [500, false],
    [502, false],
    [503, true],
    [504, false],
  ])("with %i is certainly unbilled: %s", async (status, unbilled) => {
    expect(await errorOf("openai", () => json(fixture("openai/error-500.json"), { status }))).toMatchObject({
      unbilled,
    });
  });

  it("has the provider's message in its detail", async () => {
    const error = await errorOf("anthropic", () => json(fixture("anthropic/error-400.json"), { status: 400 }));
    expect(error.detail).toBe("anthropic answered 400: max_tokens: Field required");
  });

  it("omits the provider's message about a key", async () => {
    const error = await errorOf("openai", () => json(fixture("openai/error-401.json"), { status: 401 }));
    expect(error.detail).toBe("openai refused the API key (401).");
  });

  it.each(["", "<html>\u0000Bad gateway</html>", "null", "[]", '{"error":null}', '{"error":{"message":{"a":1}}}'])(
    "is classified whatever its body is: %j",
    async (body) => {
      for (const name of ["openai", "anthropic"] as const) {
        const error = await errorOf(name, () => new Response(body, { status: 502 }));
        expect(error).toMatchObject({ code: "provider_error", retryable: true });
        expect(error.detail).not.toMatch(/\p{Cc}/u);
      }
    },
  );

  it("carries the wait of a rate limit and of an overload", async () => {
    const headers = { "retry-after": "7" };
    for (const [status, body] of [
      [429, "anthropic/error-429.json"],
      [529, "anthropic/error-529.json"],
    ] as const) {
      const error = await errorOf("anthropic", () => json(fixture(body), { status, headers }));
      expect(error.retryAfterMs).toBe(7000);
    }
  });

  it("is not retried by the SDK", async () => {
    for (const name of ["openai", "anthropic"] as const) {
      const { fetch, sent } = fakeFetch(() => new Response("", { status: 500 }));
      await failure(() => PROVIDERS[name](fetch).complete(request({}), call()));
      expect(sent).toHaveLength(1);
    }
  });
});

describe("what a failed response is a fact about", () => {
  const told = (message: string, type = "invalid_request_error", code?: string) =>
    JSON.stringify({ type: "error", error: { type, message, code } });
  const context = "This model's maximum context length is 128000 tokens.";
  const ofMinute = "Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 61337.";

  it.each([
    ["the account: its credit", 400, told("Your credit balance is too low to access the API."), "quota"],
    ["the account: its limit", 400, told("You have reached your specified API usage limits. Wait."), "quota"],
    ["the account: its bill", 402, "", "quota"],
    ["the account: its quota", 429, told("You exceeded it.", "insufficient_quota"), "quota"],
    ["the account: its key", 401, "", "credentials"],
    ["the account: a key that may do nothing", 403, told("Not from this country."), "credentials"],
    ["the account: it is closed", 400, told("This organization has been disabled."), "credentials"],
    ["key and model: no access", 403, told("No access", "error", "model_not_found"), "model_access"],
    ["key and model: no such model", 404, told("model: claude-2.1"), "model_access"],
    ["key and model: the model's own limit", 429, told("Rate limit reached for gpt-4.1 in org"), "model_limit"],
    ["key and request: its size", 429, told(ofMinute, "tokens", "rate_limit_exceeded"), "over_minute"],
    ["model and request: its context", 400, told(context, "error", "context_length_exceeded"), "unfit"],
    ["model and request: its prompt", 400, told("prompt is too long: 210000 tokens"), "unfit"],
    ["nothing: a firewall's page", 403, "<html>challenge</html>", undefined],
    ["nothing: a limit of the key", 429, told("This would exceed your rate limit.", "rate_limit_error"), undefined],
    ["nothing: a bad request", 400, told("max_tokens: Field required"), undefined],
  ] as const)("is %s", async (_what, status, body, fact) => {
    for (const name of ["openai", "anthropic"] as const) {
      expect((await errorOf(name, () => json(body, { status }))).fact).toBe(fact);
    }
  });

  it("follows what the provider says of a repetition", async () => {
    const saying = (wish: string, status: number) => () =>
      json(fixture("openai/error-500.json"), { status, headers: { "x-should-retry": wish } });
    expect(await errorOf("openai", saying("false", 500))).toMatchObject({ fact: "no_repeat", retryable: true });
    expect(await errorOf("anthropic", saying("true", 400))).toMatchObject({ fact: undefined, retryable: true });
  });
});

describe.each(["openai", "anthropic"] as const)("a transport failure towards %s", (name) => {
  it("is a retryable provider_error when the connection fails", async () => {
    const error = await errorOf(name, () => Promise.reject(new TypeError("fetch failed")));
    expect(error).toMatchObject({ code: "provider_error", retryable: true });
  });

  it("is a timeout when the transport times out", async () => {
    const error = await errorOf(name, () => Promise.reject(new Error("connect timed out")));
    expect(error).toMatchObject({ code: "timeout", status: 504, retryable: true });
  });

  it("is the egress rules' own error when they refuse", async () => {
    const rule = new AppError("provider_error", "The egress rules refuse a redirect.");
    expect(await errorOf(name, () => Promise.reject(rule))).toBe(rule);
  });

  it("is a timeout when our deadline aborts the call", async () => {
    const abort = new AbortController();
    const error = await errorOf(name, waitingForAbort(abort, new DOMException("late", "TimeoutError")), abort.signal);
    expect(error).toMatchObject({ code: "timeout", retryable: true });
  });

  it("is the caller's own error when the caller aborts with one", async () => {
    const reason = new AppError("budget_exceeded", "The budget is spent.");
    const abort = new AbortController();
    expect(await errorOf(name, waitingForAbort(abort, reason), abort.signal)).toBe(reason);
  });

  it("is the caller's own error when the signal was aborted before the call", async () => {
    const reason = new AppError("timeout", "Too late.");
    expect(await errorOf(name, () => json("{}"), AbortSignal.abort(reason))).toBe(reason);
  });

  it("is the caller's own error when a stream is aborted, not a stream that broke off", async () => {
    const reason = new AppError("timeout", "The deadline passed.");
    const abort = new AbortController();
    const provider = PROVIDERS[name](fakeFetch((init) => hangingStream(name, init.signal)).fetch);
    const error = await failure(async () => {
      for await (const part of await provider.stream(request({}), call(abort.signal))) {
        if (part.type === "text") abort.abort(reason);
      }
    });
    expect(error).toBe(reason);
  });
});

describe("a secret", () => {
  const words = `key ${CANARY} or Bearer ${CANARY} or sk-ant-api03-abcdef or pbt_live_abc_def\u0007 failed`;

  it.each(["openai", "anthropic"] as const)("never appears in an error of %s", async (name) => {
    const body = JSON.stringify({ type: "error", error: { type: "api_error", code: CANARY, message: words } });
    const replies = [
      ...[400, 401, 403, 404, 408, 429, 500, 503, 529].map((status) => () => json(body, { status })),
      () => json(body),
      () => new Response(words, { status: 500 }),
      () => Promise.reject(new Error(words)),
      () => Promise.reject(new Error("outer", { cause: new Error(words) })),
    ];
    for (const reply of replies) {
      const error = await errorOf(name, reply);
      expect(spoken(error)).not.toMatch(/canary|sk-ant-api03|pbt_live/);
      expect(error.cause).toBeUndefined();
    }
  });

  it("never appears in an error inside a stream", async () => {
    const event = `event: error\ndata: ${JSON.stringify({ error: { type: "api_error", message: words } })}\n\n`;
    for (const name of ["openai", "anthropic"] as const) {
      const reply = () => new Response(event, { headers: { "content-type": "text/event-stream" } });
      const provider = PROVIDERS[name](fakeFetch(reply).fetch);
      const error = await failure(async () => collect(await provider.stream(request({}), call())));
      expect(error.detail).toContain("[redacted]");
      expect(spoken(error)).not.toMatch(/canary|sk-ant-api03|pbt_live/);
    }
  });
});

/** A `fetch` that never answers. The caller aborts while it waits. */
function waitingForAbort(abort: AbortController, reason: unknown): () => Promise<Response> {
  return () =>
    new Promise((_resolve, reject) => {
      abort.signal.addEventListener("abort", () => reject(abort.signal.reason));
      abort.abort(reason);
    });
}

/**
 * A response that sends the start of a transcript, and then nothing until its request is aborted.
 */
function hangingStream(name: string, signal: AbortSignal | null | undefined): Response {
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      controller.enqueue(new Uint8Array(await events(`${name}/stream-truncated.sse`).arrayBuffer()));
      signal?.addEventListener("abort", () => controller.error(signal.reason));
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}
