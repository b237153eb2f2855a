import { describe, expect, it } from "vitest";
import { responsesDoor } from "../../../../src/domain/doors/responses/door.ts";
import { body, CALL, faultsOf, OUTPUT, PDF, PNG, REASONING, withItems, withPart } from "./bodies.ts";

const messagesOf = (...items: unknown[]) => responsesDoor.read(withItems(...items)).messages;
const untranslatedIn = (...items: unknown[]) =>
  responsesDoor.read(withItems(...items)).untranslated.map(({ path }) => path);

const block = { type: "reasoning", id: "rs_0123", summary: ["The weather, then."], encrypted_content: "gAAAA" };
const call = { id: "c1", name: "get_weather", arguments: '{"city":"Bern"}' };
const said = { type: "message", id: "msg_1", status: "completed", role: "assistant" } as const;
const spoken = (text: string) => ({ type: "output_text", text, annotations: [], logprobs: [] });

describe("the reading of an input", () => {
  it("takes messages with and without their type", () => {
    expect(
      messagesOf(
        { role: "developer", content: "Be brief." },
        { type: "message", role: "system", content: [{ type: "input_text", text: "And kind." }] },
        { role: "user", content: "Hello" },
        { role: "assistant", content: "Hi!", phase: "final_answer" },
      ),
    ).toEqual([
      { role: "developer", content: "Be brief." },
      { role: "system", content: [{ type: "text", text: "And kind." }] },
      { role: "user", content: "Hello" },
      { role: "assistant", content: "Hi!" },
    ]);
  });

  it.each([
    ["a text", { type: "input_text", text: "Hello" }, { type: "text", text: "Hello" }],
    [
      "a picture by its URL",
      { type: "input_image", image_url: "https://cdn.test/a.png", detail: "low" },
      { type: "image", image: { url: "https://cdn.test/a.png" }, detail: "low" },
    ],
    [
      "a picture in the message",
      { type: "input_image", image_url: PNG, detail: "auto" },
      { type: "image", image: { data: "iVBORw0KGgo=", media_type: "image/png" }, detail: "auto" },
    ],
    [
      "a picture of the provider's",
      { type: "input_image", file_id: "file-1", image_url: null },
      { type: "image", image: { file_id: "file-1" } },
    ],
    [
      "a file in the message",
      { type: "input_file", file_data: PDF, filename: "a.pdf", detail: "auto" },
      { type: "file", file: { data: "JVBERi0=", media_type: "application/pdf" }, filename: "a.pdf" },
    ],
    [
      "a file by its URL",
      { type: "input_file", file_url: "https://cdn.test/a.pdf" },
      { type: "file", file: { url: "https://cdn.test/a.pdf" } },
    ],
    [
      "a file of the provider's",
      { type: "input_file", file_id: "file-1" },
      { type: "file", file: { file_id: "file-1" } },
    ],
    [
      "a cache breakpoint",
      { type: "input_text", text: "Long", prompt_cache_breakpoint: { mode: "explicit" } },
      { type: "text", text: "Long", cache_control: { type: "ephemeral" } },
    ],
    [
      "a cache breakpoint for longer",
      { type: "input_text", text: "Long", prompt_cache_breakpoint: { mode: "explicit", ttl: "12h" } },
      { type: "text", text: "Long", cache_control: { type: "ephemeral", ttl: "1h" } },
    ],
  ])("takes %s", (_case, part, expected) => {
    const { messages, untranslated } = responsesDoor.read(withPart(part));
    expect(messages).toEqual([{ role: "user", content: [expected] }]);
    expect(untranslated).toEqual([]);
  });

  it("takes a turn of the assistant as one message, whatever it thought, said and called", () => {
    const second = { ...CALL, id: "fc_2", status: "completed", call_id: "c2", parsed_arguments: null };
    const content = [spoken("Let me see."), { type: "refusal", refusal: "Not that." }];
    expect(
      messagesOf({ role: "user", content: "?" }, REASONING, { ...said, content }, CALL, second, OUTPUT, {
        ...OUTPUT,
        call_id: "c2",
        output: [
          { type: "input_text", text: "Rain" },
          { type: "input_image", image_url: PNG },
        ],
      }),
    ).toEqual([
      { role: "user", content: "?" },
      {
        role: "assistant",
        content: [
          { type: "text", text: "Let me see." },
          { type: "text", text: "Not that." },
        ],
        reasoning_blocks: [block],
        tool_calls: [call, { ...call, id: "c2" }],
      },
      { role: "tool", content: "Sunny", tool_call_id: "c1" },
      {
        role: "tool",
        content: [
          { type: "text", text: "Rain" },
          { type: "image", image: { data: "iVBORw0KGgo=", media_type: "image/png" } },
        ],
        tool_call_id: "c2",
      },
    ]);
  });

  it("keeps calls that are still to be answered in one message", () => {
    const next = { ...REASONING, id: "rs_2" };
    expect(
      messagesOf(REASONING, CALL, next, { ...CALL, call_id: "c2" }, { ...said, content: "Wait." }, OUTPUT),
    ).toEqual([
      {
        role: "assistant",
        content: "Wait.",
        reasoning_blocks: [block, { ...block, id: "rs_2" }],
        tool_calls: [call, { ...call, id: "c2" }],
      },
      { role: "tool", content: "Sunny", tool_call_id: "c1" },
    ]);
  });

  it("puts what is said between calls before them, part by part", () => {
    const next = { ...said, content: [{ type: "output_text", text: "B" }] };
    expect(messagesOf({ ...said, content: "A" }, CALL, next, { ...said, content: "C" })).toEqual([
      { role: "assistant", content: ["A", "B", "C"].map((text) => ({ type: "text", text })), tool_calls: [call] },
    ]);
  });

  it("names the first of its findings where there is one in each of its bytes", () => {
    const many = (item: unknown) => Array.from({ length: 100_000 }, () => item);
    expect(faultsOf(() => responsesDoor.read(body({ input: many(1) })))).toHaveLength(50);
    expect(responsesDoor.read(body({ input: many({ type: "a" }) })).untranslated).toHaveLength(50);
  });

  it("begins a message with the reasoning after a text", () => {
    expect(messagesOf({ ...said, content: "One." }, { ...said, content: "Two." }, REASONING, CALL)).toEqual([
      { role: "assistant", content: "One." },
      { role: "assistant", content: "Two." },
      { role: "assistant", content: "", reasoning_blocks: [block], tool_calls: [call] },
    ]);
  });

  it("leaves out reasoning of our own that was only there to be read", () => {
    expect(messagesOf({ type: "reasoning", id: "rs_exe_1_0", summary: [] }, { role: "user", content: "?" })).toEqual([
      { role: "user", content: "?" },
    ]);
  });

  it.each([
    ["a reference to an item", { type: "item_reference", id: "msg_1" }, ["input.0.type"]],
    ["a reference without a type", { id: "msg_1" }, ["input.0.type"]],
    ["a call of a custom tool", { type: "custom_tool_call", call_id: "c1", name: "x", input: "y" }, ["input.0.type"]],
    ["a search", { type: "web_search_call", id: "ws_1", status: "completed" }, ["input.0.type"]],
    ["an item of tomorrow", { type: "a_thing" }, ["input.0.type"]],
    ["a role of tomorrow", { role: "critic", content: "No." }, ["input.0.role"]],
    ["a part of tomorrow", { role: "user", content: [{ type: "input_smell" }] }, ["input.0.content.0.type"]],
    ["a recording", { role: "user", content: [{ type: "input_audio", input_audio: {} }] }, ["input.0.content.0.type"]],
    ["a member of tomorrow", { role: "user", content: "x", mood: "good" }, ["input.0.mood"]],
    ["a namespace of a function", { ...CALL, namespace: "crm" }, ["input.0.namespace"]],
    ["an output of no call", { ...OUTPUT, call_id: null }, ["input.0.call_id"]],
    ["open reasoning", { ...REASONING, content: [{ type: "reasoning_text", text: "Hm" }] }, ["input.0.content"]],
    ["the original size of a picture", part({ type: "input_image", image_url: PNG, detail: "original" }), ["detail"]],
    ["a picture that is none", part({ type: "input_image", image_url: "a.png" }), ["image_url"]],
    ["a file in bare base64", part({ type: "input_file", file_data: "JVBERi0=" }), ["file_data"]],
    ["a file by no URL", part({ type: "input_file", file_url: "a.pdf" }), ["file_url"]],
    ["the detail of a file", part({ type: "input_file", file_id: "f", detail: "high" }), ["detail"]],
    [
      "a breakpoint of tomorrow",
      part({ type: "input_text", text: "x", prompt_cache_breakpoint: { mode: "explicit", ttl: "7d" } }),
      ["prompt_cache_breakpoint"],
    ],
  ])("names %s as what no other API has", (_case, item, names) => {
    const paths = names.map((name) => (name.startsWith("input") ? name : `input.0.content.0.${name}`));
    expect(untranslatedIn(item)).toEqual(paths);
  });

  it.each([
    ["a message without a role", { type: "message", content: "x" }, ["input.0.role"]],
    ["a message without content", { role: "user" }, ["input.0.content"]],
    ["a type that is no text", { type: 4 }, ["input.0.type"]],
    ["a part that is no object", { role: "user", content: ["x"] }, ["input.0.content.0"]],
    ["a part without a type", { role: "user", content: [{}] }, ["input.0.content.0.type"]],
    ["a text without text", part({ type: "input_text" }), ["input.0.content.0.text"]],
    ["a picture of nothing", part({ type: "input_image" }), ["input.0.content.0"]],
    ["a file of nothing", part({ type: "input_file", filename: "a" }), ["input.0.content.0"]],
    ["a call of nothing", { type: "function_call" }, ["input.0.call_id", "input.0.name", "input.0.arguments"]],
    ["no output", { type: "function_call_output", call_id: "c1" }, ["input.0.output"]],
    ["reasoning without an id", { type: "reasoning", summary: [] }, ["input.0.id"]],
    ["a summary without text", { ...REASONING, summary: [{}] }, ["input.0.summary.0.text"]],
    ["a broken seal", { ...REASONING, encrypted_content: "pbt:e30=" }, ["input.0.encrypted_content"]],
    ["a seal of no JSON", { ...REASONING, encrypted_content: "pbt:!!" }, ["input.0.encrypted_content"]],
  ])("refuses %s", (_case, item, paths) => {
    expect(faultsOf(() => messagesOf(item)).map(({ path }) => path)).toEqual(paths);
  });
});

function part(content: object): object {
  return { role: "user", content: [content] };
}
