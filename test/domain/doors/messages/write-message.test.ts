import { describe, expect, it } from "vitest";
import type { FinishReason } from "../../../../src/domain/completions/completion.ts";
import { messagesDoor } from "../../../../src/domain/doors/messages/door.ts";
import { toCompletion } from "../../../../src/providers/anthropic/response.ts";
import { fixture } from "../../../providers/wire-fixtures.ts";
import { answer, CALL, REDACTED, SEALED, SIGNED, USAGE } from "./bodies.ts";
import { textOf } from "./official-client.ts";

describe("a whole answer", () => {
  it("is a message with thinking, text and calls in their order, and the usage as Anthropic counts it", () => {
    const blocks = { reasoning: "Hm.So.", reasoning_blocks: [SIGNED, REDACTED, SEALED] };
    const given = answer({ ...blocks, tool_calls: [CALL], finish_reason: "tool_calls", usage: USAGE });
    expect(messagesDoor.write(given, {})).toEqual({
      id: "msg_exe_1",
      type: "message",
      role: "assistant",
      model: "gpt-6-sol",
      content: [
        SIGNED,
        REDACTED,
        { type: "thinking", thinking: "So.", signature: "openai:rs_1:gAAA" },
        { type: "text", text: "Hello", citations: null },
        { type: "tool_use", id: "t1", name: "get_weather", input: { city: "Bern" }, caller: { type: "direct" } },
      ],
      stop_reason: "tool_use",
      stop_sequence: null,
      stop_details: null,
      container: null,
      diagnostics: null,
      usage: {
        input_tokens: 25,
        cache_creation_input_tokens: 100,
        cache_read_input_tokens: 2_000,
        cache_creation: { ephemeral_5m_input_tokens: 60, ephemeral_1h_input_tokens: 40 },
        output_tokens: 15,
        output_tokens_details: { thinking_tokens: 5 },
        server_tool_use: null,
        service_tier: "standard",
        speed: null,
        inference_geo: null,
      },
    });
  });

  it.each<[FinishReason | null, string]>([
    ["stop", "end_turn"],
    ["length", "max_tokens"],
    ["tool_calls", "tool_use"],
    ["content_filter", "refusal"],
    ["other", "end_turn"],
    [null, "end_turn"],
  ])("that ended with %s has the stop reason %s", (finish_reason, stop_reason) => {
    expect(messagesDoor.write(answer({ finish_reason }), {})).toMatchObject({ stop_reason });
  });

  it("asks for its calls to be made, whatever reason a server gave with them", () => {
    expect(messagesDoor.write(answer({ tool_calls: [CALL] }), {})).toMatchObject({ stop_reason: "tool_use" });
  });

  it.each([
    ["no JSON", '{"city": ', { INVALID_JSON: '{"city": ' }],
    ["no object", "[1]", { INVALID_JSON: "[1]" }],
    ["a long number", "12345678901234567890", { INVALID_JSON: "12345678901234567890" }],
    ["nothing", "", {}],
  ])("has an object as the input of a tool whose arguments are %s", (_name, text, input) => {
    const given = answer({ tool_calls: [{ ...CALL, arguments: text }] });
    const { content } = messagesDoor.write(given, {}) as { content: unknown[] };
    expect(content.at(-1)).toMatchObject({ input });
  });

  it("keeps the digits of a tool's input", () => {
    const text = '{"2":9007199254740993,"1":12345678901234567890}';
    const given = answer({ tool_calls: [{ ...CALL, arguments: text }] });
    expect(JSON.stringify(messagesDoor.write(given, {}))).toContain(`"input":${text}`);
    expect(textOf(given, [])).toContain(JSON.stringify(text));
  });

  it.each([
    ["priority", { service_tier: "priority", speed: null }],
    ["fast", { service_tier: "standard", speed: "fast" }],
    ["flex", { service_tier: null, speed: null }],
  ])("of the tier %s has Anthropic's names for it", (service_tier, expected) => {
    const given = answer({ usage: { ...USAGE, service_tier } });
    expect(messagesDoor.write(given, {})).toMatchObject({ usage: expected });
  });

  it("counts nothing where the provider counted nothing", () => {
    const { usage } = messagesDoor.write(answer({ usage: null }), {}) as { usage: object };
    expect(usage).toMatchObject({ input_tokens: 0, output_tokens: 0, cache_read_input_tokens: 0 });
  });

  it("of Anthropic's is the same after it was read and written", () => {
    const recorded = JSON.parse(new TextDecoder().decode(fixture("anthropic/message.json"))) as Record<string, unknown>;
    const completion = toCompletion(recorded, "m");
    const written = messagesDoor.write({ ...answer(), ...completion }, {}) as Record<string, unknown>;
    expect(toCompletion(written, "m")).toMatchObject({
      text: completion.text,
      reasoning_blocks: completion.reasoning_blocks,
      finish_reason: completion.finish_reason,
      usage: completion.usage,
    });
  });
});
