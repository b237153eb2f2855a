import { describe, expect, it } from "vitest";
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

function boundOf(text: string) {
  const deps = {
    resolve: async () => ({ row: { name: "t", version: 1, definition } }),
    route: async () => ({ candidates: [{ provider: "openai", model: MODEL }] }),
  } as unknown as Pick<BatchDeps, "resolve" | "route">;
  const options = { prompt: { name: "t" }, parameters: { max_tokens: MAX_TOKENS } };
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
});
