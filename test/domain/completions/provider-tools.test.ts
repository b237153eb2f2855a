import { describe, expect, it } from "vitest";
import { worstCostOf } from "../../../src/domain/budgets/worst-cost.ts";
import type { BuiltInProvider, CompletionParameters } from "../../../src/domain/completions/completion.ts";
import { maxPromptTokens } from "../../../src/domain/completions/prompt-bound.ts";
import { priceOf } from "../../../src/domain/completions/prices.ts";
import { hasProviderTools } from "../../../src/domain/completions/provider-tools.ts";

const MODELS = { openai: "gpt-6-luna", anthropic: "claude-haiku-5-5" };
const candidateOf = (provider: BuiltInProvider) => ({ provider, model: MODELS[provider] });
const withOptions = (provider: BuiltInProvider, options: Record<string, unknown>): CompletionParameters => ({
  max_tokens: 100,
  provider_options: { [provider]: options },
});
const worst = (provider: BuiltInProvider, parameters: CompletionParameters) =>
  worstCostOf(candidateOf(provider), { messages: [], parameters });

describe("a call whose provider may run tools of its own", () => {
  it.each([
    ["openai", { tools: [{ type: "web_search" }] }],
    [
      "openai",
      {
        tools: [
          { type: "function", name: "f" },
          { type: "mcp", server_label: "a" },
        ],
      },
    ],
    ["openai", { web_search_options: {} }],
    ["openai", { prompt: { id: "pmpt_1" } }],
    ["openai", { plugins: [{ id: "web" }] }],
    ["anthropic", { tools: [{ type: "web_search_20260318", name: "web_search" }] }],
    ["anthropic", { mcp_servers: [{ type: "url", url: "https://mcp.test" }] }],
  ] as const)("has no known worst case: %s with %j", (provider, options) => {
    const parameters = withOptions(provider, options);
    expect(hasProviderTools(candidateOf(provider), parameters)).toBe(true);
    expect(worst(provider, parameters)).toBeNull();
  });

  it.each([
    ["openai", {}],
    ["openai", { plugins: [] }],
    [
      "openai",
      {
        tools: [
          { type: "function", name: "f" },
          { type: "custom", name: "c" },
        ],
      },
    ],
    ["openai", { tools: [{ type: "apply_patch" }], previous_response_id: "resp_1" }],
    [
      "anthropic",
      {
        tools: [
          { name: "f", input_schema: {} },
          { type: "bash_20250124", name: "bash" },
        ],
      },
    ],
  ] as const)("is another one than %s with %j", (provider, options) => {
    const parameters = withOptions(provider, options);
    expect(hasProviderTools(candidateOf(provider), parameters)).toBe(false);
    expect(worst(provider, parameters)).toBeGreaterThan(0);
  });

  it("is not affected by the options of the other provider", () => {
    const parameters = withOptions("openai", { tools: [{ type: "web_search" }] });
    expect(hasProviderTools(candidateOf("anthropic"), parameters)).toBe(false);
  });
});

describe("a model that always searches", () => {
  it.each([
    ["openai", "gpt-4o-search-preview-2025-03-11"],
    ["openai", "gpt-5-search-api"],
    ["router", "openai/gpt-6-luna:online"],
  ])("has no known worst case: %s %s", (provider, model) => {
    const upstream = { kind: "openai" as const, base_url: "https://router.test/v1" };
    const candidate = provider === "openai" ? { provider, model } : { provider, model, upstream };
    expect(hasProviderTools(candidate, {})).toBe(true);
    expect(worstCostOf(candidate, { messages: [], parameters: {} })).toBeNull();
  });
});

describe("the most tokens of tools that a provider describes itself", () => {
  // What Anthropic states for each of them, and 804 for its system prompt of tools.
  const STATED = { bash_20250124: 245, text_editor_20250728: 700, computer_20251124: 735 + 499 };
  const most = (types: string[]) => {
    const parameters = withOptions("anthropic", { tools: types.map((type) => ({ type, name: "t" })) });
    return maxPromptTokens({ messages: [], parameters });
  };

  it("are counted for each tool, beside those of its bytes", () => {
    const types = Object.keys(STATED);
    const stated = Object.values(STATED).reduce((sum, tokens) => sum + tokens, 804);
    expect(most(types)).toBeGreaterThan(stated);
    for (const type of types) expect(most([...types, type]) - most(types)).toBeGreaterThan(1_234);
    expect(most([...types, "computer_toolset_20260801"]) - most(types)).toBeGreaterThan(20 * 735);
  });

  it("are counted where the body is relayed, too", () => {
    const parameters = withOptions("anthropic", {
      tools: [{ type: "bash_20250124" }, { type: "text_editor_20250728" }],
    });
    const relay = { door: "messages" as const, body: {}, body_bytes: 0, headers: {} };
    const bare = maxPromptTokens({ messages: [], parameters: {}, relay });
    expect(maxPromptTokens({ messages: [], parameters, relay }) - bare).toBeGreaterThan(945);
    const ours = withOptions("anthropic", { tools: [{ name: "f" }, { type: "custom", name: "g" }] });
    expect(maxPromptTokens({ messages: [], parameters: ours, relay })).toBe(bare);
  });
});

describe("the cost of a response", () => {
  const usage = { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 };

  it("has a line for its searches", () => {
    const price = priceOf("openai", "gpt-6-luna", { ...usage, web_searches: 2 });
    expect(price?.lines).toEqual([
      { kind: "input", tokens: 1000, nanousd: 100_000 },
      { kind: "output", tokens: 100, nanousd: 50_000 },
      { kind: "web_search", tokens: 0, uses: 2, nanousd: 20_000_000 },
    ]);
  });

  it("is not known where it used a tool without a listed price, also at the tenant's own price", () => {
    const own = { input: 1, output: 1, updated_at: 0 };
    expect(priceOf("openai", "gpt-6-luna", { ...usage, unpriced_uses: 1 })).toBeNull();
    expect(priceOf("openai", "gpt-6-luna", { ...usage, unpriced_uses: 1 }, { own })).toBeNull();
  });
});

describe("the most tokens of a prompt", () => {
  it.each([{ previous_response_id: "resp_1" }, { conversation: "conv_1" }])("contain what OpenAI keeps: %j", (kept) => {
    const input = { messages: [], parameters: withOptions("openai", kept) };
    expect(maxPromptTokens(input)).toBeGreaterThan(1_000_000);
    expect(maxPromptTokens({ messages: [], parameters: withOptions("openai", { store: true }) })).toBeLessThan(1_000);
  });
});
