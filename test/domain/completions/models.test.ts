import { describe, expect, it } from "vitest";
import { DEFAULT_MODEL, modelAliases, resolveModel } from "../../../src/domain/completions/models.ts";
import { ignoredParameters } from "../../../src/domain/completions/ignored-parameters.ts";
import { priceOf } from "../../../src/domain/completions/prices.ts";

describe("resolveModel", () => {
  it.each([
    ["gpt-6-astra", "openai", "gpt-6-astra"],
    ["gpt-4o-2024-08-06", "openai", "gpt-4o-2024-08-06"],
    ["GPT-4.1", "openai", "gpt-4.1"],
    ["openai/Qwen2.5-7B-Instruct", "openai", "Qwen2.5-7B-Instruct"],
    ["o3", "openai", "o3"],
    ["chatgpt-next", "openai", "chatgpt-next"],
    ["ft:gpt-4.1-mini:acme::AbC123", "openai", "ft:gpt-4.1-mini:acme::AbC123"],
    ["claude-opus-5-5", "anthropic", "claude-opus-5-5"],
    ["claude-haiku-4-5-20251001", "anthropic", "claude-haiku-4-5-20251001"],
    ["openai/gpt-6-sol", "openai", "gpt-6-sol"],
    ["anthropic/claude-sonnet-5-5", "anthropic", "claude-sonnet-5-5"],
    ["openai/some-new-name", "openai", "some-new-name"],
  ])("resolves %s to %s's %s without a warning", (name, provider, model) => {
    expect(resolveModel(name)).toEqual({ provider, model });
  });

  it.each([
    ["claude", "claude-sonnet-5"],
    ["claude-2.1", "claude-sonnet-5"],
    ["claude-instant", "claude-haiku-5-5"],
    ["claude-3-opus-20240229", "claude-opus-5-5"],
    ["claude-3-5-sonnet-latest", "claude-sonnet-5"],
    ["anthropic/claude-3-haiku", "claude-haiku-5-5"],
    ["gpt-4", "gpt-6-sol"],
    ["gpt-4-1106-preview", "gpt-6-sol"],
    ["gpt-3.5-turbo-0125", "gpt-6-luna"],
    ["gpt-35-turbo", "gpt-6-luna"],
    ["openai/gpt-4-turbo", "gpt-6-sol"],
  ])("replaces the retired name %s with %s and warns of it", (name, model) => {
    const resolved = resolveModel(name);
    expect(resolved).toMatchObject({ model });
    expect(resolved?.warning).toContain(`"${model}" is used instead`);
  });

  it.each([
    "auto",
    "",
    "llama-3",
    "gpt 4",
    "openai/claude-opus-5-5",
    "anthropic/gpt-6-sol",
    "anthropic/ft:x",
    "constructor",
    "gpt-4\r\nx: y",
    "openai/",
  ])("knows no model called %j", (name) => {
    expect(resolveModel(name)).toBeNull();
  });

  it.each([DEFAULT_MODEL, ...modelAliases().map(([, target]) => target)])(
    "resolves the default or replacement %s to itself, and the price table has it",
    (target) => {
      const resolved = resolveModel(target);
      expect(resolved).toEqual({ provider: expect.any(String), model: target });
      expect(resolved && priceOf(resolved.provider, target, ONE)).toMatchObject({ cost_nanousd: expect.any(Number) });
    },
  );
});

describe("ignoredParameters", () => {
  const both = { temperature: 0.5, top_p: 0.9, max_tokens: 5 };

  it.each([
    ["openai", "gpt-4.1", []],
    ["openai", "gpt-5.1", []],
    ["openai", "gpt-5-chat-latest", []],
    ["openai", "gpt-6-luna", ["temperature", "top_p"]],
    ["openai", "gpt-5", ["temperature", "top_p"]],
    ["openai", "gpt-5.2-pro", ["temperature", "top_p"]],
    ["openai", "o3", ["temperature", "top_p"]],
    ["anthropic", "claude-haiku-4-5", ["top_p"]],
    ["anthropic", "claude-sonnet-4-6", ["top_p"]],
    ["anthropic", "claude-opus-4-7", ["temperature", "top_p"]],
    ["anthropic", "claude-sonnet-5-5", ["temperature", "top_p"]],
  ] as const)("returns for %s's %s the parameters %j", (provider, model, ignored) => {
    expect(ignoredParameters(provider, model, both)).toEqual(ignored);
  });

  it.each([
    ["gpt-5", ["stop"]],
    ["o3", ["stop"]],
    ["gpt-4.1", []],
  ])("knows which models refuse stop sequences: %s", (model, ignored) => {
    expect(ignoredParameters("openai", model, { stop: ["END"] })).toEqual(ignored);
  });

  it.each([
    [{ thinking: 2_000 }, ["temperature", "top_k"]],
    [{ thinking: { type: "adaptive" } }, ["temperature", "top_k"]],
    [{ thinking: { type: "disabled" } }, []],
    [{}, []],
  ])("knows that a model of Anthropic's takes no temperature while it thinks: %j", (thinking, ignored) => {
    const sampling = { temperature: 0, top_k: 5 };
    expect(ignoredParameters("anthropic", "claude-haiku-4-5", { ...sampling, ...thinking })).toEqual(ignored);
  });

  it("returns nothing where no such parameter is given", () => {
    expect(ignoredParameters("openai", "o3", { max_tokens: 5 })).toEqual([]);
  });
});

const ONE = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
