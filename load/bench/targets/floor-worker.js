/**
 * The least that any gateway does which bills by what it reads: JSON both ways, an own body and
 * headers for the provider, a time limit, the usage of the answer, and the events of a stream as
 * its own. It keeps nothing and checks nothing.
 */
const decoder = new TextDecoder();
const encoder = new TextEncoder();

export default {
  async fetch(request, env) {
    const { model, messages, stream } = await request.json();
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), 30_000);
    const answer = await fetch(`${env.UPSTREAM}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: "Bearer provider", "content-type": "application/json" },
      body: JSON.stringify({
        model,
        messages,
        temperature: 0.2,
        max_tokens: 200,
        ...(stream ? { stream, stream_options: { include_usage: true } } : {}),
      }),
      signal: abort.signal,
    });
    if (stream)
      return new Response(answer.body.pipeThrough(events(timer)), { headers: { "content-type": "text/event-stream" } });
    const { id, choices, usage } = await answer.json();
    clearTimeout(timer);
    const body = JSON.stringify({ id, choices, usage });
    return new Response(body, {
      headers: { "content-type": "application/json", "x-tokens": String(usage.total_tokens) },
    });
  },
};

/** Reads each event of the provider's stream and writes one of its own for it. */
function events(timer) {
  let rest = "";
  return new TransformStream({
    transform(chunk, controller) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop();
      let text = "";
      for (const line of lines) {
        if (!line.startsWith("data: ")) continue;
        const data = line.slice(6);
        text += data === "[DONE]" ? "data: [DONE]\n\n" : `data: ${JSON.stringify(JSON.parse(data))}\n\n`;
      }
      if (text !== "") controller.enqueue(encoder.encode(text));
    },
    flush() {
      clearTimeout(timer);
    },
  });
}
