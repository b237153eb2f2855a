import { describe, expect, it } from "vitest";
import { chatDoor } from "../../../../src/domain/doors/chat/door.ts";
import { body, CALL, PDF, PNG, withCall, withMessage, withPart } from "./bodies.ts";

const messagesOf = (given: Record<string, unknown>) => chatDoor.read(given).messages;

describe("a conversation of a chat completion", () => {
  it.each([
    ["a system message", { role: "system", content: "Be brief." }],
    ["a developer message", { role: "developer", content: "Be brief." }],
    ["a text in parts", { role: "user", content: [{ type: "text", text: "Hi" }] }],
    ["a result of a tool", { role: "tool", tool_call_id: "c1", content: "Sunny" }],
  ])("has %s as it is", (_what, message) => {
    expect(messagesOf(withMessage(message))).toEqual([message]);
  });

  it("may have no message of its own, because a stored prompt has some", () => {
    expect(messagesOf(body({ messages: [] }))).toEqual([]);
  });

  it("has the calls that the assistant asked for, and no content beside them", () => {
    expect(messagesOf(withCall(CALL))).toEqual([
      {
        role: "assistant",
        content: "",
        tool_calls: [{ id: "c1", name: "get_weather", arguments: '{"city":"Bern"}' }],
      },
    ]);
  });

  it.each([
    ["a message's refusal", { role: "assistant", content: null, refusal: "No." }, "No."],
    [
      "a part that refuses",
      { role: "assistant", content: [{ type: "refusal", refusal: "No." }] },
      [{ type: "text", text: "No." }],
    ],
    [
      "a refusal after a text",
      { role: "assistant", content: "Hm.", refusal: "No." },
      [
        { type: "text", text: "Hm." },
        { type: "text", text: "No." },
      ],
    ],
  ])("has %s as a text of the assistant", (_what, message, content) => {
    expect(messagesOf(withMessage(message))).toEqual([{ role: "assistant", content }]);
  });

  it.each([
    [
      "a picture in the message",
      { type: "image_url", image_url: { url: PNG, detail: "low" } },
      { type: "image", image: { data: "iVBORw0KGgo=", media_type: "image/png" }, detail: "low" },
    ],
    [
      "a picture elsewhere",
      { type: "image_url", image_url: { url: "https://cdn.test/a.png" } },
      { type: "image", image: { url: "https://cdn.test/a.png" } },
    ],
    [
      "a picture by its URL alone",
      { type: "image_url", image_url: "https://cdn.test/a.png" },
      { type: "image", image: { url: "https://cdn.test/a.png" } },
    ],
    [
      "a recording",
      { type: "input_audio", input_audio: { data: "UklGRg==", format: "mp3" } },
      { type: "audio", audio: { data: "UklGRg==", media_type: "audio/mpeg" }, format: "mp3" },
    ],
    [
      "a document in the message",
      { type: "file", file: { file_data: PDF, filename: "a.pdf" } },
      { type: "file", file: { data: "JVBERi0=", media_type: "application/pdf" }, filename: "a.pdf" },
    ],
    [
      "a document among the provider's files",
      { type: "file", file: { file_id: "file-1" } },
      { type: "file", file: { file_id: "file-1" } },
    ],
  ])("has %s as a part", (_what, part, read) => {
    expect(chatDoor.read(withPart(part))).toMatchObject({ messages: [{ content: [read] }], untranslated: [] });
  });

  it.each([
    ["OpenAI's breakpoint", { prompt_cache_breakpoint: { mode: "explicit" } }, { type: "ephemeral" }],
    ["OpenAI's usual time", { prompt_cache_breakpoint: { mode: "explicit", ttl: "30m" } }, { type: "ephemeral" }],
    [
      "OpenAI's longest time",
      { prompt_cache_breakpoint: { mode: "explicit", ttl: "12h" } },
      { type: "ephemeral", ttl: "1h" },
    ],
    ["Anthropic's breakpoint", { cache_control: { type: "ephemeral" } }, { type: "ephemeral" }],
    ["Anthropic's own time", { cache_control: { type: "ephemeral", ttl: "1h" } }, { type: "ephemeral", ttl: "1h" }],
    ["no breakpoint", { cache_control: null, prompt_cache_breakpoint: null }, undefined],
  ])("keeps the prompt up to a part with %s", (_what, members, cache_control) => {
    const read = chatDoor.read(withPart({ type: "text", text: "Hi", ...members }));
    expect(read.messages[0]?.content).toEqual([{ type: "text", text: "Hi", ...(cache_control && { cache_control }) }]);
    expect(read.untranslated).toEqual([]);
  });

  it("keeps the prompt up to a message's last part where the message says so", () => {
    const cache_control = { type: "ephemeral" };
    const [message] = messagesOf(withMessage({ role: "system", content: "Be brief.", cache_control }));
    expect(message?.content).toEqual([{ type: "text", text: "Be brief.", cache_control }]);
  });

  it("has the thinking of earlier answers as the provider wants it back, and asks for more of it", () => {
    const thinking_blocks = [
      { type: "thinking", thinking: "Hm.", signature: "c2ln" },
      { type: "redacted_thinking", data: "ZGF0YQ==" },
      { type: "reasoning", id: "rs_1", summary: ["Hm."], encrypted_content: "ZW5j" },
    ];
    const read = chatDoor.read(
      withMessage({ role: "assistant", content: "Hi", reasoning_content: "Hm.", thinking_blocks }),
    );
    expect(read).toMatchObject({
      messages: [{ reasoning_blocks: thinking_blocks }],
      reasoning: true,
      untranslated: [],
    });
  });

  it("takes the name of a tool beside the call that it answers, which says the same", () => {
    const read = chatDoor.read(
      withMessage({ role: "tool", tool_call_id: "c1", name: "get_weather", content: "Sunny" }),
    );
    expect(read).toMatchObject({ messages: [{ role: "tool", content: "Sunny" }], untranslated: [] });
  });

  it("takes an answer as clients send it back: with what only answers have, and streamed calls with their index", () => {
    const answer = {
      role: "assistant",
      content: "Hi",
      refusal: null,
      annotations: [{ type: "url_citation" }],
      audio: null,
      function_call: null,
      parsed: { city: "Bern" },
      reasoning_content: "Hm.",
      tool_calls: [{ ...CALL, index: 0, function: { ...CALL.function, parsed_arguments: { city: "Bern" } } }],
    };
    const read = chatDoor.read(withMessage(answer));
    expect(read).toMatchObject({ messages: [{ content: "Hi", tool_calls: [{ id: "c1" }] }], untranslated: [] });
  });
});
