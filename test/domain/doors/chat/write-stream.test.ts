import fc from "fast-check";
import { describe, expect, it } from "vitest";
import OpenAI from "openai";
import type { StreamPart } from "../../../../src/domain/completions/completion.ts";
import { chatDoor } from "../../../../src/domain/doors/chat/door.ts";
import type { DoorAnswer } from "../../../../src/domain/doors/door.ts";
import { AppError } from "../../../../src/domain/errors.ts";
import { joinTexts } from "../../../../src/providers/join-texts.ts";
import { createOpenAIProvider } from "../../../../src/providers/openai/openai-provider.ts";
import { call, collect, request, streamed } from "../../../providers/wire-fixtures.ts";
import { answerOf, CALLS, cut, eventsOf, USAGE } from "./official-client.ts";

const SEED = 20_261_126;
const HEAD = { id: "exe_1", created_at: 1_764_158_400_999, model: "m", prompt_tokens: 1 };
const WITH_USAGE = { stream_options: { include_usage: true } };

/** The data of the events of a text. */
function dataOf(events: string): unknown[] {
  const blocks = events.split("\n\n").filter((block) => block !== "");
  return blocks.map((block) =>
    block === "data: [DONE]" ? "[DONE]" : (JSON.parse(block.slice("data: ".length)) as unknown),
  );
}

const deltasOf = (events: string) =>
  dataOf(events).map((chunk) => (chunk as { choices?: { delta: object }[] }).choices?.[0]?.delta);

/** What the official client makes of events that arrive in pieces. */
async function finalOf(pieces: Uint8Array<ArrayBuffer>[]) {
  const fetch = async () => streamed(pieces);
  const client = new OpenAI({ apiKey: "k", baseURL: "https://edge.test/v1", fetch, maxRetries: 0, logLevel: "off" });
  return client.chat.completions.stream({ model: "m", messages: [] }).finalChatCompletion();
}

const text = fc.string({ unit: "grapheme", maxLength: 40 });
const anyAnswer: fc.Arbitrary<Partial<DoorAnswer>> = fc.record(
  {
    text,
    reasoning_blocks: fc.constant([{ type: "thinking" as const, thinking: "Hm.", signature: "c2ln" }]),
    tool_calls: fc.array(
      fc.record({ id: fc.stringMatching(/^c\d{1,3}$/), name: fc.constant("f"), arguments: fc.oneof(text, fc.json()) }),
      { minLength: 1, maxLength: 4 },
    ),
    finish_reason: fc.constantFrom("stop", "length", "content_filter", "tool_calls", "other"),
    usage: fc.constantFrom(USAGE, null),
  },
  { requiredKeys: [] },
);

describe("a stream of a chat completion that we write", () => {
  it("has the chunks of OpenAI's own", () => {
    const head = {
      id: "chatcmpl-exe_1",
      object: "chat.completion.chunk",
      created: 1_764_158_400,
      model: "m",
    };
    const chunk = (delta: object, finish_reason: string | null = null) => ({
      ...head,
      choices: [{ index: 0, delta, logprobs: null, finish_reason }],
      usage: null,
    });
    const stream = chatDoor.stream(HEAD, WITH_USAGE);
    const events =
      stream.begin() +
      stream.said({ type: "reasoning", text: "Hm." }) +
      stream.said({ type: "text", text: "Hi" }) +
      CALLS.map((each, index) => stream.said({ type: "tool_call", index, call: each })).join("") +
      stream.end(answerOf({ text: "Hi", reasoning: "Hm.", tool_calls: CALLS, finish_reason: "tool_calls" }));
    const ending = { model: "claude-sonnet-5", service_tier: "default" };
    expect(dataOf(events)).toEqual([
      chunk({ role: "assistant", content: null, refusal: null }),
      chunk({ reasoning_content: "Hm." }),
      chunk({ content: "Hi" }),
      chunk({
        tool_calls: [
          { index: 0, id: "c1", type: "function", function: { name: "get_weather", arguments: '{"city":"Bern"}' } },
        ],
      }),
      chunk({
        tool_calls: [
          { index: 1, id: "c2", type: "function", function: { name: "get_weather", arguments: '{"city":"Basel"}' } },
        ],
      }),
      { ...chunk({}, "tool_calls"), ...ending },
      { ...head, ...ending, choices: [], usage: expect.objectContaining(USAGE) },
      "[DONE]",
    ]);
  });

  it("says the thinking that its provider wants back at the end, whole", () => {
    const reasoning_blocks = [{ type: "thinking" as const, thinking: "Hm.", signature: "c2ln" }];
    const stream = chatDoor.stream(HEAD, {});
    const events = stream.said({ type: "text", text: "Hi" }) + stream.end(answerOf({ text: "Hi", reasoning_blocks }));
    expect(deltasOf(events)).toEqual([{ content: "Hi" }, { thinking_blocks: reasoning_blocks }, {}, undefined]);
  });

  it("says at the end what nothing has said before", () => {
    const events = chatDoor
      .stream(HEAD, {})
      .end(answerOf({ text: "Hi", reasoning: "Hm.", tool_calls: CALLS.slice(0, 1) }));
    expect(deltasOf(events)).toMatchObject([
      { reasoning_content: "Hm." },
      { content: "Hi" },
      { tool_calls: [{ index: 0, id: "c1" }] },
      {},
      undefined,
    ]);
  });

  it("has no chunk for a usage that nobody counted", () => {
    const events = chatDoor.stream(HEAD, WITH_USAGE).end(answerOf({ usage: null }));
    expect(dataOf(events)).toHaveLength(3);
    expect(events).not.toContain("service_tier");
  });

  it("ends for a failure with an error, and with nothing after it", () => {
    const events = chatDoor.stream(HEAD, {}).fail(new AppError("timeout", "Too late."), "req_1");
    expect(dataOf(events)).toEqual([
      { error: { message: "Too late.", type: "server_error", param: null, code: "timeout" } },
    ]);
  });

  it("is gathered by the official client to the answer that comes whole, however it is cut", async () => {
    const places = fc.array(fc.nat({ max: 5_000 }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(anyAnswer, fc.integer({ min: 1, max: 9 }), places, async (changes, points, at) => {
        const answer = answerOf(changes);
        const final = await finalOf(cut(eventsOf(answer, WITH_USAGE, points), at));
        expect(comparable(final)).toEqual(comparable(chatDoor.write(answer, {})));
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  it("is read by our own adapter as what was said", async () => {
    const answer = answerOf({ text: "Grüße 🌍!", reasoning: "Hm.", tool_calls: CALLS, finish_reason: "tool_calls" });
    const fetch = async () => streamed(cut(eventsOf(answer, WITH_USAGE), [7, 300, 301]));
    const provider = createOpenAIProvider({ baseUrl: "https://edge.test/v1", fetch, now: () => 0 });
    const parts = await collect(await provider.stream(request({}), call()));
    const said = [...joinTexts(parts.filter(({ type }) => type !== "usage"))] satisfies StreamPart[];
    expect(said).toEqual([
      { type: "reasoning", text: "Hm." },
      { type: "text", text: "Grüße 🌍!" },
      ...CALLS.map((each, index) => ({ type: "tool_call", index, call: each })),
      {
        type: "finish",
        finish_reason: "tool_calls",
        usage: { ...USAGE, cached_tokens: 0 },
        model: "claude-sonnet-5",
      },
    ]);
  });
});

/**
 * A completion without the members that the official client adds, leaves out or sets by itself: it
 * knows no annotations of a chunk, and keeps its null usage.
 */
function comparable(completion: object): unknown {
  const text = JSON.stringify(completion, (name, value: unknown) =>
    ["parsed", "annotations"].includes(name) ? undefined : value,
  );
  const plain = JSON.parse(text) as Record<string, unknown>;
  const { object: _object, usage, ...members } = plain;
  return { ...members, usage: usage ?? undefined };
}
