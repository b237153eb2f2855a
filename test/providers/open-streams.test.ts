import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { StreamPart } from "../../src/domain/completions/completion.ts";
import { AppError } from "../../src/domain/errors.ts";
import { createAnthropicProvider } from "../../src/providers/anthropic/anthropic-provider.ts";
import { createOpenAIProvider } from "../../src/providers/openai/openai-provider.ts";
import { call, collect, failure, fakeFetch, fixture, request } from "./wire-fixtures.ts";

const FINISHED = `data: ${JSON.stringify({ model: "m", choices: [{ delta: { content: "Hi" }, finish_reason: "stop" }] })}\n\n`;
const SAID = `data: ${JSON.stringify({ model: "m", choices: [{ delta: { content: "Hi" } }] })}\n\n`;
const COUNTS = `data: ${JSON.stringify({ model: "m", choices: [], usage: { prompt_tokens: 3, completion_tokens: 1 } })}\n\n`;

/** A stream with this text, which stays open, and what becomes of it. */
function openStream(name: "openai" | "anthropic", text: string) {
  const body = new TransformStream<Uint8Array, Uint8Array>();
  const writer = body.writable.getWriter();
  let isCancelled = false;
  writer.closed.catch(() => void (isCancelled = true));
  const say = (more: string) => void writer.write(new Uint8Array(Buffer.from(more))).catch(() => undefined);
  const reply = () => new Response(body.readable, { headers: { "content-type": "text/event-stream" } });
  const create = name === "openai" ? createOpenAIProvider : createAnthropicProvider;
  const provider = create({ baseUrl: "https://api.example.com", fetch: fakeFetch(reply).fetch, now: () => 0 });
  say(text);
  const open = async (signal?: AbortSignal) => provider.stream(request({}), call(signal));
  const read = async (signal?: AbortSignal) => collect(await open(signal));
  return { open, read, say, isCancelled: () => isCancelled };
}

/** The parts of a stream before it fails, and its failure. */
async function partsAndFailure(open: () => Promise<AsyncIterable<StreamPart>>) {
  const parts: StreamPart[] = [];
  const error = failure(async () => {
    for await (const part of await open()) parts.push(part);
  });
  return { parts: error.then(() => parts), error };
}

describe("a stream that stays open", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it.each([
    ["openai", FINISHED],
    ["anthropic", new TextDecoder().decode(fixture("anthropic/stream-no-stop.sse"))],
  ] as const)("ends 2 s after %s said why its answer ended", async (name, text) => {
    const stream = openStream(name, text);
    const parts = stream.read();
    await vi.advanceTimersByTimeAsync(1_900);
    expect(stream.isCancelled()).toBe(false);
    await vi.advanceTimersByTimeAsync(200);
    expect((await parts).at(-1)).toMatchObject({ type: "finish", finish_reason: "stop" });
    expect(stream.isCancelled()).toBe(true);
  });

  it("has the counts that come meanwhile, and no more time for what else does", async () => {
    const [counted, chatty] = [openStream("openai", FINISHED), openStream("openai", FINISHED)];
    const all = Promise.all([counted.read(), chatty.read()]);
    for (let passed = 0; passed < 2_100; passed += 300) {
      await vi.advanceTimersByTimeAsync(300);
      chatty.say(": still here\n\n");
      if (passed === 900) counted.say(COUNTS);
    }
    const usages = (await all).map((parts) => parts.at(-1)).map((part) => part?.type === "finish" && part.usage);
    expect(usages).toEqual([{ prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 }, null]);
  });

  it("is read to its end where the answer goes on after its reason, and cut where that does not come", async () => {
    const abort = new AbortController();
    const [ended, cut] = [openStream("openai", FINISHED), openStream("openai", FINISHED)];
    const [parts, failed] = [ended.read(), failure(async () => cut.read(abort.signal))];
    for (let passed = 0; passed < 9_000; passed += 1_500) {
      await vi.advanceTimersByTimeAsync(1_500);
      for (const stream of [ended, cut]) stream.say(FINISHED);
    }
    await vi.advanceTimersByTimeAsync(20_000);
    expect(ended.isCancelled()).toBe(false);
    ended.say(COUNTS);
    expect((await parts).filter(({ type }) => type === "text")).toHaveLength(7);
    abort.abort(new AppError("timeout", "too late"));
    expect(await failed).toMatchObject({ code: "timeout" });
  });

  it.each(["{broken\n\n", "5\n\n"])(
    "fails where an event is lost, with the counts that its provider goes on to: %j",
    async (lost) => {
      const stream = openStream("openai", SAID + `data: ${lost}`);
      const { parts, error } = await partsAndFailure(async () => stream.open());
      for (const more of [SAID, FINISHED, COUNTS]) stream.say(more);
      await vi.advanceTimersByTimeAsync(10);
      expect(await parts).toEqual([
        { type: "text", text: "Hi" },
        { type: "unread", text: "Hi" },
        { type: "unread", text: "Hi" },
        { type: "usage", usage: { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 }, final: true, model: "m" },
      ]);
      expect(await error).toMatchObject({ code: "provider_error", retryable: true });
    },
  );

  it("waits 2 s for the counts where an event is lost, and no longer", async () => {
    const stream = openStream("openai", `${SAID}data: {broken\n\n`);
    const { parts, error } = await partsAndFailure(async () => stream.open());
    await vi.advanceTimersByTimeAsync(1_900);
    expect(stream.isCancelled()).toBe(false);
    await vi.advanceTimersByTimeAsync(200);
    expect(stream.isCancelled()).toBe(true);
    expect(await parts).toEqual([{ type: "text", text: "Hi" }]);
    expect(await error).toMatchObject({ retryable: true });
  });

  it("is whole where the time of its call is up meanwhile", async () => {
    const abort = new AbortController();
    const stream = openStream("openai", FINISHED);
    const parts = stream.read(abort.signal);
    await vi.advanceTimersByTimeAsync(100);
    abort.abort(new AppError("timeout", "too late"));
    expect((await parts).at(-1)).toMatchObject({ type: "finish", finish_reason: "stop", usage: null });
  });

  it("fails where the time of its call is up before that", async () => {
    const abort = new AbortController();
    const stream = openStream("openai", FINISHED.replace('"stop"', "null"));
    const failed = failure(async () => stream.read(abort.signal));
    await vi.advanceTimersByTimeAsync(10_000);
    abort.abort(new AppError("timeout", "too late"));
    expect(await failed).toMatchObject({ code: "timeout" });
  });
});
