import { describe, expect, it } from "vitest";
import type { Said } from "../../../../src/domain/completions/completion.ts";
import type { DoorAnswer } from "../../../../src/domain/doors/door.ts";
import { responsesDoor } from "../../../../src/domain/doors/responses/door.ts";
import { randomOf } from "../../../support/key-objects.ts";
import { streamed } from "../../../providers/wire-fixtures.ts";
import { WEATHER } from "./bodies.ts";
import { answerOf, clientOf, cut, dataIn, eventsOf, FULL, saidIn, streamOf, TELLING } from "./official-client.ts";

const typesOf = (events: readonly Record<string, unknown>[]) =>
  events.map(({ type }) => String(type).replace("response.", ""));

const responseIn = (event: Record<string, unknown> | undefined) => event?.["response"] as Record<string, unknown>;

describe("a written stream", () => {
  it("says all of an answer in the names of OpenAI's events", () => {
    const text = (at: string) => [`${at}.added`, "output_text.delta", "output_text.done", `${at}.done`];
    expect(typesOf(dataIn(eventsOf(FULL, TELLING, saidIn(FULL, 99))))).toEqual([
      "created",
      "in_progress",
      "output_item.added",
      "reasoning_summary_part.added",
      "reasoning_summary_text.delta",
      "reasoning_summary_text.done",
      "reasoning_summary_part.done",
      "output_item.done",
      "output_item.added",
      "output_item.done",
      "output_item.added",
      ...text("content_part"),
      "output_item.done",
      ...[1, 2].flatMap(() => [
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
      ]),
      "completed",
    ]);
  });

  it("begins with a response that has nothing yet", () => {
    const [created] = dataIn(streamOf(FULL, TELLING).begin());
    expect(created).toMatchObject({
      type: "response.created",
      sequence_number: 0,
      response: { id: "resp_exe_1", status: "in_progress", model: "the-model-that-was-asked", output: [], usage: null },
    });
  });

  it("ends as incomplete where the answer was cut, as does its last item", () => {
    const events = dataIn(eventsOf(answerOf({ finish_reason: "length" }), {}));
    expect(events.at(-2)).toMatchObject({ type: "response.output_item.done", item: { status: "incomplete" } });
    expect(events.at(-1)).toMatchObject({
      type: "response.incomplete",
      response: { incomplete_details: { reason: "max_output_tokens" } },
    });
  });

  it("tells no reasoning to a client that does not want to read it", () => {
    const events = dataIn(eventsOf(answerOf({ reasoning: "Hm." }), {}));
    expect(events.filter(({ type }) => String(type).includes("reasoning"))).toEqual([]);
    expect(responseIn(events.at(-1))["output"]).toMatchObject([{ type: "message" }]);
  });

  it.each([0, 1, 5, 8, 10, 12, 13])("says in the end what the first %i parts did not", (count) => {
    const parts = saidIn(FULL);
    expect(parts.length).toBe(15);
    const events = dataIn(eventsOf(FULL, TELLING, parts.slice(0, count)));
    expect(responseIn(events.at(-1))).toEqual(responsesDoor.write(FULL, TELLING));
  });

  it("tells nothing of an empty piece", () => {
    const stream = streamOf(FULL, TELLING);
    stream.begin();
    expect(stream.said({ type: "text", text: "" }) + stream.said({ type: "reasoning", text: "" })).toBe("");
  });

  it("says nothing more for an answer that is not what was said", () => {
    const events = dataIn(eventsOf(answerOf({ text: "Another" }), {}, [{ type: "text", text: "Hello" }]));
    const deltas = events.filter(({ type }) => type === "response.output_text.delta");
    expect(deltas.map(({ delta }) => delta)).toEqual(["Hello"]);
  });
});

/** A made-up answer. */
function randomAnswer(random: () => number): DoorAnswer {
  const chars = ["a", " ", "\n", "\u2028", "é", "🌦", '"', "data:", "\n\n", "日"];
  const text = (most: number) =>
    Array.from({ length: Math.floor(random() * most) }, () => chars[Math.floor(random() * chars.length)]).join("");
  const count = Math.floor(random() * 3);
  const tool_calls = Array.from({ length: count }, (_, at) => ({
    id: `c${at}`,
    name: "get_weather",
    arguments: JSON.stringify({ city: text(9) }),
  }));
  const thinking = random() < 0.5 ? [text(20), text(5)] : [];
  const reasoning = thinking.length > 0 ? thinking.join("") : text(12);
  return answerOf({
    text: text(40),
    reasoning,
    ...(thinking.length > 0 && {
      reasoning_blocks: thinking.map((each) => ({ type: "thinking" as const, thinking: each, signature: "c2ln" })),
    }),
    ...(count > 0 && { tool_calls }),
    finish_reason: count > 0 ? "tool_calls" : random() < 0.2 ? "length" : "stop",
  });
}

/** The official client's own response of events that come in these pieces. */
async function accumulated(text: string, places: readonly number[]) {
  const client = clientOf(() => streamed(cut(text, places)));
  return client.responses.stream({ model: "m", input: "x", tools: [WEATHER] }).finalResponse();
}

/** The last event without its output, so that the client has to make it of the other events. */
function withoutOutput(text: string): string {
  const events = dataIn(text);
  const { output: _output, ...response } = responseIn(events.at(-1));
  const all = [...events.slice(0, -1), { ...events.at(-1), response }];
  return all.map((event) => `event: ${String(event.type)}\ndata: ${JSON.stringify(event)}\n\n`).join("");
}

/** A shuffled order in which a model may say the same. */
function shuffled(parts: readonly Said[], random: () => number): Said[] {
  return parts
    .map((part) => ({ part, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ part }) => part);
}

describe("a written stream, accumulated by the official client", () => {
  it("is the whole answer, however it is said and cut", async () => {
    const random = randomOf(19);
    for (let trial = 0; trial < 60; trial += 1) {
      const answer = randomAnswer(random);
      const parts = saidIn(answer, 1 + Math.floor(random() * 6));
      const text = eventsOf(answer, TELLING, parts);
      const places = Array.from({ length: 9 }, () => Math.floor(random() * 1e6));
      const whole = responsesDoor.write(answer, TELLING) as { output: object[] };
      expect(responseIn(dataIn(text).at(-1))).toEqual(whole);
      const final = await accumulated(withoutOutput(text), places);
      expect(final.output).toMatchObject(whole.output);
      expect(final.output_text).toBe(answer.text);
    }
  });

  it("keeps the order of a model that thinks, speaks and calls in turns", async () => {
    const random = randomOf(23);
    for (let trial = 0; trial < 40; trial += 1) {
      const answer = randomAnswer(random);
      const parts = shuffled(saidIn(answer, 2), random).filter((part) => part.type !== "text" || part.text !== "");
      const text = parts.map((part) => (part.type === "text" ? part.text : "")).join("");
      const calls = parts.flatMap((part) => (part.type === "tool_call" ? [part.call] : []));
      const said: DoorAnswer = { ...answer, text, ...(calls.length > 0 && { tool_calls: calls }) };
      const final = await accumulated(withoutOutput(eventsOf(said, TELLING, parts)), [trial * 37]);
      expect(final.output_text).toBe(text);
      expect(final.output.flatMap((item) => (item.type === "function_call" ? [item.call_id] : []))).toEqual(
        calls.map(({ id }) => id),
      );
    }
  });
});
