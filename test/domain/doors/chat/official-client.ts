import OpenAI from "openai";
import { saidIn } from "../../../../src/domain/completions/answer.ts";
import type { Said } from "../../../../src/domain/completions/completion.ts";
import type { ToolCall } from "../../../../src/domain/completions/tools.ts";
import { chatDoor } from "../../../../src/domain/doors/chat/door.ts";
import type { DoorAnswer, DoorRequest } from "../../../../src/domain/doors/door.ts";
import type { AppError } from "../../../../src/domain/errors.ts";
import { fakeFetch, streamed } from "../../../providers/wire-fixtures.ts";

export const USAGE = { prompt_tokens: 19, completion_tokens: 7, total_tokens: 26 };

export const CALLS: ToolCall[] = [
  { id: "c1", name: "get_weather", arguments: '{"city":"Bern"}' },
  { id: "c2", name: "get_weather", arguments: '{"city":"Basel"}' },
];

/** An answer of one short text, with some fields changed. */
export function answerOf(changes: Partial<DoorAnswer>): DoorAnswer {
  return {
    id: "exe_1",
    created_at: Date.UTC(2025, 10, 26, 12),
    model: "claude-sonnet-5",
    text: "Hello!",
    finish_reason: "stop",
    usage: USAGE,
    ...changes,
  };
}

/** The events of an answer, whose texts come in pieces of some code points. */
export function eventsOf(answer: DoorAnswer, asked: Record<string, unknown>, points = 3): string {
  const { id, created_at } = answer;
  const stream = chatDoor.stream({ id, created_at, model: "the-model-that-was-asked", prompt_tokens: 1 }, asked);
  const said = [...saidIn(answer)].flatMap((part) => inPieces(part, points));
  return [stream.begin(), ...said.map((part) => stream.said(part)), stream.end(answer)].join("");
}

function inPieces(part: Said, points: number): Said[] {
  if (part.type === "tool_call") return [part];
  const pieces = part.text.match(new RegExp(`.{1,${points}}`, "gsu")) ?? [];
  return pieces.map((text) => ({ ...part, text }));
}

/** The bytes of a text, cut at the given places. */
export function cut(text: string, places: readonly number[]): Uint8Array<ArrayBuffer>[] {
  const bytes = new TextEncoder().encode(text);
  const sorted = [0, ...places.map((place) => place % bytes.length).toSorted((a, b) => a - b), bytes.length];
  return sorted.slice(1).map((end, index) => bytes.slice(sorted[index], end));
}

/** The official client before a server that answers through the door, and the bodies that it sent. */
export function officialClient(answer: (request: DoorRequest) => DoorAnswer | AppError) {
  const bodies: Record<string, unknown>[] = [];
  const { fetch } = fakeFetch(({ body: text }) => {
    const body = JSON.parse(typeof text === "string" ? text : "null") as Record<string, unknown>;
    bodies.push(body);
    const request = chatDoor.read(body);
    const given = answer(request);
    if (given instanceof Error) {
      const { status, headers, body: said } = chatDoor.error(given, "req_1");
      return Response.json(said, { status, headers });
    }
    if (!request.stream) return Response.json(chatDoor.write(given, body));
    return streamed(cut(eventsOf(given, body), [7, 190, 191]));
  });
  const client = new OpenAI({ apiKey: "k", baseURL: "https://edge.test/v1", fetch, maxRetries: 0, logLevel: "off" });
  return { client, bodies };
}
