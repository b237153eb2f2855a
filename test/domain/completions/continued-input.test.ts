import { describe, expect, it } from "vitest";
import type { CompletionInput } from "../../../src/domain/completions/completion.ts";
import { continuedInput } from "../../../src/domain/completions/continued-input.ts";
import { maxPromptTokens } from "../../../src/domain/completions/prompt-bound.ts";
import type { Relay } from "../../../src/domain/completions/relay.ts";

const HAIKU = { provider: "anthropic", model: "claude-haiku-4-5" };
const asked = (change: Partial<CompletionInput> = {}): CompletionInput => ({
  messages: [{ role: "user", content: "hi" }],
  parameters: { max_tokens: 100 },
  ...change,
});
const relayOf = (door: Relay["door"], body: Relay["body"]): Relay => ({ door, body, body_bytes: 50, headers: {} });

describe("the input that asks for the rest of an answer", () => {
  it.each([
    ["a model of OpenAI", { provider: "openai", model: "gpt-4o-mini" }, {}],
    ["a model that refuses a prefix", { provider: "anthropic", model: "claude-opus-5-5" }, {}],
    ["a model of an upstream that is not known to take one", { provider: "own", model: "glm-5" }, {}],
    ["a model that thinks", HAIKU, { parameters: { thinking: 2_000 } }],
    [
      "a model that thinks by its own option",
      HAIKU,
      { parameters: { provider_options: { anthropic: { thinking: {} } } } },
    ],
    ["an output schema", HAIKU, { output_schema: { type: "object" } }],
    ["no tokens left", HAIKU, { parameters: { max_tokens: 2 } }],
  ])("is the same as before for %s", (_what, candidate, change) => {
    const input = asked(change);
    expect(continuedInput(input, "One, two,", candidate)).toEqual({ input, prefix: "" });
  });

  it.each([
    ["One, two, \n\u00a0", "One, two,"],
    ["One \ud83e", "One"],
    ["One 🦊", "One 🦊"],
    [" \n", ""],
  ])("ends with %j as %j", (said, prefix) => {
    const continued = continuedInput(asked(), said, HAIKU);
    expect(continued.prefix).toBe(prefix);
    const [last] = continued.input.messages.slice(-1);
    expect(last?.content).toBe(prefix === "" ? "hi" : prefix);
  });

  it("goes on with the beginning that the client gave, and no further where that is more than a text", () => {
    const begun = asked({ messages: [...asked().messages, { role: "assistant", content: "{" }] });
    expect(continuedInput(begun, '"a"', HAIKU).input.messages.at(-1)).toEqual({ role: "assistant", content: '{"a"' });
    const parts = asked({ messages: [{ role: "assistant", content: [{ type: "text", text: "{" }] }] });
    expect(continuedInput(parts, '"a"', HAIKU)).toEqual({ input: parts, prefix: "" });
  });

  it("has the prefix in the client's own body where that is sent, and counts it in any", () => {
    const body = { model: "claude-haiku-4-5", max_tokens: 100, messages: asked().messages, x_new: 1 };
    const own = continuedInput(asked({ relay: relayOf("messages", body) }), "One, two", HAIKU).input;
    const messages = [...body.messages, { role: "assistant", content: "One, two" }];
    expect(own.relay?.body).toEqual({ ...body, max_tokens: 98, messages });
    const chat = continuedInput(asked({ relay: relayOf("chat", body) }), "One, two", HAIKU).input;
    expect([chat.relay?.body, chat.messages]).toEqual([body, messages]);
    for (const input of [own, chat]) {
      expect(maxPromptTokens(input)).toBeGreaterThan(maxPromptTokens(asked({ relay: relayOf("chat", body) })) + 8);
    }
  });

  it("is the same as before where nothing was said", () => {
    expect(continuedInput(asked(), undefined, HAIKU)).toEqual({ input: asked(), prefix: "" });
  });
});
