import type { Response } from "openai/resources/responses/responses";
import { describe, expect, it } from "vitest";
import type { DoorAnswer } from "../../../../src/domain/doors/door.ts";
import { responsesDoor } from "../../../../src/domain/doors/responses/door.ts";
import { body, WEATHER } from "./bodies.ts";
import { answerOf, CALLS, FULL, TELLING } from "./official-client.ts";

/** `output_text` is the official client's own. */
type WrittenResponse = Omit<Response, "output_text"> & Record<string, unknown>;

const write = (answer: DoorAnswer, asked: Record<string, unknown> = {}) =>
  responsesDoor.write(answer, body(asked)) as WrittenResponse;

/** What the Open Responses specification wants of every response (`ResponseResource`, 2026-06). */
const REQUIRED = (
  "id object created_at completed_at status incomplete_details model previous_response_id instructions output error " +
  "tools tool_choice truncation parallel_tool_calls text top_p presence_penalty frequency_penalty top_logprobs " +
  "temperature reasoning user usage max_output_tokens max_tool_calls store background service_tier metadata " +
  "safety_identifier prompt_cache_key"
).split(" ");

describe("a written response", () => {
  it("has the defaults of the API where nothing was asked", () => {
    expect(write(answerOf())).toEqual({
      id: "resp_exe_1",
      object: "response",
      created_at: Date.UTC(2025, 10, 26, 12) / 1000,
      status: "completed",
      background: false,
      completed_at: null,
      access_programs: null,
      error: null,
      incomplete_details: null,
      model: "claude-sonnet-5",
      output: [
        {
          id: "msg_exe_1_0",
          type: "message",
          status: "completed",
          role: "assistant",
          content: [{ type: "output_text", text: "Hello!", annotations: [], logprobs: [] }],
        },
      ],
      usage: {
        input_tokens: 19,
        input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
        output_tokens: 7,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: 26,
      },
      service_tier: "default",
      frequency_penalty: 0,
      instructions: null,
      max_output_tokens: null,
      max_tool_calls: null,
      metadata: {},
      parallel_tool_calls: true,
      presence_penalty: 0,
      previous_response_id: null,
      prompt_cache_key: null,
      reasoning: { effort: null, summary: null },
      safety_identifier: null,
      store: true,
      temperature: 1,
      text: { format: { type: "text" }, verbosity: "medium" },
      tool_choice: "auto",
      tools: [],
      top_logprobs: 0,
      top_p: 1,
      truncation: "disabled",
      user: null,
    });
  });

  it("has every field that Open Responses wants", () => {
    const written = write(answerOf());
    expect(REQUIRED.filter((name) => written[name] === undefined)).toEqual([]);
  });

  it("repeats what was asked", () => {
    const asked = {
      instructions: "Be brief.",
      temperature: 0,
      top_p: 0.5,
      max_output_tokens: 99,
      max_tool_calls: 3,
      metadata: { a: "b" },
      parallel_tool_calls: false,
      previous_response_id: "resp_0",
      prompt: { id: "pmpt_1", version: "2" },
      prompt_cache_key: "k",
      safety_identifier: "u1",
      store: false,
      tool_choice: "none",
      truncation: "auto",
    };
    expect(write(answerOf(), asked)).toMatchObject(asked);
  });

  it("fills up what was asked in part", () => {
    expect(
      write(answerOf(), {
        reasoning: { effort: "low" },
        text: { verbosity: null, format: { type: "json_object" } },
        tools: [{ type: "function", name: "now" }, WEATHER, { type: "web_search" }],
      }),
    ).toMatchObject({
      reasoning: { effort: "low", summary: null },
      text: { format: { type: "json_object" }, verbosity: "medium" },
      tools: [
        { type: "function", name: "now", description: null, parameters: null, strict: false },
        WEATHER,
        { type: "web_search" },
      ],
    });
  });

  it.each([
    ["stop", "completed", null, "completed"],
    ["tool_calls", "completed", null, "completed"],
    [null, "completed", null, "completed"],
    ["length", "incomplete", { reason: "max_output_tokens" }, "incomplete"],
    ["content_filter", "incomplete", { reason: "content_filter" }, "incomplete"],
    ["other", "incomplete", { reason: "other" }, "incomplete"],
  ] as const)("that ended with %s is %s", (finish_reason, status, incomplete_details, itemStatus) => {
    const written = write(answerOf({ finish_reason }));
    expect(written).toMatchObject({ status, incomplete_details, output: [{ status: itemStatus }] });
  });

  it("has reasoning, the message and the calls as items, with ids by their places", () => {
    const sealed = expect.stringMatching(/^pbt:/) as unknown;
    const call = (at: number) => ({
      id: `fc_exe_1_${at + 3}`,
      type: "function_call",
      status: "completed",
      call_id: CALLS[at]?.id,
      name: "get_weather",
      arguments: CALLS[at]?.arguments,
    });
    expect(write(FULL, TELLING).output).toMatchObject([
      {
        id: "rs_exe_1_0",
        type: "reasoning",
        summary: [{ type: "summary_text", text: FULL.reasoning }],
        encrypted_content: sealed,
      },
      { id: "rs_exe_1_1", type: "reasoning", summary: [], encrypted_content: sealed },
      { id: "msg_exe_1_2", type: "message" },
      call(0),
      call(1),
    ]);
  });

  it("has no summary of reasoning that the client does not want to read", () => {
    const output = write(FULL, { include: ["reasoning.encrypted_content"] }).output;
    expect(output.slice(0, 2)).toMatchObject([
      { type: "reasoning", summary: [] },
      { type: "reasoning", summary: [] },
    ]);
    expect(write(answerOf({ reasoning: "Hm." })).output.map(({ type }) => type)).toEqual(["message"]);
  });

  it("has the whole summary once where the blocks do not make it up", () => {
    const [thinking, redacted] = FULL.reasoning_blocks ?? [];
    const output = write({ ...FULL, reasoning: "In short: rain." }, TELLING).output;
    const summaries = output.flatMap((item) =>
      item.type === "reasoning" ? [item.summary.map(({ text }) => text)] : [],
    );
    expect([thinking, redacted]).not.toContain(undefined);
    expect(summaries.flat()).toEqual(["In short: rain."]);
  });

  it("has arguments that can be parsed where the model says none", () => {
    const call = { id: "c1", name: "now", arguments: "" };
    expect(write(answerOf({ text: "", tool_calls: [call] })).output).toMatchObject([{ arguments: "{}" }]);
  });

  it("tells the tier that served it, or the one that was asked for", () => {
    const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2, service_tier: "priority" };
    expect(write(answerOf({ usage })).service_tier).toBe("priority");
    expect(write(answerOf({ usage: null }), { service_tier: "flex" }).service_tier).toBe("flex");
    expect(write(answerOf({ usage: null })).service_tier).toBe("auto");
  });
});
