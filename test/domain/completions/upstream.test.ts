import { describe, expect, it } from "vitest";
import { cacheKeyText } from "../../../src/domain/completions/cache-key.ts";
import { ignoredParameters } from "../../../src/domain/completions/ignored-parameters.ts";
import { listPriceOf } from "../../../src/domain/completions/price-table.ts";
import { priceOf } from "../../../src/domain/completions/prices.ts";
import { baseUrlFault, headerFault, parseUpstreamModel } from "../../../src/domain/completions/upstream.ts";

describe("the name of an upstream's model", () => {
  it.each([
    ["llm/gpt-oss-120b", "llm", "gpt-oss-120b"],
    ["open.router_1/Meta-Llama/Llama-4:Free", "open.router_1", "Meta-Llama/Llama-4:Free"],
    ["cf/@cf/meta/llama-4", "cf", "@cf/meta/llama-4"],
    [" llm/m ", "llm", "m"],
    ["constructor/__proto__", "constructor", "__proto__"],
  ])("is read out of %s as it is written", (name, provider, model) => {
    expect(parseUpstreamModel(name)).toEqual({ provider, model });
  });

  it.each([
    "gpt-6-sol",
    "openai/gpt-6-sol",
    "anthropic/x",
    "OpenAI/gpt-6-sol",
    "LLM/m",
    "llm/",
    "/m",
    "llm/a b",
    "auto",
  ])("is not %s", (name) => {
    expect(parseUpstreamModel(name)).toBeNull();
  });
});

describe("the base URL of an upstream", () => {
  const allowed = ["https://llm.example.com", "http://127.0.0.1:8000"];

  it.each(["https://llm.example.com/v1", "https://llm.example.com", "http://127.0.0.1:8000/deep/v1/"])(
    "may be %s",
    (url) => {
      expect(baseUrlFault(url, allowed)).toBeNull();
    },
  );

  it.each([
    "https://llm.example.com:8443/v1",
    "http://llm.example.com/v1",
    "https://llm.example.com.evil.test/v1",
    "https://key@llm.example.com/v1",
    "https://llm.example.com/v1?",
    "https://llm.example.com/v1#x",
    "/v1",
    "",
  ])("may not be %s", (url) => {
    expect(baseUrlFault(url, allowed)).not.toBeNull();
  });
});

describe("the headers of an upstream", () => {
  it("may be those of its own and of its credentials", () => {
    expect(headerFault({ "api-key": "a b", authorization: "Basic eA==", "http-referer": "https://x" })).toBeUndefined();
  });

  it.each([
    "host",
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "cf-worker",
    "x-forwarded-for",
    "proxy-authorization",
  ])("may not be %s", (name) => {
    expect(headerFault({ ok: "1", [name]: "x" })).toMatchObject({ name });
  });

  it.each(["a\nb", "a\rb", "a\0b", " a", "a ", "", "ä"])("may not have the value %j", (value) => {
    expect(headerFault({ "x-a": value })).toMatchObject({ name: "x-a" });
  });

  it("are bounded in their sum", () => {
    expect(headerFault({ "x-a": "x".repeat(8_180) })).toBeUndefined();
    expect(headerFault({ "x-a": "x".repeat(8_190) })).toBeDefined();
  });
});

describe("a model of an upstream", () => {
  const usage = { prompt_tokens: 1_000, completion_tokens: 100, total_tokens: 1_100, service_tier: "priority" };

  it("has no list price, whatever it is called, and any tier is at the tenant's own price", () => {
    for (const provider of ["llm", "azure", "groq"]) expect(listPriceOf(provider, "gpt-4o")).toBeNull();
    expect(priceOf("llm", "gpt-4o", usage)).toBeNull();
    const own = { input: 3, output: 7, updated_at: 0 };
    expect(priceOf("llm", "gpt-4o", usage, { own })).toMatchObject({ cost_nanousd: 3_700_000 });
  });

  it("is sent every parameter that its wire format has", () => {
    const parameters = { temperature: 1, top_p: 1, top_k: 5, seed: 1, reasoning_effort: "high" as const };
    expect(ignoredParameters("openai", "gpt-6-sol", parameters, "llm")).toEqual(["top_k"]);
    expect(ignoredParameters("anthropic", "claude-opus-5-5", parameters, "llm")).toEqual(["seed"]);
  });

  it("has answers of its own for each server, and the others keep their keys", () => {
    const parts = { tenant_id: "t", content_hash: "h", epoch: 0, model: "m", messages: [], parameters: {} };
    const at = (base_url: string) =>
      cacheKeyText({ ...parts, provider: "llm", upstream: { kind: "openai" as const, base_url } });
    expect(at("https://a.example.com")).not.toBe(at("https://b.example.com"));
    expect(cacheKeyText({ ...parts, provider: "openai" })).not.toContain("upstream");
  });
});
