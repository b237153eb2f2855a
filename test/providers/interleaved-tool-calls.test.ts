import { describe, expect, it } from "vitest";
import type { StreamPart } from "../../src/domain/completions/completion.ts";
import { MessageReader } from "../../src/providers/anthropic/stream.ts";
import { toCompletion } from "../../src/providers/openai/response.ts";
import { ResponseReader } from "../../src/providers/openai/responses-stream.ts";
import { ChunkReader } from "../../src/providers/openai/stream.ts";
import type { StreamReader } from "../../src/providers/wire-format.ts";

interface Piece {
  index?: number;
  id?: string;
  name?: string;
  arguments?: unknown;
}

const BERN = '{"city":"Bern, CH"}';
const OSLO = '{"city":"Oslo","days":[1,{"at":"}"}]}';

/** What a reader gives for these events, but for the usage. */
function saidIn(reader: StreamReader, events: readonly object[]): StreamPart[] {
  return [...events.flatMap((event) => [...reader.read(event)]), ...reader.end()].filter(
    ({ type }) => type !== "usage",
  );
}

const callsIn = (parts: readonly StreamPart[]) =>
  parts.flatMap((part) => (part.type === "tool_call" ? [[part.index, ...Object.values(part.call)]] : []));

/** One chunk of OpenAI's for each list of pieces. */
const chunksOf = (...pieces: Piece[][]) =>
  pieces.map((said) => {
    const tool_calls = said.map(({ index, id, ...called }) => ({
      ...(index !== undefined && { index }),
      ...(id !== undefined && { id, type: "function" }),
      function: called,
    }));
    return { choices: [{ delta: { tool_calls }, finish_reason: null }] };
  });
const end = (finish_reason = "tool_calls") => ({ choices: [{ delta: {}, finish_reason }] });

/** A piece alone in its chunk. */
const each = (...pieces: Piece[]) => chunksOf(...pieces.map((piece) => [piece]));

describe("pieces of several calls in OpenAI's stream", () => {
  const both = [
    [0, "c1", "weather", BERN],
    [1, "c2", "weather", OSLO],
  ];
  const [b1, b2, o1, o2] = [BERN.slice(0, 6), BERN.slice(6), OSLO.slice(0, 9), OSLO.slice(9)];
  const opening = [
    { index: 0, id: "c1", name: "weather", arguments: "" },
    { index: 1, id: "c2", name: "weather", arguments: "" },
  ];

  it.each([
    [
      "by turns, by their index",
      each(
        ...opening,
        { index: 0, arguments: b1 },
        { index: 1, arguments: o1 },
        { index: 0, arguments: b2 },
        { index: 1, arguments: o2 },
      ),
    ],
    [
      "two in each chunk",
      chunksOf(
        opening,
        [
          { index: 0, arguments: b1 },
          { index: 1, arguments: o1 },
        ],
        [
          { index: 1, arguments: o2 },
          { index: 0, arguments: b2 },
        ],
      ),
    ],
    [
      "by turns, by their ids and names, which each piece repeats",
      each(
        { id: "c1", name: "weather", arguments: b1 },
        { id: "c2", name: "weather", arguments: o1 },
        { id: "c1", name: "weather", arguments: b2 },
        { id: "c2", name: "weather", arguments: o2 },
      ),
    ],
    [
      "by turns, by their ids at one index",
      each(
        { index: 0, id: "c1", name: "weather", arguments: b1 },
        { index: 0, id: "c2", name: "weather", arguments: o1 },
        { index: 0, id: "c1", arguments: b2 },
        { index: 0, id: "c2", arguments: o2 },
      ),
    ],
    [
      "with all arguments once more at the end of each",
      each(
        { index: 0, id: "c1", name: "weather", arguments: b1 },
        { index: 0, arguments: b2 },
        { index: 0, arguments: BERN },
        { index: 1, id: "c2", name: "weather", arguments: o1 },
        { index: 1, arguments: o2 },
        { index: 1, id: "c2", name: "weather", arguments: OSLO },
        { index: 0, id: "c1", name: "weather", arguments: '{ "city": "Bern, CH" }' },
      ),
    ],
    [
      "with an empty object before each",
      each(
        { index: 0, id: "c1", name: "weather", arguments: "{}" },
        { index: 1, id: "c2", name: "weather", arguments: "{}" },
        { index: 0, arguments: b1 },
        { index: 1, arguments: o1 },
        { index: 0, arguments: b2 },
        { index: 1, arguments: o2 },
      ),
    ],
    [
      "with an object in place of its text",
      each(
        { index: 0, id: "c1", name: "weather", arguments: JSON.parse(BERN) as object },
        { index: 1, id: "c2", name: "weather", arguments: JSON.parse(OSLO) as object },
      ),
    ],
  ])("make the right calls, %s", (_how, chunks) => {
    expect(callsIn(saidIn(new ChunkReader("m"), [...chunks, end()]))).toEqual(both);
  });

  it("keep the white space between them", () => {
    const pieces = Array.from(BERN, (char) => ({ index: 0, arguments: char }));
    const chunks = each({ index: 0, id: "c1", name: "weather" }, ...pieces);
    expect(callsIn(saidIn(new ChunkReader("m"), [...chunks, end()]))).toEqual(both.slice(0, 1));
  });

  it("make calls of their own without index and id, unless they repeat one", () => {
    const named = (name: string, text: string) => ({ name, arguments: text });
    const chunks = each(
      named("weather", BERN),
      named("weather", OSLO),
      named("now", ""),
      named("today", "{}"),
      named("weather", BERN.slice(0, 4)),
      named("weather", BERN.slice(4)),
      named("weather", BERN),
    );
    expect(callsIn(saidIn(new ChunkReader("m"), [...chunks, end()]))).toEqual([
      [0, "call_0", "weather", BERN],
      [1, "call_1", "weather", OSLO],
      [2, "call_2", "now", ""],
      [3, "call_3", "today", "{}"],
      [4, "call_4", "weather", BERN],
    ]);
  });

  it.each([
    [
      "one id for all, by their names",
      each({ id: "c", name: "a", arguments: BERN }, { id: "c", name: "b", arguments: OSLO }),
    ],
    [
      "one id and one index, by their names",
      each({ index: 0, id: "c", name: "a", arguments: BERN }, { index: 0, id: "c", name: "b", arguments: OSLO }),
    ],
    [
      "white space before and after, with each name",
      each(
        ...["\n", BERN, " ", "\n"].map((text) => ({ index: 0, id: "c", name: "a", arguments: text })),
        ...[" ", OSLO, "\n"].map((text) => ({ index: 1, name: "b", arguments: text })),
      ),
    ],
    [
      "white space before those that come by turns",
      each(
        { index: 0, id: "c", name: "a", arguments: "\n" },
        { index: 1, id: "c", name: "b", arguments: o1 },
        { index: 0, arguments: BERN },
        { index: 1, arguments: o2 },
      ),
    ],
  ])("make two calls, with %s", (_how, chunks) => {
    const calls = callsIn(saidIn(new ChunkReader("m"), [...chunks, end()]));
    expect(calls.map(([, , name, text]) => [name, String(text).trim()])).toEqual([
      ["a", BERN],
      ["b", OSLO],
    ]);
  });

  it.each(["{}", BERN])("are kept where the answer was cut, though its last piece is the object %s", (last) => {
    const chunks = each({ index: 0, id: "c1", name: "remove", arguments: '{"from":' }, { index: 0, arguments: last });
    expect(callsIn(saidIn(new ChunkReader("m"), [...chunks, end("length")]))).toEqual([
      [0, "c1", "remove", `{"from":${last}`],
    ]);
  });

  it("give a call on as soon as it is whole and another has begun", () => {
    const reader = new ChunkReader("m");
    const given = each({ index: 0, id: "c1", name: "weather", arguments: BERN }, ...opening.slice(1)).map((chunk) =>
      callsIn([...reader.read(chunk)]),
    );
    expect(given).toEqual([[], [both[0]]]);
  });

  it("are a fault where they change a call that was given on", () => {
    const reader = new ChunkReader("m");
    const chunks = each({ index: 0, id: "c1", name: "weather", arguments: BERN }, ...opening.slice(1), {
      index: 0,
      arguments: OSLO,
    });
    expect(() => saidIn(reader, chunks)).toThrow("openai answered with a call of a tool that goes on after its end.");
  });

  it("end with the reason of the calls, whole too, where a server only says that it stopped", () => {
    const chunks = each({ index: 0, id: "c1", name: "weather", arguments: BERN });
    expect(saidIn(new ChunkReader("m"), [...chunks, end("stop")]).at(-1)).toMatchObject({
      finish_reason: "tool_calls",
    });
    const tool_calls = [{ id: "c1", function: { name: "weather", arguments: JSON.parse(BERN) as object } }];
    const whole = toCompletion({ choices: [{ message: { tool_calls }, finish_reason: "stop" }] }, "m");
    expect(whole).toMatchObject({ finish_reason: "tool_calls", tool_calls: [{ arguments: BERN }] });
  });
});

describe("blocks of several calls in Anthropic's stream", () => {
  const start = (index: number, id: string, input: object = {}) => ({
    type: "content_block_start",
    index,
    content_block: { type: "tool_use", id, name: "weather", input },
  });
  const delta = (index: number, partial_json: string) => ({
    type: "content_block_delta",
    index,
    delta: { type: "input_json_delta", partial_json },
  });
  const stop = (index: number) => ({ type: "content_block_stop", index });
  const last = { type: "message_delta", delta: { stop_reason: "tool_use" } };
  const both = [
    [0, "c1", "weather", BERN],
    [1, "c2", "weather", OSLO],
  ];

  it.each([
    ["by turns", [delta(1, BERN.slice(0, 5)), delta(2, OSLO), delta(1, BERN.slice(5)), stop(2), stop(1)]],
    ["without their ends", [delta(2, OSLO), delta(1, BERN)]],
  ])("make the right calls in the order of the blocks, %s", (_how, events) => {
    const parts = saidIn(new MessageReader("m"), [start(1, "c1"), start(2, "c2"), ...events, last]);
    expect(callsIn(parts)).toEqual(both);
  });

  it("take no input of another block, and the input that a block begins with where no piece comes", () => {
    const search = { type: "content_block_start", index: 0, content_block: { type: "server_tool_use", id: "s" } };
    const input = JSON.parse(BERN) as object;
    const events = [start(1, "c1", input), search, delta(0, '{"query":"x"}'), stop(0), stop(1), last];
    expect(callsIn(saidIn(new MessageReader("m"), events))).toEqual(both.slice(0, 1));
  });
});

describe("calls in a stream of Responses", () => {
  it("are given once, also those that only the whole response has", () => {
    const item = (call_id: string, text: string) => ({
      type: "function_call",
      call_id,
      name: "weather",
      arguments: text,
    });
    const output = [item("c1", BERN), item("c2", OSLO)];
    const events = [
      { type: "response.output_item.done", item: output[0] },
      { type: "response.completed", response: { id: "r", status: "completed", output } },
    ];
    const parts = saidIn(new ResponseReader("m"), events);
    expect([callsIn(parts), parts.at(-1)]).toMatchObject([
      [
        [0, "c1", "weather", BERN],
        [1, "c2", "weather", OSLO],
      ],
      { finish_reason: "tool_calls" },
    ]);
  });
});
