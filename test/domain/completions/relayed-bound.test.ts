import { describe, expect, it } from "vitest";
import { worstCostOf, withBoundedOutput } from "../../../src/domain/budgets/worst-cost.ts";
import type { CompletionInput } from "../../../src/domain/completions/completion.ts";
import { maxPromptTokens } from "../../../src/domain/completions/prompt-bound.ts";
import { offeredTools } from "../../../src/domain/completions/relayed-media.ts";
import { type DoorName, mostBytesOf } from "../../../src/domain/completions/relay.ts";
import { DOORS } from "../../../src/domain/doors/doors.ts";
import { relayedRequest } from "../../../src/providers/relay.ts";

const WINDOW = 1_000_000;
const PICTURE = 10_000;
const user = (content: unknown) => [{ role: "user", content }];

/** The input that a body becomes at a door. */
function inputOf(door: DoorName, body: Record<string, unknown>): CompletionInput {
  const { messages, parameters, own } = DOORS[door].read(body);
  const wire = door === "messages" ? "anthropic" : "openai";
  const tools = offeredTools(body);
  const options = { ...own, ...(tools && { tools }) };
  const relay = { door, body, body_bytes: JSON.stringify(body).length, headers: {} };
  return { messages, parameters: { ...parameters, provider_options: { [wire]: options } }, relay };
}

const chat = (more: object) => inputOf("chat", { model: "m", messages: user("hi"), ...more });
const responses = (input: unknown) => inputOf("responses", { model: "m", input });
const messages = (content: unknown) => inputOf("messages", { model: "m", max_tokens: 9, messages: user(content) });

describe("the most prompt tokens of a body that is relayed", () => {
  const url = "http://pictures.test/1.png";

  it.each([
    ["a picture without TLS", chat({ messages: user([{ type: "image_url", image_url: { url } }]) })],
    [
      "a screenshot",
      responses([{ type: "computer_call_output", output: { type: "computer_screenshot", image_url: url } }]),
    ],
    [
      "what a custom tool gave",
      responses([{ type: "custom_tool_call_output", output: [{ type: "input_image", image_url: url }] }]),
    ],
    [
      "a picture in a document",
      messages([
        { type: "document", source: { type: "content", content: [{ type: "image", source: { type: "url", url } }] } },
      ]),
    ],
  ])("count a picture where nobody reads it: %s", (_name, input) => {
    expect(maxPromptTokens(input)).toBeGreaterThan(PICTURE);
  });

  it.each([
    ["a file without TLS", responses([{ role: "user", content: [{ type: "input_file", file_url: url }] }])],
    ["a document without TLS", messages([{ type: "document", source: { type: "url", url } }])],
    ["a file of a container", messages([{ type: "container_upload", file_id: "file_1" }])],
    [
      "an item that OpenAI keeps",
      responses([
        { role: "user", content: "hi" },
        { type: "item_reference", id: "msg_1" },
      ]),
    ],
    ["an item that OpenAI keeps, without its type", responses([{ role: "user", content: "hi" }, { id: "msg_1" }])],
    ["an earlier answer's sound", chat({ messages: [...user("hi"), { role: "assistant", audio: { id: "audio_1" } }] })],
  ])("count a window for what is not in the body: %s", (_name, input) => {
    expect(maxPromptTokens(input)).toBeGreaterThan(WINDOW);
  });

  it("count the bytes of numbers as they are sent", () => {
    const text = `{"model":"m","messages":[{"role":"user","content":"1e15"}],"logit_bias":{"1":1e15,"2":-1E15,"3":1.0}}`;
    const body = JSON.parse(text) as Record<string, unknown>;
    const { body: written } = relayedRequest("chat", { ...chat(body), provider: "openai", model: "m" }, false) ?? {};
    expect(mostBytesOf(body, text)).toBe(JSON.stringify(written).length);
    expect(mostBytesOf(body, text)).toBeGreaterThan(text.length);
    const plain = text.replaceAll(/1e15/gi, "1.0");
    expect(mostBytesOf(JSON.parse(plain) as Record<string, unknown>, plain)).toBe(plain.length);
  });

  it("count pictures once, and a body's own words by their bytes", () => {
    const data = "A".repeat(400_000);
    const image = { type: "image_url", image_url: { url: `data:image/png;base64,${data}` } };
    expect(maxPromptTokens(chat({ messages: user([image, { type: "text", text: "file_id" }]) }))).toBeLessThan(
      PICTURE + 5_000,
    );
    expect(maxPromptTokens(chat({ messages: user("hi") }))).toBeLessThan(2_000);
  });
});

describe("the worst case of a body that is relayed", () => {
  const candidate = { provider: "openai", model: "gpt-6-luna" };
  const worst = (input: CompletionInput) => worstCostOf(candidate, input);

  it("is not known where an item of the conversation brings tools of the provider", () => {
    const tools = [{ type: "mcp", server_url: "https://mcp.test" }];
    for (const type of ["additional_tools", "tool_search_output"]) {
      expect(worst(responses([{ type, role: "developer", tools }]))).toBeNull();
    }
  });

  it("is that of the dearest tier and place that the body asks for", () => {
    const opus = { provider: "anthropic", model: "claude-opus-5-5" };
    const said = (more: object) =>
      worstCostOf(opus, inputOf("messages", { model: "m", max_tokens: 1_000, messages: user("hi"), ...more })) ?? 0;
    expect(said({ speed: "fast" })).toBeGreaterThan(1.9 * said({}));
    expect(said({ inference_geo: "us" })).toBeGreaterThan(1.09 * said({}));
    const plain = worst(chat({ max_tokens: 1_000 })) ?? 0;
    expect(worst(chat({ max_tokens: 1_000, service_tier: "priority" }))).toBeGreaterThan(1.9 * plain);
    expect(worst(chat({ max_tokens: 1_000, service_tier: "flex" }))).toBeGreaterThanOrEqual(plain);
    expect(worst(chat({ max_tokens: 1_000, service_tier: "auto" }))).toBeLessThan(1.01 * plain);
  });

  const longer = { type: "ephemeral", ttl: "1h" };
  const long = "x".repeat(40_000);
  const text = (cache_control: object | null) => ({ type: "text", text: long, cache_control });

  it.each<[string, object]>([
    ["a block", { messages: user([text(longer)]) }],
    ["the system", { messages: user("hi"), system: [text(longer)] }],
    ["a tool", { messages: user(long), tools: [{ name: "f", input_schema: {}, cache_control: longer }] }],
    ["the whole request", { messages: user(long), cache_control: longer }],
    [
      "a call of a tool",
      {
        messages: [
          ...user(long),
          { role: "assistant", content: [{ type: "tool_use", id: "a", name: "f", input: {}, cache_control: longer }] },
        ],
      },
    ],
  ])("is that of a write for an hour where that is asked for in %s", (_name, asked) => {
    const opus = { provider: "anthropic", model: "claude-opus-5-5" };
    const plain = JSON.parse(JSON.stringify(asked).replaceAll('"1h"', '"5m"')) as object;
    const worstOf = (more: object) =>
      worstCostOf(opus, inputOf("messages", { model: "m", max_tokens: 1, ...more })) ?? 0;
    // Twice the input, in place of 1.25 times.
    expect(worstOf(asked) / worstOf(plain)).toBeCloseTo(1.6, 2);
    const { relay, ...translated } = inputOf("messages", { model: "m", max_tokens: 1, ...asked });
    const { relay: _same, ...shorter } = inputOf("messages", { model: "m", max_tokens: 1, ...plain });
    expect(relay).toBeDefined();
    expect((worstCostOf(opus, translated) ?? 0) / (worstCostOf(opus, shorter) ?? 1)).toBeCloseTo(1.6, 1);
  });

  it("is that of a write for an hour where a client of OpenAI's asks Anthropic for it", () => {
    const opus = { provider: "anthropic", model: "claude-opus-5-5" };
    const asked = (cache_control: object) =>
      worstCostOf(opus, chat({ max_tokens: 1, messages: user([{ ...text(null), cache_control }]) })) ?? 0;
    // A text of the name is no wish, and OpenAI's own models are never asked for the hour.
    expect(asked(longer) / asked({ type: "ephemeral" })).toBeCloseTo(1.6, 2);
    const quoted = chat({ max_tokens: 1, messages: user(JSON.stringify(longer)) });
    expect(worstCostOf(opus, quoted)).toBe(
      worstCostOf(opus, chat({ max_tokens: 1, messages: user(JSON.stringify({ ...longer, ttl: "5m" })) })),
    );
  });

  it("is that of a write for twelve hours where OpenAI is asked for it", () => {
    const sol = { provider: "openai", model: "gpt-6.2-sol" };
    const asked = (ttl: string) =>
      worstCostOf(sol, chat({ max_tokens: 1, messages: user(long), prompt_cache_options: { ttl } })) ?? 0;
    expect(asked("12h") / asked("30m")).toBeCloseTo(2, 2);
  });

  it("is that of the larger of two bounds", () => {
    const two = chat({ max_completion_tokens: 1, max_tokens: 5_000 });
    expect(worst(two)).toBeGreaterThanOrEqual(worst(chat({ max_tokens: 5_000 })) ?? 0);
  });

  it("counts what is predicted as output, too", () => {
    const content = "x".repeat(10_000);
    const predicted = chat({ max_tokens: 1, prediction: { type: "content", content } });
    const output = worst(chat({ max_tokens: 10_000 })) ?? 0;
    expect(worst(predicted)).toBeGreaterThan(output);
  });

  it("holds, because a bound that is none gives way to the budget's", () => {
    for (const given of [
      { max_tokens: -1 },
      { max_completion_tokens: 0 },
      { max_tokens: -1, max_completion_tokens: -1 },
    ]) {
      const input = withBoundedOutput(chat(given));
      const request = { ...input, provider: "mine", model: "m" };
      const { body } = relayedRequest("chat", request, false) ?? {};
      expect(body).toMatchObject({ max_tokens: 4096 });
      expect(body).not.toHaveProperty("max_completion_tokens");
    }
  });

  const sent = (given: object, server: { provider: string; model: string }) =>
    relayedRequest("chat", { ...withBoundedOutput(chat(given)), ...server }, false)?.body;

  it("holds at a server that knows one name of the bound only", () => {
    const llama = { provider: "mine", model: "llama-4" };
    expect(sent({ max_completion_tokens: 50 }, llama)).toMatchObject({ max_tokens: 50, max_completion_tokens: 50 });
    expect(sent({ max_tokens: 50 }, llama)).toMatchObject({ max_tokens: 50 });
    expect(sent({ max_tokens: 50 }, llama)).not.toHaveProperty("max_completion_tokens");
  });

  it("has the name that OpenAI's own models take, which refuse both", () => {
    const at = (model: string) => sent({ max_completion_tokens: 50 }, { provider: "azure", model });
    expect(at("gpt-4o")).toMatchObject({ max_tokens: 50 });
    expect(at("gpt-4o")).not.toHaveProperty("max_completion_tokens");
    expect(at("openai/gpt-6-luna")).toMatchObject({ max_completion_tokens: 50 });
    expect(at("openai/gpt-6-luna")).not.toHaveProperty("max_tokens");
  });

  it("leaves the client's own bound as it is at OpenAI, and everywhere without a budget", () => {
    const given = { max_completion_tokens: 50 };
    expect(sent(given, { provider: "openai", model: "gpt-4o" })).toMatchObject(given);
    expect(sent(given, { provider: "openai", model: "gpt-4o" })).not.toHaveProperty("max_tokens");
    const { body } = relayedRequest("chat", { ...chat(given), provider: "mine", model: "llama-4" }, false) ?? {};
    expect(body).not.toHaveProperty("max_tokens");
  });

  it("counts each choice of a stored prompt, too", () => {
    const { relay, ...translated } = chat({ n: 5 });
    expect(relay).toBeDefined();
    expect(worst(translated)).toBeGreaterThan(4 * 4096 * 400);
    expect(worst(chat({ n: 5 }))).toBeGreaterThan(4 * 4096 * 400);
  });
});
