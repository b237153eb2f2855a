import { describe, expect, it } from "vitest";
import { AppError } from "../../src/domain/errors.ts";
import { createAnthropicProvider } from "../../src/providers/anthropic/anthropic-provider.ts";
import { createEgressFetch } from "../../src/providers/egress.ts";
import { createOpenAIProvider } from "../../src/providers/openai/openai-provider.ts";
import type { Provider } from "../../src/providers/provider.ts";
import { call, collect, failure, fakeFetch, fixture, json, request, streamed } from "./wire-fixtures.ts";

const ORIGINS = { anthropic: "https://api.anthropic.com", openai: "https://api.openai.com" };
const NAMES = ["openai", "anthropic"] as const;

/** A provider behind the egress rules, which answers every call so. */
function answering(name: (typeof NAMES)[number], reply: () => Response): Provider {
  const fetch = createEgressFetch({ allowedOrigins: Object.values(ORIGINS), fetch: fakeFetch(reply).fetch });
  const create = name === "anthropic" ? createAnthropicProvider : createOpenAIProvider;
  return create({ baseUrl: ORIGINS[name], fetch, now: () => 0 });
}

describe.each(NAMES)("the body of a response from %s", (name) => {
  it.each(["complete", "stream"] as const)(
    "is not waited for where %s was aborted before it",
    async (kind) => {
      const reason = new AppError("timeout", "Our own reason.");
      const abort = new AbortController();
      let cancelled = false;
      const silent = new ReadableStream({ cancel: () => void (cancelled = true) });
      const provider = answering(name, () => {
        abort.abort(reason);
        return new Response(silent, {
          headers: { "content-type": kind === "stream" ? "text/event-stream" : "text/plain" },
        });
      });
      const error = await failure(async () => {
        const answer = await provider[kind](request({}), call(abort.signal));
        if (Symbol.asyncIterator in answer) await answer[Symbol.asyncIterator]().next();
      });
      expect(error).toBe(reason);
      expect(cancelled).toBe(true);
    },
    1_000,
  );
});

describe.each(NAMES)("a refusal by %s whose body ends early", (name) => {
  const refusal = (end: (controller: ReadableStreamDefaultController) => void) => {
    const pieces = [new Uint8Array(Buffer.from('{"error": {"message": "Slow do'))];
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        const next = pieces.shift();
        if (next) controller.enqueue(next);
        else end(controller);
      },
    });
    return new Response(body, { status: 429 });
  };

  it("has the words that came, where the connection breaks", async () => {
    const reply = () => refusal((controller) => controller.error(new TypeError("terminated")));
    const error = await failure(async () => answering(name, reply).complete(request({}), call()));
    expect(error).toMatchObject({ code: "rate_limit_error", detail: expect.stringContaining("Slow do") });
    expect(error.detail).not.toContain("terminated");
  });

  it("does not put ours into its mouth, where we end it", async () => {
    const abort = new AbortController();
    const reply = () => refusal(() => abort.abort(new AppError("timeout", "Our own reason.")));
    const error = await failure(async () => answering(name, reply).complete(request({}), call(abort.signal)));
    expect(error).toMatchObject({ code: "rate_limit_error", detail: expect.not.stringContaining("Our own reason") });
  });
});

const COUNTED = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
const TOLD = {
  openai: { model: "m", usage: { prompt_tokens: 10, completion_tokens: 5 }, choices: [] },
  anthropic: { model: "m", usage: { input_tokens: 10, output_tokens: 5 }, content: [] },
};

describe.each(NAMES)("what an answer of %s counts", (name) => {
  it.each([
    ["where it is no stream", "stream", {}],
    ["where it is no stream but an error", "stream", { error: { message: "no" } }],
    ["where it is an error", "complete", { error: { message: "no" } }],
  ] as const)("is told %s", async (_what, kind, more) => {
    const provider = answering(name, () => json(JSON.stringify({ ...TOLD[name], ...more })));
    const error = await failure(async () => provider[kind](request({}), call()));
    expect(error).toMatchObject({ code: "provider_error", stated: { usage: COUNTED, model: "m" } });
  });
});

describe.each(NAMES)("a stream from %s", (name) => {
  const bytesOf = (text: string) => new Uint8Array(Buffer.from(text));
  const read = async (...pieces: Uint8Array<ArrayBuffer>[]) =>
    collect(await answering(name, () => streamed(pieces)).stream(request({}), call()));
  const whole = fixture(`${name}/stream.sse`);

  /** A stream whose connection breaks after these bytes. */
  const broken = async (bytes: Uint8Array<ArrayBuffer>) => {
    const pieces = [bytes];
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        const next = pieces.shift();
        if (next) controller.enqueue(next);
        else controller.error(new TypeError("terminated"));
      },
    });
    const reply = () => new Response(body, { headers: { "content-type": "text/event-stream" } });
    return collect(await answering(name, reply).stream(request({}), call()));
  };

  it("is whole where the connection breaks after the reason of its end", async () => {
    const unclosed = fixture(name === "openai" ? "openai/stream-no-done.sse" : "anthropic/stream-no-stop.sse");
    expect(await broken(unclosed)).toEqual(await read(whole));
  });

  it("fails where the connection breaks before that", async () => {
    const error = await failure(async () => broken(fixture(`${name}/stream-truncated.sse`)));
    expect(error).toMatchObject({ code: "provider_error", retryable: true });
  });

  it("passes over pings whose data are no JSON", async () => {
    expect(await read(bytesOf("event: ping\ndata: still here\n\n"), whole)).toEqual(await read(whole));
  });

  it.each([
    ["a named error without JSON", "event: error\ndata: too much at once\n\n"],
    ["a named error", 'event: error\ndata: {"message":"too much at once"}\n\n'],
    ["an error by its type", 'data: {"type":"error","code":"server_error","message":"too much at once"}\n\n'],
    ["an error by its field", 'data: {"error":"too much at once"}\n\n'],
  ])("fails with the words of %s", async (_what, text) => {
    const error = await failure(async () => read(bytesOf(text), whole));
    expect(error).toMatchObject({ code: "provider_error", retryable: true });
    expect(error.detail).toContain("too much at once");
  });
});

it("a stream from OpenAI is over at its counts, even if the connection stays open", async () => {
  let isCancelled = false;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(fixture("openai/stream-no-done.sse")),
    cancel: () => void (isCancelled = true),
  });
  const reply = () => new Response(body, { headers: { "content-type": "text/event-stream" } });
  const parts = await collect(await answering("openai", reply).stream(request({}), call()));
  expect(parts.at(-1)).toMatchObject({ type: "finish", finish_reason: "stop", usage: { total_tokens: 26 } });
  expect(isCancelled).toBe(true);
}, 1_000);

it("a stream from OpenAI is over at [DONE], whatever follows it on the line", async () => {
  const chunk = { model: "m", choices: [{ delta: { content: "Hi" }, finish_reason: "stop" }] };
  const pieces = [`data: ${JSON.stringify(chunk)}\n\n`, "data: [DONE] \n\n"].map(
    (text) => new Uint8Array(Buffer.from(text)),
  );
  const parts = await collect(await answering("openai", () => streamed(pieces)).stream(request({}), call()));
  expect(parts.map(({ type }) => type)).toEqual(["text", "finish"]);
});
