import type { WorldClock } from "../proofs/world/world-clock.ts";

/** How long a call takes, ms, and in how many pieces a stream comes. */
const CALL_MS = 1_500;
const PIECES = 30;
/** About a hundred tokens. */
const ANSWER = "Every answer names the document that it rests on, and says what is not known of it. ".repeat(5);
const USAGE = { prompt_tokens: 60, completion_tokens: 100, total_tokens: 160 };

/** A `fetch` that answers as OpenAI does: a hundred tokens after a second and a half. */
export function createProviderFetch(clock: WorldClock): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const body = (await request.json()) as { model: string; stream?: boolean };
    if (body.stream) return streamed(clock, body.model);
    await clock.sleep(CALL_MS);
    const message = { role: "assistant", content: ANSWER, refusal: null };
    return Response.json({
      ...common(body.model, "chat.completion"),
      choices: [{ index: 0, message, finish_reason: "stop", logprobs: null }],
      usage: USAGE,
    });
  };
}

function streamed(clock: WorldClock, model: string): Response {
  const chunk = (choices: object[], usage: object | null) =>
    `data: ${JSON.stringify({ ...common(model, "chat.completion.chunk"), choices, usage })}\n\n`;
  const size = Math.ceil(ANSWER.length / PIECES);
  const pieces = Array.from({ length: PIECES }, (_, at) => ANSWER.slice(at * size, (at + 1) * size));
  const events = [
    ...pieces.map((content) => chunk([{ index: 0, delta: { role: "assistant", content }, finish_reason: null }], null)),
    chunk([{ index: 0, delta: {}, finish_reason: "stop" }], null),
    chunk([], USAGE),
    "data: [DONE]\n\n",
  ];
  let at = 0;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const event = events[at];
      at += 1;
      if (event === undefined) return controller.close();
      await clock.sleep(CALL_MS / events.length);
      controller.enqueue(new TextEncoder().encode(event));
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

function common(model: string, object: string) {
  return { id: "chatcmpl-bill", object, created: 1_795_000_000, model };
}
