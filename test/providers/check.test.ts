import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type MockProvider, type Profile, startMockProvider } from "../../load/mock/mock-provider.ts";
import { PROVIDERS, type BuiltInProvider } from "../../src/domain/completions/completion.ts";
import { createProviders } from "../../src/providers/create-providers.ts";
import { createOpenAIProvider } from "../../src/providers/openai/openai-provider.ts";
import { CANARY, failure, fakeFetch, json } from "./wire-fixtures.ts";

let mock: MockProvider;

beforeAll(async () => {
  mock = await startMockProvider({ unref: true });
});
beforeEach(() => mock.reset());
afterAll(() => mock.close());

/** Checks a key through the egress rules, as a deployment does. */
async function check(provider: BuiltInProvider, profile: Profile = {}, signal = new AbortController().signal) {
  mock.configure({ keys: { [CANARY]: profile } });
  const endpoints = { openai: { baseUrl: mock.openaiBaseUrl }, anthropic: { baseUrl: mock.anthropicBaseUrl } };
  const { direct } = createProviders(endpoints, { builtIn: [mock.url], upstreams: [] }, fetch);
  await direct[provider].check("some-model", { apiKey: CANARY, signal });
}

describe.each(PROVIDERS)("a check of %s", (provider) => {
  it("passes if the provider is up and accepts the key", async () => {
    await check(provider);
    expect(mock.stats()).toMatchObject({ total: 0, checks: { [CANARY]: 1 } });
  });

  it("passes if the provider does not know the model, because the key works", async () => {
    await expect(check(provider, { status: 404 })).resolves.toBeUndefined();
  });

  it.each<[string, Profile, object]>([
    ["a fault of the provider", { status: 500 }, { code: "provider_error", retryable: true }],
    ["an overloaded provider", { status: 529 }, { code: "provider_overloaded" }],
    ["a limit", { status: 429, retry_after: "7" }, { code: "rate_limit_error", retryAfterMs: 7_000 }],
    ["a refused key", { status: 401 }, { fact: "credentials" }],
    ["a forbidden key", { status: 403 }, { fact: "credentials" }],
    ["no quota", { status: 402 }, { fact: "quota" }],
    ["a page of HTML", { fault: "html" }, { code: "provider_error" }],
    ["an error in a 200", { fault: "error_in_200" }, { code: expect.stringMatching(/^provider_/) }],
    ["half an answer", { fault: "truncate" }, { code: "provider_error" }],
    ["a broken connection", { fault: "cut_stream" }, { code: "provider_error" }],
  ])("fails on %s with one request and without the text of the key", async (_what, profile, expected) => {
    const error = await failure(() => check(provider, profile));
    expect(error).toMatchObject(expected);
    expect(JSON.stringify([error, error.message])).not.toContain(CANARY);
    expect(mock.stats().checks).toEqual({ [CANARY]: 1 });
  });

  it("ends with its signal if the provider hangs", async () => {
    const error = await failure(() => check(provider, { fault: "hang_before_headers" }, AbortSignal.timeout(20)));
    expect(error.code).toBe("timeout");
  });
});

describe("a check without a response", () => {
  it.each([
    ["fetch failed: connect timed out", "timeout"],
    ["fetch failed: connection refused", "provider_error"],
  ])("fails on %j with %s", async (message, code) => {
    const { fetch: fake } = fakeFetch(() => {
      throw new TypeError(message);
    });
    const openai = createOpenAIProvider({ baseUrl: "https://api.openai.com/v1", fetch: fake });
    const error = await failure(() => openai.check("x", { apiKey: CANARY, signal: new AbortController().signal }));
    expect(error).toMatchObject({ code, retryable: true });
  });
});

describe("the model of a check", () => {
  it("stays inside its segment of the URL, whatever its name is", async () => {
    const { fetch: fake, sent } = fakeFetch(() => json('{"id": "x"}'));
    const openai = createOpenAIProvider({ baseUrl: "https://api.openai.com/v1", fetch: fake });
    const call = { apiKey: CANARY, signal: new AbortController().signal };
    await openai.check("ft:gpt/4o?x#y", call);
    expect(sent).toMatchObject([{ method: "GET", url: "https://api.openai.com/v1/models/ft:gpt%2F4o%3Fx%23y" }]);
    await failure(() => openai.check("..", call));
    expect(sent).toHaveLength(1);
  });
});
