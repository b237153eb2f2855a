import { describe, expect, it } from "vitest";
import type { StreamPart } from "../../src/domain/completions/completion.ts";
import type { Message, ReasoningBlock } from "../../src/domain/completions/message.ts";
import { StreamedAnswer } from "../../src/domain/completions/streamed-answer.ts";
import { toAnthropicRequest } from "../../src/providers/anthropic/request.ts";
import { toCompletion } from "../../src/providers/anthropic/response.ts";
import { MessageReader } from "../../src/providers/anthropic/stream.ts";
import { joinTexts } from "../../src/providers/join-texts.ts";
import { toOpenAIRequest } from "../../src/providers/openai/request.ts";
import { toCompletionOfResponse } from "../../src/providers/openai/responses-answer.ts";
import { toResponsesRequest } from "../../src/providers/openai/responses-request.ts";
import { ResponseReader } from "../../src/providers/openai/responses-stream.ts";
import type { StreamReader } from "../../src/providers/wire-format.ts";
import { request } from "./wire-fixtures.ts";

const THINKING = { type: "thinking", thinking: "Hm, hm.", signature: "sig-1" } as const;
const HIDDEN = { type: "thinking", thinking: "", signature: "sig-2" } as const;
const REDACTED = { type: "redacted_thinking", data: "sealed" } as const;
const OPENAI = { type: "reasoning", id: "rs_1", summary: ["One.", "Two."], encrypted_content: "gAAA" } as const;
const BLOCKS: ReasoningBlock[] = [THINKING, HIDDEN, REDACTED];
const CONTENT = [...BLOCKS, { type: "text", text: "Hello" }];
const ITEM = {
  type: "reasoning",
  id: "rs_1",
  summary: [
    { type: "summary_text", text: "One." },
    { type: "summary_text", text: "Two." },
  ],
  encrypted_content: "gAAA",
};
const SAID = { type: "message", role: "assistant", content: [{ type: "output_text", text: "Hello" }] };

const delta = (index: number, piece: object) => ({ type: "content_block_delta", index, delta: piece });
const start = (index: number, block: object) => ({ type: "content_block_start", index, content_block: block });
const stop = (index: number) => ({ type: "content_block_stop", index });
const END = { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 9 } };

function partsOf(reader: StreamReader, events: readonly object[]): StreamPart[] {
  return joinTexts([...events.flatMap((event) => [...reader.read(event)]), ...reader.end()]);
}

/** The conversation that goes on after an answer with these blocks. */
function after(...reasoning_blocks: ReasoningBlock[]): { messages: Message[] } {
  return {
    messages: [
      { role: "user", content: "Hi" },
      { role: "assistant", content: "Hello", reasoning_blocks },
      { role: "user", content: "And?" },
    ],
  };
}

describe("the thinking of an answer from Anthropic", () => {
  it("is read in its order, signed or redacted", () => {
    const answer = toCompletion({ content: CONTENT, stop_reason: "end_turn" }, "m");
    expect(answer).toMatchObject({ text: "Hello", reasoning: "Hm, hm.", reasoning_blocks: BLOCKS });
  });

  it("is no block where a compatible server does not sign it", () => {
    const content = [
      { type: "thinking", thinking: "Hm." },
      { ...THINKING, signature: "" },
    ];
    const answer = toCompletion({ content, stop_reason: "end_turn" }, "m");
    expect(answer.reasoning).toBe("Hm.Hm, hm.");
    expect(answer).not.toHaveProperty("reasoning_blocks");
  });

  it("ends each of its blocks in a stream, before the text that follows", () => {
    const events = [
      start(0, { type: "thinking", thinking: "", signature: "" }),
      delta(0, { type: "thinking_delta", thinking: "Hm, " }),
      delta(0, { type: "thinking_delta", thinking: "hm." }),
      delta(0, { type: "signature_delta", signature: "sig-1" }),
      stop(0),
      start(1, { type: "thinking", thinking: "", signature: "" }),
      delta(1, { type: "signature_delta", signature: "sig-2" }),
      stop(1),
      start(2, REDACTED),
      stop(2),
      start(3, { type: "text", text: "" }),
      delta(3, { type: "text_delta", text: "Hello" }),
      stop(3),
      END,
    ];
    const parts = partsOf(new MessageReader("m"), events);
    expect(parts.slice(0, 4)).toEqual([
      { type: "reasoning", text: "Hm, hm.", block: THINKING },
      { type: "reasoning", text: "", block: HIDDEN },
      { type: "reasoning", text: "", block: REDACTED },
      { type: "text", text: "Hello" },
    ]);
    const answer = new StreamedAnswer("m");
    for (const part of parts) answer.add(part);
    expect(answer.completion()).toMatchObject({ text: "Hello", reasoning: "Hm, hm.", reasoning_blocks: BLOCKS });
  });

  it("is whole where its block has no end", () => {
    const events = [start(0, THINKING), END];
    const [first] = partsOf(new MessageReader("m"), events);
    expect(first).toEqual({ type: "reasoning", text: "Hm, hm.", block: THINKING });
  });

  it("goes back first in its message, in its order", () => {
    const { body } = toAnthropicRequest(request({ provider: "anthropic", ...after(...BLOCKS) }));
    expect(body.messages[1]).toEqual({ role: "assistant", content: CONTENT });
  });

  it("goes back before the calls of a message without text", () => {
    const tool_calls = [{ id: "c1", name: "look", arguments: "{}" }];
    const messages: Message[] = [
      { role: "user", content: "Hi" },
      { role: "assistant", content: "", reasoning_blocks: [THINKING], tool_calls },
      { role: "tool", tool_call_id: "c1", content: "x" },
    ];
    const { body } = toAnthropicRequest(request({ provider: "anthropic", messages }));
    expect(body.messages[1]?.content).toEqual([THINKING, { type: "tool_use", id: "c1", name: "look", input: {} }]);
  });
});

describe("the reasoning of an answer from OpenAI's Responses", () => {
  it("is read with its id, its summary and what is encrypted", () => {
    const answer = toCompletionOfResponse({ status: "completed", output: [ITEM, SAID] }, "m");
    expect(answer).toMatchObject({ text: "Hello", reasoning: "One.\n\nTwo.", reasoning_blocks: [OPENAI] });
  });

  it("ends as a block in a stream, before the text that follows", () => {
    const events = [
      { type: "response.reasoning_summary_text.delta", delta: "One." },
      { type: "response.output_item.done", item: ITEM },
      { type: "response.output_text.delta", delta: "Hello" },
      { type: "response.completed", response: { status: "completed", output: [ITEM, SAID] } },
    ];
    expect(partsOf(new ResponseReader("m"), events).slice(0, 2)).toEqual([
      { type: "reasoning", text: "One.", block: OPENAI },
      { type: "text", text: "Hello" },
    ]);
  });

  it("goes back before its message where it is encrypted, because OpenAI keeps none", () => {
    const { encrypted_content: _sealed, ...bare } = OPENAI;
    const given = after({ ...OPENAI, summary: [...OPENAI.summary] }, { ...bare, summary: [] });
    const { input } = toResponsesRequest(request({ ...given }));
    expect(input).toEqual([
      { role: "user", content: "Hi" },
      ITEM,
      { role: "assistant", content: "Hello" },
      { role: "user", content: "And?" },
    ]);
  });

  it("stays away from chat completions, which have no place for it", () => {
    const { messages } = toOpenAIRequest(request(after({ ...OPENAI, summary: [] })));
    expect(messages[1]).toEqual({ role: "assistant", content: "Hello" });
  });
});

describe("the reasoning of another provider", () => {
  const reasoning: ReasoningBlock = { ...OPENAI, summary: [] };
  it.each([
    ["Anthropic", toAnthropicRequest, [THINKING, reasoning]],
    ["Responses", toResponsesRequest, [reasoning, THINKING]],
    ["Responses, redacted", toResponsesRequest, [reasoning, REDACTED]],
    ["chat completions", toOpenAIRequest, [reasoning, THINKING]],
  ] as const)("is a fault of its block for %s", (_name, toRequest, blocks) => {
    expect(() => toRequest(request(after(...blocks)))).toThrow(
      expect.objectContaining({
        code: "validation_error",
        errors: [expect.objectContaining({ path: "messages.1.reasoning_blocks.1" })],
      }),
    );
  });
});
