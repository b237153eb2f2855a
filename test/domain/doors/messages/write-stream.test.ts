import type Anthropic from "@anthropic-ai/sdk";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { saidIn } from "../../../../src/domain/completions/answer.ts";
import type { Said, StreamPart } from "../../../../src/domain/completions/completion.ts";
import { textOfReasoning } from "../../../../src/domain/completions/message.ts";
import { StreamedAnswer } from "../../../../src/domain/completions/streamed-answer.ts";
import type { DoorAnswer } from "../../../../src/domain/doors/door.ts";
import { MessageReader } from "../../../../src/providers/anthropic/stream.ts";
import { SseParser } from "../../../../src/lib/sse-parser.ts";
import { fixture } from "../../../providers/wire-fixtures.ts";
import { answer, asked, CALL, HIDDEN, REDACTED, SEALED, SIGNED, USAGE } from "./bodies.ts";
import { clientOf, streamOf, textOf, whole } from "./official-client.ts";

const SEED = 20261126;
const PARAMS = { model: "m", max_tokens: 10, messages: [{ role: "user" as const, content: "Hi" }] };
/** A message as plain data, without what a stream cannot know. */
function plain(message: Anthropic.Message): Record<string, unknown> {
  const { usage, parsed_output: _parsed, ...rest } = JSON.parse(JSON.stringify(message));
  return { ...rest, usage: { ...usage, cache_creation: null, service_tier: null, inference_geo: null } };
}

async function streamed(given: DoorAnswer, parts: Iterable<Said>, size?: number): Promise<Anthropic.Message> {
  return clientOf(streamOf(given, parts, size))
    .client.messages.stream(PARAMS)
    .finalMessage();
}

async function created(given: DoorAnswer): Promise<Anthropic.Message> {
  return clientOf(whole(given)).client.messages.create(PARAMS);
}

describe("a streamed answer", () => {
  it("is one block after the other, each with its index", () => {
    const given = answer({
      reasoning: "Hm.",
      reasoning_blocks: [SIGNED],
      tool_calls: [CALL],
      finish_reason: "tool_calls",
    });
    const events = new SseParser().push(textOf(given, saidIn(given)));
    expect(events.map(({ event, data }) => [event, (JSON.parse(data) as { index?: number }).index])).toEqual([
      ["message_start", undefined],
      ["content_block_start", 0],
      ["content_block_delta", 0],
      ["content_block_delta", 0],
      ["content_block_stop", 0],
      ["content_block_start", 1],
      ["content_block_delta", 1],
      ["content_block_stop", 1],
      ["content_block_start", 2],
      ["content_block_delta", 2],
      ["content_block_stop", 2],
      ["message_delta", undefined],
      ["message_stop", undefined],
    ]);
    const [start] = events.map(({ data }) => JSON.parse(data) as { message?: { usage: object } });
    expect(start?.message?.usage).toMatchObject({ input_tokens: 7, output_tokens: 0 });
  });

  it.each([
    ["a text", answer()],
    ["no text", answer({ text: "" })],
    ["calls only", answer({ text: "", tool_calls: [CALL, { ...CALL, id: "t2", arguments: "" }] })],
    ["signed thinking", answer({ reasoning: "Hm.", reasoning_blocks: [SIGNED] })],
    ["hidden and redacted thinking", answer({ reasoning_blocks: [HIDDEN, REDACTED] })],
    ["OpenAI's reasoning", answer({ reasoning: "So.", reasoning_blocks: [SEALED] })],
    ["reasoning that nobody takes back", answer({ reasoning: "Hm.\n\nSo." })],
    ["arguments that are no JSON", answer({ tool_calls: [{ ...CALL, arguments: "{" }] })],
    ["every kind of usage", answer({ usage: USAGE })],
  ])("with %s is the same message for Anthropic's client as the whole one", async (_name, given) => {
    const expected = plain(await created(given));
    expect(plain(await streamed(given, saidIn(given)))).toEqual(expected);
    // As where a leader or a store of an earlier version says less, or nothing.
    expect(plain(await streamed(given, []))).toEqual(expected);
  });

  it("signs only what it wrote: a block that differs from the thinking so far comes whole", async () => {
    const given = answer({ reasoning: "Otherwise.", reasoning_blocks: [SIGNED] });
    const { content } = await streamed(given, saidIn(given));
    expect(content.slice(0, 2)).toEqual([{ type: "thinking", thinking: "Otherwise.", signature: "" }, SIGNED]);
  });

  it("brings blocks that a leader of an earlier version did not say", async () => {
    const given = answer({ reasoning: "Hm.", reasoning_blocks: [SIGNED] });
    const { content } = await streamed(given, [
      { type: "reasoning", text: "Hm." },
      { type: "text", text: "Hello" },
    ]);
    expect(content).toMatchObject([{ thinking: "Hm.", signature: "" }, { text: "Hello" }, SIGNED]);
  });

  it("is read by Anthropic's client and by our adapter as it was said, however it is cut", async () => {
    await fc.assert(
      fc.asyncProperty(answers, fc.integer({ min: 1, max: 300 }), async (given, size) => {
        const parts = [...pieces(given)];
        const message = await streamed(given, parts, size);
        expect(plain(message)).toEqual(plain(await created(given)));
        const { text, reasoning_blocks, tool_calls, usage } = readBack(textOf(given, parts));
        expect(text).toBe(given.text);
        expect(reasoning_blocks).toEqual(given.reasoning_blocks);
        expect(tool_calls).toEqual(given.tool_calls);
        expect(usage).toMatchObject(given.usage ?? {});
      }),
      { seed: SEED, numRuns: 150 },
    );
  });

  it("of Anthropic's is the same after it was read and written", () => {
    const reader = new MessageReader("m");
    const first = partsIn(reader, new TextDecoder().decode(fixture("anthropic/stream.sse")));
    const completion = wholeOf(first);
    const given = { ...answer(), ...completion };
    const again = readBack(textOf(given, first.filter(isSaid)));
    expect(again).toMatchObject({ text: completion.text, reasoning: completion.reasoning, usage: completion.usage });
  });

  it("goes back to the model as it was said, when the client sends the message back", async () => {
    const given = answer({ reasoning: "Hm.", reasoning_blocks: [SIGNED], tool_calls: [CALL] });
    const { content } = await streamed(given, saidIn(given));
    const { messages } = asked({
      ...PARAMS,
      messages: [
        { role: "user", content: "Hi" },
        { role: "assistant", content: JSON.parse(JSON.stringify(content)) as unknown },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "t1", content: "Sunny" }] },
      ],
    });
    expect(messages[1]).toEqual({
      role: "assistant",
      content: [{ type: "text", text: "Hello" }],
      reasoning_blocks: [SIGNED],
      tool_calls: [CALL],
    });
  });
});

const words = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 });
const block = fc.oneof(
  fc.record({
    type: fc.constant("thinking" as const),
    thinking: fc.oneof(fc.constant(""), words),
    signature: fc.base64String({ minLength: 4, maxLength: 12 }),
  }),
  fc.record({ type: fc.constant("redacted_thinking" as const), data: words }),
);
const calls = fc.array(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 2 }), { maxLength: 2 });
const answers = fc
  .record({ text: fc.oneof(fc.constant(""), words), blocks: fc.array(block, { maxLength: 3 }), calls })
  .map(({ text, blocks, calls: inputs }): DoorAnswer => {
    const reasoning = blocks.map(textOfReasoning).join("");
    const tool_calls = inputs.map((input, at) => ({ id: `t${at}`, name: "f", arguments: JSON.stringify(input) }));
    return answer({
      text,
      usage: USAGE,
      ...(reasoning !== "" && { reasoning }),
      ...(blocks.length > 0 && { reasoning_blocks: blocks }),
      ...(tool_calls.length > 0 && { tool_calls, finish_reason: "tool_calls" as const }),
    });
  });

/** What an answer says, letter by letter. */
function* pieces(given: DoorAnswer): Generator<Said> {
  for (const part of saidIn(given)) {
    if (part.type === "tool_call") yield part;
    else {
      for (const text of part.text) yield { type: part.type, text };
      if (part.type === "reasoning" && part.block) yield { ...part, text: "" };
    }
  }
}

function partsIn(reader: MessageReader, text: string): StreamPart[] {
  const events = new SseParser().push(text).filter(({ event }) => event !== "ping");
  return [...events.flatMap(({ data }) => [...reader.read(JSON.parse(data))]), ...reader.end()];
}

function wholeOf(parts: readonly StreamPart[]) {
  const whole = new StreamedAnswer("m");
  for (const part of parts) whole.add(part);
  return whole.completion();
}

const readBack = (text: string) => wholeOf(partsIn(new MessageReader("m"), text));

function isSaid(part: StreamPart): part is Said {
  return part.type === "text" || part.type === "reasoning" || part.type === "tool_call";
}
