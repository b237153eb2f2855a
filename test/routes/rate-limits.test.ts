import { env } from "cloudflare:workers";
import { Hono } from "hono";
import { afterEach, describe, expect, it } from "vitest";
import type { AppEnv } from "../../src/middleware/context.ts";
import { noteLimits, addRateLimits } from "../../src/middleware/rate-limits.ts";
import { call, newTenant, yamlPrompt } from "../support/api.ts";

/** Limits the tests' provider key at the mock provider. An empty object removes the limits. */
async function limit(limits: { rpm?: number; tpm?: number }): Promise<void> {
  const body = JSON.stringify({ keys: { "key-of-the-limits-test": limits } });
  const response = await fetch(`${env.MOCK_URL}/__mock/limits`, { method: "PUT", body });
  expect(response.status).toBe(200);
}

async function limitedTenant() {
  const { key } = await newTenant();
  await call("PUT", "/v1/prompts/greet", { key, yaml: yamlPrompt("greet") });
  const json = { api_key: "key-of-the-limits-test" };
  for (const provider of ["openai", "anthropic"]) {
    await call("PUT", `/v1/providers/${provider}/keys/main`, { key, json });
  }
  const execute = async (body: Record<string, unknown> = {}, headers: Record<string, string> = {}) =>
    call("POST", "/v1/executions", { key, headers, json: { prompt: "greet", variables: { who: "Ada" }, ...body } });
  return { key, execute };
}

const MODELS = ["gpt-4o-mini", "claude-haiku-4-5"];

describe("the rate limit headers of a reply", () => {
  afterEach(async () => limit({}));

  it.each(MODELS)("state the tenant's requests and the tokens left of %s's key, whole and streamed", async (model) => {
    const { execute } = await limitedTenant();
    await limit({ rpm: 50, tpm: 10_000 });
    for (const stream of [false, true]) {
      const before = await execute({ model, stream: true, variables: { who: `Bob ${stream}` } });
      const reply = await execute({ model, stream, variables: { who: `Eve ${stream}` } });
      expect(reply.status).toBe(200);
      const left = Number(reply.headers.get("x-ratelimit-remaining-requests"));
      expect(reply.headers.get("x-ratelimit-limit-requests")).toBe("5000");
      expect(left).toBeGreaterThan(4_900);
      expect(left).toBeLessThan(5_000);
      const tokens = Number(reply.headers.get("x-ratelimit-remaining-tokens"));
      expect(tokens).toBeLessThan(Number(before.headers.get("x-ratelimit-remaining-tokens")));
      expect(reply.headers.get("x-ratelimit-reset-requests")).toMatch(/^(?:\d+m)?[\d.]+m?s$/);
      expect(reply.headers.get("x-ratelimit-limit-tokens")).toBe("10000");
      expect(reply.headers.get("ratelimit-policy")).toBe(
        '"requests";q=5000;w=3;qu="requests", "tokens";q=10000;qu="tokens"',
      );
      expect(reply.headers.get("ratelimit")).toMatch(/^"requests";r=\d+;t=\d+, "tokens";r=\d+;t=\d+$/);
    }
  });

  it.each(MODELS)("state what %s's key lacks in a 429, and when to retry", async (model) => {
    const { execute } = await limitedTenant();
    await limit({ rpm: 0 });
    for (const stream of [false, true]) {
      const reply = await execute({ model, stream });
      expect(reply.status).toBe(429);
      expect(reply.headers.get("x-ratelimit-remaining-requests")).toBe("0");
      expect(reply.headers.get("ratelimit")).toContain('"requests";r=0;t=');
      expect(Number(reply.headers.get("retry-after"))).toBeGreaterThan(0);
    }
  });

  it.each([429, 503, 529])(
    "include Retry-After in every refusal, even for a provider's %i without a wait",
    async (status) => {
      const { execute } = await limitedTenant();
      const reply = await execute({ variables: { who: `x [[mock:{"status":${status}}]]` } });
      expect([429, 503]).toContain(reply.status);
      expect(Number(reply.headers.get("retry-after"))).toBeGreaterThan(0);
    },
  );

  it("state only the tenant's requests where no provider was called", async () => {
    const { key, execute } = await limitedTenant();
    const own = /^"requests";r=49\d\d;t=\d$/;
    expect((await execute({ model: "llama" })).headers.get("ratelimit")).toMatch(own);
    expect((await call("GET", "/v1/executions", { key })).headers.get("ratelimit")).toMatch(own);
    expect((await call("GET", "/v1/executions")).headers.get("ratelimit")).toBeNull();
  });
});

describe("noteLimits", () => {
  const own = { limit: 5000, remaining: 4000, reset_ms: 500, window_ms: 2500 };
  const key = { limit: 60, remaining: 0, reset_ms: 9000 };
  const ask = async (status: 200 | 429, ...noted: Parameters<typeof noteLimits>[1][]) => {
    const app = new Hono<AppEnv>().get("/", (c) => {
      for (const limits of noted) noteLimits(c, limits);
      const response = c.text("", status);
      addRateLimits(c, response);
      return response;
    });
    return (await app.request("/")).headers;
  };

  it("keeps the first note of each limit: the tenant's requests and the provider's tokens", async () => {
    const headers = await ask(200, { requests: own }, undefined, { requests: key, tokens: key });
    expect(headers.get("ratelimit")).toBe('"requests";r=4000;t=1, "tokens";r=0;t=9');
    expect(headers.get("ratelimit-policy")).toBe('"requests";q=5000;w=3;qu="requests", "tokens";q=60;qu="tokens"');
    expect(headers.get("retry-after")).toBeNull();
  });

  it("gives a refusal without a wait the time until its exhausted limits are full again", async () => {
    expect((await ask(429, { requests: own, tokens: key })).get("retry-after")).toBe("9");
    expect((await ask(429)).get("retry-after")).toBe("1");
  });
});
