import type { ChatCompletionCreateParamsBase } from "openai/resources/chat/completions/completions";
import type { ResponseCreateParamsBase } from "openai/resources/responses/responses";
import { describe, expect, expectTypeOf, it } from "vitest";
import type { CompletionParameters } from "../../../src/domain/completions/completion.ts";
import { ignoredParameters } from "../../../src/domain/completions/ignored-parameters.ts";
import { endpointOf, keepsResponse, RESPONSES_FIELDS } from "../../../src/domain/completions/openai-endpoint.ts";

const TOOLS = [{ name: "get_weather", parameters: { type: "object" } }];

const asked = (model: string, parameters: CompletionParameters = {}, tools = TOOLS, provider = "openai") => ({
  provider,
  model,
  parameters,
  tools,
});
const openai = (options: Record<string, unknown>): CompletionParameters => ({ provider_options: { openai: options } });

describe("the API for a request to OpenAI", () => {
  it.each([
    ["gpt-6-astra", {}],
    ["gpt-6-luna", { reasoning_effort: "low" }],
    ["gpt-6.1-sol", { reasoning_effort: "max" }],
    ["gpt-5.6-terra", {}],
    ["gpt-5.5-2026-04-23", {}],
    ["gpt-5.4", { reasoning_effort: "medium" }],
    ["gpt-5.4-mini-2026-03-17", { reasoning_effort: "low" }],
    ["gpt-5.4", openai({ reasoning_effort: "low" })],
  ] as const)("is Responses for tools of %s with %j", (model, parameters) => {
    expect(endpointOf(asked(model, parameters))).toBe("responses");
    expect(endpointOf(asked(model, parameters, []))).toBe("chat/completions");
  });

  it.each([
    ["gpt-6-luna", { reasoning_effort: "none" }],
    ["gpt-5.4", {}],
    ["gpt-5.4", { reasoning_effort: "none" }],
    ["gpt-5", { reasoning_effort: "high" }],
    ["gpt-5.3-chat-latest", { reasoning_effort: "high" }],
    ["gpt-4.1", {}],
    ["o3", { reasoning_effort: "high" }],
    ["ft:gpt-4.1:acme:my-pro", {}],
  ] as const)("is chat completions for tools of %s with %j", (model, parameters) => {
    expect(endpointOf(asked(model, parameters))).toBe("chat/completions");
  });

  it.each([
    "o3-pro",
    "o1-pro-2025-03-19",
    "gpt-5.5-pro",
    "gpt-5-pro-2025-10-06",
    "gpt-5-codex",
    "gpt-5.1-codex-max",
    "codex-mini-latest",
    "o4-mini-deep-research-2025-06-26",
    "computer-use-preview",
    "gpt-6-cyber",
    "gpt-6-rosalind",
    "gpt-rosalind-research",
  ])("is Responses for whatever is asked of %s", (model) => {
    expect(endpointOf(asked(model, {}, []))).toBe("responses");
  });

  it.each(RESPONSES_FIELDS)("is Responses for %s, which chat completions lack", (name) => {
    expect(endpointOf(asked("gpt-4.1", openai({ [name]: "x" }), []))).toBe("responses");
    expect(endpointOf(asked("gpt-4.1", openai({ [name]: null }), []))).toBe("chat/completions");
  });

  it("has all fields that the SDK has for Responses only, but for those that are ours to set", () => {
    type Lacking = Exclude<keyof ResponseCreateParamsBase, keyof ChatCompletionCreateParamsBase>;
    expectTypeOf<
      (typeof RESPONSES_FIELDS)[number] | "background" | "input" | "max_output_tokens"
    >().toEqualTypeOf<Lacking>();
  });

  it("is Responses for a tool of the provider's own", () => {
    const webSearch = openai({ tools: [{ type: "web_search" }] });
    const ofChat = openai({ tools: [{ type: "function", function: { name: "f" } }, { type: "custom" }] });
    expect(endpointOf(asked("gpt-4.1", webSearch, []))).toBe("responses");
    expect(endpointOf(asked("gpt-4.1", ofChat, []))).toBe("chat/completions");
    expect(endpointOf(asked("gpt-6-sol", ofChat, []))).toBe("responses");
  });

  it("is chat completions at an upstream, unless the request says so", () => {
    const built = openai({ previous_response_id: "resp_1" });
    expect(endpointOf(asked("gpt-6-sol", built, TOOLS, "llm"))).toBe("chat/completions");
    expect(endpointOf(asked("m", openai({ api: "responses" }), [], "llm"))).toBe("responses");
    expect(endpointOf(asked("gpt-6-sol", openai({ api: "chat/completions" })))).toBe("chat/completions");
  });

  it("takes neither stop sequences, nor a seed, nor penalties where it is Responses", () => {
    const parameters = { stop: ["END"], seed: 1, frequency_penalty: 1, presence_penalty: 1, temperature: 0 };
    const search = { ...parameters, ...openai({ tools: [{ type: "web_search" }] }) };
    expect(ignoredParameters("openai", "gpt-4.1", search)).toEqual([
      "stop",
      "seed",
      "frequency_penalty",
      "presence_penalty",
    ]);
    expect(ignoredParameters("openai", "gpt-4.1", parameters)).toEqual([]);
    expect(ignoredParameters("openai", "gpt-6-sol", { seed: 1 }, "openai", TOOLS)).toEqual(["seed"]);
  });
});

describe("a response", () => {
  it.each([
    [{}, false],
    [{ store: true }, true],
    [{ previous_response_id: "resp_1" }, true],
    [{ conversation: "conv_1" }, true],
    [{ previous_response_id: "resp_1", store: false }, false],
  ])("with the options %j is kept: %s", (options, kept) => {
    expect(keepsResponse(asked("gpt-6-sol", openai(options)))).toBe(kept);
  });

  it("is no response where it is a chat completion", () => {
    expect(keepsResponse(asked("gpt-4.1", openai({ store: true })))).toBe(false);
  });
});
