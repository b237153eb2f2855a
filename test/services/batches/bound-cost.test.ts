import { describe, expect, it } from "vitest";
import type { Candidate } from "../../../src/domain/completions/candidate.ts";
import { priceOf } from "../../../src/domain/completions/prices.ts";
import type { ExecutionRequest } from "../../../src/domain/executions/execution-options.ts";
import { importPrompt } from "../../../src/domain/prompts/import/import-prompt.ts";
import type { BatchDeps } from "../../../src/services/batches/batch-deps.ts";
import { boundCost } from "../../../src/services/batches/bound-cost.ts";
import { MAX_ATTEMPTS } from "../../../src/services/completions/make-completion.ts";

const MODEL = "gpt-4o-mini";
const MAX_TOKENS = 100;
const YAML = 'name: t\ntemplate: "{{ text }}"\nvariables: {text: {type: string}}\n';
const { definition } = importPrompt(YAML, "yaml", "t");

/** Texts with many tokens for their length: the first has one for each byte. */
const ADVERSARIAL = {
  "lines of one letter": Array.from({ length: 5_000 }, (_, n) => String.fromCodePoint(97 + (n % 26))).join("\n"),
  punctuation: "}{][)(;:,.!?'\"".repeat(700),
  "Chinese characters": "龘靐齉爩麤灪".repeat(800),
};

function boundOf(text: string, candidate: Candidate = { provider: "openai", model: MODEL }, more: object = {}) {
  const deps = {
    resolve: async () => ({ row: { name: "t", version: 1, definition } }),
    route: async () => ({ candidates: [candidate] }),
  } as unknown as Pick<BatchDeps, "resolve" | "route">;
  const options = { prompt: { name: "t" }, parameters: { max_tokens: MAX_TOKENS }, ...more };
  return boundCost(deps, { tenant_id: "ten_x", variables: { text }, options } as unknown as ExecutionRequest);
}

describe("the worst case of an item", () => {
  it.each(Object.entries(ADVERSARIAL))("covers every attempt at a token a byte for %s", async (_what, text) => {
    const prompt_tokens = new TextEncoder().encode(text).byteLength;
    const usage = { prompt_tokens, completion_tokens: MAX_TOKENS, total_tokens: prompt_tokens + MAX_TOKENS };
    const billed = MAX_ATTEMPTS * (priceOf("openai", MODEL, usage)?.cost_nanousd ?? Infinity);
    const { nanousd } = await boundOf(text);
    expect(nanousd).toBeGreaterThanOrEqual(billed);
    expect(nanousd).toBeLessThan(billed * 1.1);
  });

  it("covers a prompt that the provider writes to its cache, which costs more than to read it", async () => {
    const { nanousd } = await boundOf("x".repeat(10_000), { provider: "openai", model: "gpt-6-sol" });
    // $2.50 for a million tokens that are written, $10 for those of the output.
    expect(nanousd).toBeGreaterThanOrEqual(MAX_ATTEMPTS * (10_000 * 2_500 + MAX_TOKENS * 10_000));
  });

  it("is at the tenant's own price, which a model without a list price needs", async () => {
    const unlisted: Candidate = { provider: "openai", model: "gpt-nonesuch" };
    await expect(boundOf("x", unlisted)).rejects.toMatchObject({ errors: [{ path: "max_cost_usd" }] });
    const price = { input: 100, output: 0, updated_at: 0 };
    const { nanousd } = await boundOf("x".repeat(10_000), { ...unlisted, price });
    expect(nanousd).toBeGreaterThanOrEqual(MAX_ATTEMPTS * 10_000 * 100_000);
    expect(nanousd).toBeLessThan(MAX_ATTEMPTS * 10_000 * 110_000);
  });

  it.each([
    ["tools", { tools: [{ name: "t", description: "x".repeat(10_000), parameters: {} }] }],
    ["messages of the request", { messages: [{ role: "user", content: "x".repeat(10_000) }] }],
    [
      "options of the provider",
      { parameters: { max_tokens: MAX_TOKENS, provider_options: { openai: { tools: "x".repeat(10_000) } } } },
    ],
  ])("covers %s", async (_what, more) => {
    const bare = await boundOf("x");
    const { nanousd } = await boundOf("x", undefined, more);
    // $0.15 for a million tokens of the prompt.
    expect(nanousd - bare.nanousd).toBeGreaterThanOrEqual(MAX_ATTEMPTS * 10_000 * 150);
  });

  it("is not known where the provider may use tools of its own", async () => {
    const provider_options = { openai: { tools: [{ type: "web_search" }] } };
    await expect(boundOf("x", undefined, { parameters: { provider_options } })).rejects.toMatchObject({
      errors: [{ path: "max_cost_usd", message: expect.stringContaining("any number of times") }],
    });
  });

  it("leaves room for an answer after the tokens to think with", async () => {
    const { request } = await boundOf("x", undefined, { parameters: { thinking: 10_000 } });
    expect(request.options.parameters.max_tokens).toBe(14_096);
  });
});
