import OpenAI from "openai";
import type { Said } from "../../../../src/domain/completions/completion.ts";
import type { ReasoningBlock } from "../../../../src/domain/completions/message.ts";
import type { ToolCall } from "../../../../src/domain/completions/tools.ts";
import type { DoorAnswer, DoorRequest } from "../../../../src/domain/doors/door.ts";
import { responsesDoor } from "../../../../src/domain/doors/responses/door.ts";
import { SaidSoFar } from "../../../../src/domain/doors/responses/unsaid.ts";
import type { AppError } from "../../../../src/domain/errors.ts";
import { fakeFetch, streamed } from "../../../providers/wire-fixtures.ts";

export const USAGE = { prompt_tokens: 19, completion_tokens: 7, total_tokens: 26, cached_tokens: 0 };

export const CALLS: ToolCall[] = [
  { id: "c1", name: "get_weather", arguments: '{"city":"Bern"}' },
  { id: "c2", name: "get_weather", arguments: '{"city":"Basel"}' },
];

export const THINKING: ReasoningBlock[] = [
  { type: "thinking", thinking: "The weather, then. 🌦", signature: "c2ln" },
  { type: "redacted_thinking", data: "cmVk" },
];

/** A request of a client that wants to read the reasoning. */
export const TELLING = { reasoning: { summary: "auto" } } as const;

/** An answer of one short text, with some fields changed. */
export function answerOf(changes: Partial<DoorAnswer> = {}): DoorAnswer {
  return {
    id: "exe_1",
    created_at: Date.UTC(2025, 10, 26, 12) + 345,
    model: "claude-sonnet-5",
    text: "Hello!",
    finish_reason: "stop",
    usage: USAGE,
    ...changes,
  };
}

/** An answer that has everything. */
export const FULL = answerOf({
  text: "Let me see.",
  reasoning: "The weather, then. 🌦",
  reasoning_blocks: THINKING,
  tool_calls: CALLS,
  finish_reason: "tool_calls",
});

/** What an answer says, in pieces of some code points. */
export function saidIn(answer: DoorAnswer, points = 3): Said[] {
  return [...new SaidSoFar().rest(answer)].flatMap((part) => inPieces(part, points));
}

function inPieces(part: Said, points: number): Said[] {
  if (part.type === "tool_call") return [part];
  const texts = part.text.match(new RegExp(`.{1,${points}}`, "gsu")) ?? [""];
  const isReasoning = part.type === "reasoning";
  return texts.map((text, at) =>
    isReasoning && at < texts.length - 1 ? { type: "reasoning", text } : { ...part, text },
  );
}

/** A stream of an answer that has not begun. */
export function streamOf(answer: DoorAnswer, asked: Record<string, unknown>) {
  const { id, created_at } = answer;
  return responsesDoor.stream({ id, created_at, model: "the-model-that-was-asked", prompt_tokens: 1 }, asked);
}

/** The events of an answer, whose parts are said as given. */
export function eventsOf(
  answer: DoorAnswer,
  asked: Record<string, unknown>,
  parts: readonly Said[] = saidIn(answer),
): string {
  const stream = streamOf(answer, asked);
  return [stream.begin(), ...parts.map((part) => stream.said(part)), stream.end(answer)].join("");
}

/** The data of written events. */
export function dataIn(text: string): Record<string, unknown>[] {
  return text
    .split("\n\n")
    .filter((event) => event !== "")
    .map((event) => {
      const [, name, data = ""] = /^event: ([^\n]*)\ndata: ([^\n]*)$/.exec(event) ?? [];
      const parsed = JSON.parse(data) as Record<string, unknown>;
      if (parsed["type"] !== name) throw new Error(`An event named ${name} says that it is ${String(parsed["type"])}.`);
      return parsed;
    });
}

/** The bytes of a text, cut at the given places. */
export function cut(text: string, places: readonly number[]): Uint8Array<ArrayBuffer>[] {
  const bytes = new TextEncoder().encode(text);
  const sorted = [0, ...places.map((place) => place % bytes.length).toSorted((a, b) => a - b), bytes.length];
  return sorted.slice(1).map((end, index) => bytes.slice(sorted[index], end));
}

/** The official client before a server that sends these bytes. */
export function clientOf(reply: (body: Record<string, unknown>) => Response) {
  const { fetch } = fakeFetch(({ body: text }) =>
    reply(JSON.parse(typeof text === "string" ? text : "null") as Record<string, unknown>),
  );
  return new OpenAI({ apiKey: "k", baseURL: "https://edge.test/v1", fetch, maxRetries: 0, logLevel: "off" });
}

/** The official client before a server that answers through the door, and what it asked for. */
export function officialClient(answer: (request: DoorRequest) => DoorAnswer | AppError) {
  const requests: DoorRequest[] = [];
  const client = clientOf((body) => {
    const request = responsesDoor.read(body);
    requests.push(request);
    const given = answer(request);
    if (given instanceof Error) {
      const { status, headers, body: said } = responsesDoor.error(given, "req_1");
      return Response.json(said, { status, headers });
    }
    if (!request.stream) return Response.json(responsesDoor.write(given, body));
    return streamed(cut(eventsOf(given, body), [7, 190, 191]));
  });
  return { client, requests };
}
