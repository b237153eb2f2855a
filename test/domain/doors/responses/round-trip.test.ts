import { describe, expect, it } from "vitest";
import type { StreamPart } from "../../../../src/domain/completions/completion.ts";
import type { DoorAnswer } from "../../../../src/domain/doors/door.ts";
import { responsesDoor } from "../../../../src/domain/doors/responses/door.ts";
import { toCompletionOfResponse } from "../../../../src/providers/openai/responses-answer.ts";
import { toResponsesRequest } from "../../../../src/providers/openai/responses-request.ts";
import { ResponseReader } from "../../../../src/providers/openai/responses-stream.ts";
import { body, CALL, CITY, OUTPUT, PDF, PNG, WEATHER, withItems } from "./bodies.ts";
import { answerOf, dataIn, eventsOf, FULL, saidIn, TELLING, USAGE } from "./official-client.ts";

/** What the door's own adapter makes of a body for a server that takes every parameter. */
function sentAgain(given: Record<string, unknown>): unknown {
  const { parameters, own, stream: _stream, untranslated, ...request } = responsesDoor.read(given);
  expect(untranslated).toEqual([]);
  const openai = { ...own, api: "responses" };
  const { store: _store, ...sent } = toResponsesRequest({
    ...request,
    provider: "my-server",
    parameters: { ...parameters, provider_options: { openai } },
  });
  return sent;
}

const user = (content: unknown) => ({ role: "user", content });

describe("a body of Responses, read and sent again", () => {
  it.each([
    ["settings", { temperature: 0.5, top_p: 0.9, max_output_tokens: 99, service_tier: "flex", prompt_cache_key: "k" }],
    ["a user", { user: "u1" }],
    ["tools", { tools: [WEATHER], tool_choice: "required", parallel_tool_calls: false }],
    ["a tool that must be called", { tools: [WEATHER], tool_choice: { type: "function", name: "get_weather" } }],
    ["reasoning", { reasoning: { effort: "xhigh", summary: "auto" } }],
    [
      "a schema",
      { text: { format: { type: "json_schema", name: "city", description: "A city", schema: CITY, strict: false } } },
    ],
    ["a verbosity", { text: { verbosity: "low" } }],
    ["fields of this format alone", { truncation: "auto", metadata: { a: "b" }, a_field_of_tomorrow: [1] }],
  ])("says the same of %s", (_case, changes) => {
    expect(sentAgain(body({ ...changes, input: [user("Hello")] }))).toEqual(
      body({ ...changes, input: [user("Hello")] }),
    );
  });

  it.each([
    [
      "a conversation",
      [{ role: "developer", content: "Be brief." }, user("Hello"), { role: "assistant", content: "Hi" }],
    ],
    [
      "calls and their results",
      [user("?"), { role: "assistant", content: "Wait." }, CALL, { ...CALL, call_id: "c2" }, OUTPUT],
    ],
    ["a result in parts", [CALL, { ...OUTPUT, output: [{ type: "input_text", text: "Sunny" }] }]],
    [
      "texts, pictures and files",
      [
        user([
          { type: "input_text", text: "Long", prompt_cache_breakpoint: { mode: "explicit" } },
          { type: "input_image", image_url: "https://cdn.test/a.png", detail: "low" },
          { type: "input_image", image_url: PNG, detail: "auto" },
          { type: "input_image", file_id: "file-1", detail: "high" },
          { type: "input_file", file_data: PDF, filename: "a.pdf" },
          { type: "input_file", file_url: "https://cdn.test/a.pdf" },
          { type: "input_file", file_id: "file-2" },
        ]),
      ],
    ],
  ])("says the same in %s", (_case, input) => {
    expect(sentAgain(withItems(...input))).toEqual(withItems(...input));
  });

  it("has its instructions as the first message", () => {
    expect(sentAgain(body({ instructions: "Be brief." }))).toEqual(
      withItems({ role: "system", content: "Be brief." }, user("Hello")),
    );
  });
});

const ANSWERS: [string, DoorAnswer][] = [
  ["a text", answerOf()],
  ["no text", answerOf({ text: "" })],
  ["a text that was cut", answerOf({ finish_reason: "length" })],
  ["a filtered text", answerOf({ finish_reason: "content_filter" })],
  ["a text that ended otherwise", answerOf({ finish_reason: "other" })],
  ["calls without a text", answerOf({ text: "", tool_calls: FULL.tool_calls, finish_reason: "tool_calls" })],
  ["reasoning", answerOf({ reasoning: "Hm.\n\nWell." })],
  ["no usage", answerOf({ usage: null })],
  [
    "every kind of token",
    answerOf({
      usage: {
        ...USAGE,
        cached_tokens: 4,
        cache_write_tokens: 6,
        cache_write_1h_tokens: 2,
        reasoning_tokens: 3,
        service_tier: "flex",
      },
    }),
  ],
];

/** What an answer is as a completion, which has no ids and times of ours. */
function completionOf({ id, created_at: _at, ...answer }: DoorAnswer) {
  return { ...answer, response_id: `resp_${id}` };
}

describe("an answer, written and read again", () => {
  it.each(ANSWERS)("is the same with %s", (_case, answer) => {
    expect(toCompletionOfResponse(responsesDoor.write(answer, TELLING), "m")).toMatchObject(completionOf(answer));
  });

  it.each(ANSWERS)("is the same as a stream with %s", (_case, answer) => {
    const reader = new ResponseReader("m");
    const read = dataIn(eventsOf(answer, TELLING)).flatMap((event) => [...reader.read(event)]);
    const isSomething = (part: StreamPart) => !("text" in part) || part.text !== "";
    const [parts, said] = [read.filter(isSomething), saidIn(answer).filter(isSomething)];
    const { finish_reason, usage, model, id } = answer;
    const ending: StreamPart[] = [
      ...(usage ? [{ type: "usage" as const, usage, final: true, model }] : []),
      { type: "finish", finish_reason: finish_reason ?? "stop", usage, model, response_id: `resp_${id}` },
    ];
    expect(parts).toEqual([...said, ...ending]);
    expect(reader.isWhole).toBe(true);
  });

  it("gives blocks of reasoning back to their provider, whole and streamed", () => {
    const whole = responsesDoor.write(FULL, TELLING) as { output: Record<string, unknown>[] };
    const streamed = dataIn(eventsOf(FULL, TELLING)).at(-1)?.["response"] as typeof whole;
    for (const { output } of [whole, streamed]) {
      expect(responsesDoor.read(withItems(...output)).messages).toEqual([
        {
          role: "assistant",
          content: [{ type: "text", text: FULL.text }],
          reasoning_blocks: FULL.reasoning_blocks,
          tool_calls: FULL.tool_calls,
        },
      ]);
    }
  });

  it("gives OpenAI its own encrypted reasoning back, by the id that OpenAI knows", () => {
    const block = { type: "reasoning" as const, id: "rs_0123", summary: ["Hm.", "Well."], encrypted_content: "gAAAA" };
    const answer = answerOf({ reasoning_blocks: [block, { type: "reasoning", id: "rs_4", summary: [] }] });
    const { output } = responsesDoor.write(answer, {}) as { output: Record<string, unknown>[] };
    expect(output.map(({ type }) => type)).toEqual(["reasoning", "message"]);
    expect(responsesDoor.read(withItems(...output)).messages[0]?.reasoning_blocks).toEqual([block]);
  });
});
