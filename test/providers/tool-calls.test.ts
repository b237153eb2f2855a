import { describe, expect, it } from "vitest";
import { toCompletion as fromMessage } from "../../src/providers/anthropic/response.ts";
import { MessageReader } from "../../src/providers/anthropic/stream.ts";
import type { StreamReader } from "../../src/providers/wire-format.ts";
import { toCompletion as fromChat } from "../../src/providers/openai/response.ts";
import { ChunkReader } from "../../src/providers/openai/stream.ts";

const CALLS = [
  { id: "c1", name: "get_weather", arguments: '{"city":"Bern"}' },
  { id: "c2", name: "now", arguments: "{}" },
];

/** What a reader gives for these events, but for the usage. */
function saidIn(reader: StreamReader, events: readonly object[]): object[] {
  const parts = [...events.flatMap((event) => [...reader.read(event)]), ...reader.end()];
  return parts.filter(({ type }) => type !== "usage");
}

const tools = CALLS.map((call, index) => ({ type: "tool_call", index, call }));
const finish = { type: "finish", finish_reason: "tool_calls", usage: null };

describe("calls of tools by OpenAI", () => {
  const chunk = (delta: object, finish_reason: string | null = null) => ({ choices: [{ delta, finish_reason }] });
  const end = chunk({}, "tool_calls");

  it("come whole, with the reasoning of a compatible server", () => {
    const tool_calls = CALLS.map(({ id, name, arguments: text }) => ({
      id,
      type: "function",
      function: { name, arguments: text },
    }));
    const message = { role: "assistant", content: null, reasoning_content: "Hm.", tool_calls };
    expect(fromChat({ choices: [{ message, finish_reason: "tool_calls" }] }, "m")).toEqual({
      text: "",
      tool_calls: CALLS,
      reasoning: "Hm.",
      finish_reason: "tool_calls",
      usage: null,
      model: "m",
    });
  });

  it("come in pieces, each call once it is complete", async () => {
    const pieces = [
      chunk({ role: "assistant", content: null }),
      chunk({ tool_calls: [{ index: 0, id: "c1", function: { name: "get_weather", arguments: "" } }] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: '"Bern"}' } }] }),
      chunk({ tool_calls: [{ index: 1, id: "c2", function: { name: "now", arguments: "{}" } }] }),
      end,
    ];
    expect(saidIn(new ChunkReader("m"), pieces)).toEqual([...tools, { ...finish, model: "m" }]);
  });

  it("come from servers that leave the index out, several in one chunk", async () => {
    const calls = CALLS.map(({ id, name, arguments: text }) => ({ id, function: { name, arguments: text } }));
    const parts = saidIn(new ChunkReader("m"), [chunk({ tool_calls: calls }), end]);
    expect(parts).toEqual([...tools, { ...finish, model: "m" }]);
  });

  it("come from servers that give all of them one index", async () => {
    const pieces = CALLS.map(({ id, name, arguments: text }) =>
      chunk({ tool_calls: [{ index: 0, id, function: { name, arguments: text } }] }),
    );
    expect(saidIn(new ChunkReader("m"), [...pieces, end])).toEqual([...tools, { ...finish, model: "m" }]);
  });

  it("come from servers that repeat the name, or change the id within a call", async () => {
    const pieces = [
      { id: "c1", function: { name: "get_weather", arguments: '{"city":' } },
      { id: "c1", function: { name: "get_weather", arguments: '"Be' } },
      { id: "other", function: { arguments: 'rn"}' } },
    ].map((piece) => chunk({ tool_calls: [{ index: 0, ...piece }] }));
    expect(saidIn(new ChunkReader("m"), [...pieces, end])).toEqual([tools[0], { ...finish, model: "m" }]);
  });
});

describe("calls of tools by Anthropic", () => {
  const start = (content_block: object, index: number) => ({ type: "content_block_start", index, content_block });
  const delta = (part: object, index: number) => ({ type: "content_block_delta", index, delta: part });
  const stop = (index: number) => ({ type: "content_block_stop", index });

  it("come whole, with the thinking before them", () => {
    const content = [
      { type: "thinking", thinking: "Hm.", signature: "s" },
      { type: "tool_use", id: "c1", name: "get_weather", input: { city: "Bern" } },
      { type: "tool_use", id: "c2", name: "now", input: {} },
    ];
    expect(fromMessage({ content, stop_reason: "tool_use" }, "m")).toEqual({
      text: "",
      tool_calls: CALLS,
      reasoning: "Hm.",
      reasoning_blocks: [{ type: "thinking", thinking: "Hm.", signature: "s" }],
      finish_reason: "tool_calls",
      usage: null,
      model: "m",
    });
  });

  it("come in pieces, each call at the end of its block", async () => {
    const events = [
      start({ type: "thinking", thinking: "" }, 0),
      delta({ type: "thinking_delta", thinking: "Hm." }, 0),
      stop(0),
      start({ type: "tool_use", id: "c1", name: "get_weather", input: {} }, 1),
      delta({ type: "input_json_delta", partial_json: "" }, 1),
      delta({ type: "input_json_delta", partial_json: '{"city":' }, 1),
      delta({ type: "input_json_delta", partial_json: '"Bern"}' }, 1),
      stop(1),
      start({ type: "tool_use", id: "c2", name: "now", input: {} }, 2),
      stop(2),
      { type: "message_delta", delta: { stop_reason: "tool_use" } },
      { type: "message_stop" },
    ];
    const said = [{ type: "reasoning", text: "Hm." }, ...tools, { ...finish, model: "m" }];
    expect(saidIn(new MessageReader("m"), events)).toEqual(said);
  });
});
