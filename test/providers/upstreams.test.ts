import { describe, expect, it } from "vitest";
import type { UpstreamEndpoint } from "../../src/domain/completions/upstream.ts";
import { toOpenAIRequest } from "../../src/providers/openai/request.ts";
import { createProviders } from "../../src/providers/create-providers.ts";
import { call, CANARY, collect, events, failure, fakeFetch, fixture, json, request } from "./wire-fixtures.ts";

const ORIGIN = "https://llm.example.com";
const ENDPOINTS = {
  openai: { baseUrl: "https://api.openai.com/v1" },
  anthropic: { baseUrl: "https://api.anthropic.com" },
};
const BUILT_IN = ["https://api.openai.com", "https://api.anthropic.com"];

function upstream(changes: Partial<UpstreamEndpoint> = {}): UpstreamEndpoint {
  return { name: "llm", kind: "openai", base_url: `${ORIGIN}/v1`, headers: {}, ...changes };
}

function open(reply: () => Response, upstreams = [ORIGIN]) {
  const { fetch, sent } = fakeFetch(reply);
  return { sent, direct: createProviders(ENDPOINTS, { builtIn: BUILT_IN, upstreams }, fetch).direct };
}

describe("a call to an upstream", () => {
  it("goes to its base URL with the key, and with its headers in place of ours", async () => {
    const { direct, sent } = open(() => json(fixture("openai/completion.json")));
    const headers = { "x-team": "search", "user-agent": "ours/1" };
    const asked = request({ provider: "llm", model: "Some/Model" });
    await direct.openai.complete(asked, { ...call(), upstream: upstream({ headers }) });
    expect(sent).toMatchObject([
      {
        url: `${ORIGIN}/v1/chat/completions`,
        headers: { authorization: `Bearer ${CANARY}`, ...headers },
        body: { model: "Some/Model" },
      },
    ]);
  });

  it.each(["openai", "anthropic"] as const)("in %s's format has no credentials without a key", async (kind) => {
    const { direct, sent } = open(() => events(`${kind}/stream.sse`));
    const at = { ...call(), apiKey: "", upstream: upstream({ kind, base_url: ORIGIN }) };
    await collect(await direct[kind].stream(request({ provider: "llm" }), at));
    await failure(() => direct[kind].check("m", at));
    expect(sent.map(({ headers }) => Object.keys(headers).filter((name) => /auth|key/.test(name)))).toEqual([[], []]);
    expect(JSON.stringify(sent)).not.toContain("none");
  });

  it("is refused where the deployment does not allow its origin any more", async () => {
    const { direct, sent } = open(() => json("{}"), ["https://other.example.com"]);
    const error = await failure(() => direct.openai.complete(request({}), { ...call(), upstream: upstream() }));
    expect(error).toMatchObject({ code: "provider_error", retryable: false });
    expect(sent).toEqual([]);
  });

  it("goes through the fetch that checks its name, and a built-in provider's does not", async () => {
    const [plain, checked] = [fakeFetch(() => json("{}")), fakeFetch(() => json("{}"))];
    const origins = { builtIn: BUILT_IN, upstreams: [ORIGIN] };
    const { direct } = createProviders(ENDPOINTS, origins, plain.fetch, checked.fetch);
    await failure(() => direct.openai.complete(request({}), { ...call(), upstream: upstream() }));
    expect([plain.sent.length, checked.sent.length]).toEqual([0, 1]);
    await failure(() => direct.openai.complete(request({}), call()));
    expect([plain.sent.length, checked.sent.length]).toEqual([1, 1]);
  });

  it("reaches neither the built-in providers nor other upstreams, and they do not reach it", async () => {
    const { direct, sent } = open(() => json("{}"), [ORIGIN, "https://other.example.com"]);
    for (const base_url of ["https://api.openai.com/v1", "https://other.example.com.evil.test"]) {
      await failure(() => direct.openai.complete(request({}), { ...call(), upstream: upstream({ base_url }) }));
    }
    const misled = createProviders(
      { ...ENDPOINTS, openai: { baseUrl: ORIGIN } },
      { builtIn: BUILT_IN, upstreams: [ORIGIN] },
      fakeFetch(() => json("{}")).fetch,
    );
    expect(await failure(() => misled.direct.openai.complete(request({}), call()))).toMatchObject({
      code: "provider_error",
      retryable: false,
    });
    expect(sent).toEqual([]);
  });

  it("names the upstream in its errors, without the values of its headers", async () => {
    const secret = "a-secret-of-the-header";
    const message = `No access with ${secret} and ${CANARY}`;
    const { direct } = open(() => json(JSON.stringify({ error: { message } }), { status: 400 }));
    const at = { ...call(), upstream: upstream({ headers: { "api-key": secret } }) };
    const error = await failure(() => direct.openai.complete(request({}), at));
    expect(error.detail).toBe("llm answered 400: No access with [redacted] and [redacted]");
    const broken = open(() => json("{}"));
    expect((await failure(() => broken.direct.openai.complete(request({}), at))).detail).toMatch(/^llm answered with/);
  });

  it("takes the end of a whole answer for a stop where the reason is empty", async () => {
    const body = { choices: [{ message: { content: [{ type: "text", text: "hi" }] }, finish_reason: "" }] };
    const { direct } = open(() => json(JSON.stringify(body)));
    const answer = await direct.openai.complete(request({}), { ...call(), upstream: upstream() });
    expect(answer).toEqual({ text: "hi", finish_reason: "stop", usage: null, model: "gpt-4.1" });
  });
});

describe("a request to an OpenAI-shaped upstream", () => {
  const parameters = { max_tokens: 5, temperature: 0, reasoning_effort: "high" as const };

  it.each([
    ["gpt-oss-120b", "max_tokens"],
    ["Meta-Llama/Llama-4", "max_tokens"],
    ["gpt-4o", "max_tokens"],
    ["gpt-6-sol", "max_completion_tokens"],
    ["openai/o3", "max_completion_tokens"],
  ])("limits %s with %s, and carries what that format has", (model, name) => {
    expect(toOpenAIRequest(request({ provider: "llm", model, parameters, user: "u-1" }))).toEqual({
      model,
      messages: [{ role: "user", content: "Hello" }],
      [name]: 5,
      temperature: 0,
      reasoning_effort: "high",
      user: "u-1",
    });
  });
});
