import { describe, expect, it } from "vitest";
import type { FinishReason } from "../../../../src/domain/completions/completion.ts";
import { chatDoor } from "../../../../src/domain/doors/chat/door.ts";
import type { DoorAnswer } from "../../../../src/domain/doors/door.ts";
import { toCompletion as fromAnthropic } from "../../../../src/providers/anthropic/response.ts";
import { toCompletion as fromOpenAI } from "../../../../src/providers/openai/response.ts";
import { fixture } from "../../../providers/wire-fixtures.ts";
import { answerOf, CALLS } from "./official-client.ts";

const recorded = (name: string): unknown => JSON.parse(new TextDecoder().decode(fixture(name)));
const write = (changes: Partial<DoorAnswer>) => chatDoor.write(answerOf(changes), {});

describe("a chat completion that we write", () => {
  it("has the members of OpenAI's own", () => {
    const written = write({
      usage: {
        prompt_tokens: 19,
        completion_tokens: 7,
        total_tokens: 26,
        cached_tokens: 3,
        cache_write_tokens: 8,
        cache_write_1h_tokens: 2,
        audio_input_tokens: 1,
        image_input_tokens: 4,
        reasoning_tokens: 5,
        audio_output_tokens: 6,
        service_tier: "flex",
      },
    });
    expect(written).toEqual({
      id: "chatcmpl-exe_1",
      object: "chat.completion",
      created: 1_764_158_400,
      model: "claude-sonnet-5",
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: "Hello!", refusal: null, annotations: [] },
          logprobs: null,
          finish_reason: "stop",
        },
      ],
      usage: {
        prompt_tokens: 19,
        completion_tokens: 7,
        total_tokens: 26,
        prompt_tokens_details: {
          cached_tokens: 3,
          audio_tokens: 1,
          image_tokens: 4,
          cache_write_tokens: 8,
          cache_write_tokens_details: { ttl_12h_tokens: 2 },
        },
        completion_tokens_details: {
          reasoning_tokens: 5,
          audio_tokens: 6,
          accepted_prediction_tokens: 0,
          rejected_prediction_tokens: 0,
        },
      },
      service_tier: "flex",
    });
  });

  it.each<[string, Partial<DoorAnswer>, object]>([
    [
      "calls, and a null in place of a content",
      { text: "", tool_calls: CALLS.slice(0, 1), finish_reason: "tool_calls" },
      {
        content: null,
        tool_calls: [{ id: "c1", type: "function", function: { name: "get_weather", arguments: '{"city":"Bern"}' } }],
      },
    ],
    ["calls beside a text", { text: "Let me see.", tool_calls: CALLS }, { content: "Let me see." }],
    ["an empty text where nothing was said", { text: "" }, { content: "" }],
    ["the reasoning", { reasoning: "Hm." }, { content: "Hello!", reasoning_content: "Hm." }],
    [
      "the reasoning that its provider wants back",
      { reasoning_blocks: [{ type: "thinking", thinking: "Hm.", signature: "c2ln" }] },
      { thinking_blocks: [{ type: "thinking", thinking: "Hm.", signature: "c2ln" }] },
    ],
  ])("has %s", (_what, changes, message) => {
    expect(write(changes)).toMatchObject({ choices: [{ message }] });
  });

  it.each<[FinishReason | null, string]>([
    ["stop", "stop"],
    ["length", "length"],
    ["content_filter", "content_filter"],
    ["tool_calls", "tool_calls"],
    ["other", "stop"],
    [null, "stop"],
  ])("ends for %s with the reason %s", (finish_reason, written) => {
    expect(write({ finish_reason })).toMatchObject({ choices: [{ finish_reason: written }] });
  });

  it("has no usage and no tier where the provider counted nothing", () => {
    expect(Object.keys(write({ usage: null }))).not.toEqual(expect.arrayContaining(["usage", "service_tier"]));
  });

  it.each([
    ["OpenAI", fromOpenAI, "openai/completion.json"],
    ["OpenAI, which refused", fromOpenAI, "openai/completion-refusal.json"],
    ["Anthropic", fromAnthropic, "anthropic/message.json"],
    ["Anthropic, which refused", fromAnthropic, "anthropic/message-refusal.json"],
  ])("says the same as the recorded answer of %s", (_who, read, name) => {
    const completion = read(recorded(name), "m");
    const written = fromOpenAI(write(completion), "m");
    const { cached_tokens = 0, ...usage } = completion.usage ?? {};
    const used = Object.entries(usage).filter(([, tokens]) => tokens !== 0);
    // Only clients read `thinking_blocks`.
    const { reasoning_blocks: _blocks, ...told } = completion;
    expect(written).toEqual({ ...told, usage: { cached_tokens, ...Object.fromEntries(used) } });
  });
});
