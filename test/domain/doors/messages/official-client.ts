import Anthropic from "@anthropic-ai/sdk";
import type { Said } from "../../../../src/domain/completions/completion.ts";
import type { DoorAnswer } from "../../../../src/domain/doors/door.ts";
import { messagesDoor } from "../../../../src/domain/doors/messages/door.ts";
import { type AppError, invalid } from "../../../../src/domain/errors.ts";

/** A reply of the door. */
export type Reply = (asked: Record<string, unknown>) => Response;

/** Anthropic's client, whose requests get one reply after the other, and what it sent. */
export function clientOf(...replies: Reply[]): { client: Anthropic; sent: Record<string, unknown>[] } {
  const sent: Record<string, unknown>[] = [];
  const client = new Anthropic({
    apiKey: "k",
    baseURL: "https://pbt.test",
    maxRetries: 2,
    fetch: async (_url, init) => {
      const asked = JSON.parse(typeof init?.body === "string" ? init.body : "{}") as Record<string, unknown>;
      sent.push(asked);
      const reply = replies[Math.min(sent.length, replies.length) - 1];
      if (!reply) throw new Error("no reply");
      return reply(asked);
    },
  });
  return { client, sent };
}

/** Refuses a body with fields of Anthropic's alone, as for a model of another provider. */
export function translated(reply: Reply): Reply {
  return (asked) => {
    const own = Object.keys(messagesDoor.read(asked).own);
    if (own.length === 0) return reply(asked);
    return failing(invalid(own.map((path) => ({ path, message: "has no counterpart" }))))(asked);
  };
}

/** The whole answer in one body. */
export const whole =
  (answer: DoorAnswer): Reply =>
  (asked) =>
    Response.json(messagesDoor.write(answer, asked), { headers: { "request-id": "req_1" } });

/** The events of an answer that was said in these parts, in pieces of so many bytes. */
export function streamOf(answer: DoorAnswer, parts: Iterable<Said>, size = Infinity): Reply {
  return (asked) => eventsIn(textOf(answer, parts, asked), size);
}

/** An answer that breaks off after these parts. */
export function broken(answer: DoorAnswer, parts: readonly Said[], error: AppError): Reply {
  return () => {
    const stream = messagesDoor.stream({ ...answer, prompt_tokens: 7 }, {});
    return eventsIn(stream.begin() + parts.map((part) => stream.said(part)).join("") + stream.fail(error, "req_1"));
  };
}

/** The text of the events of an answer. */
export function textOf(answer: DoorAnswer, parts: Iterable<Said>, asked: Record<string, unknown> = {}): string {
  const stream = messagesDoor.stream({ ...answer, prompt_tokens: 7 }, asked);
  const said = [...parts].map((part) => stream.said(part));
  return stream.begin() + said.join("") + stream.end(answer);
}

/** An error. */
export const failing =
  (error: AppError): Reply =>
  () => {
    const { status, headers, body } = messagesDoor.error(error, "req_1");
    return Response.json(body, { status, headers });
  };

function eventsIn(text: string, size = Infinity): Response {
  const bytes = new TextEncoder().encode(text);
  const step = Math.min(size, bytes.length);
  let at = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, (at += step)));
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream", "request-id": "req_1" } });
}
