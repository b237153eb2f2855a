import { describe, expect, it } from "vitest";
import { ConnectionError, ProviderError, StreamBrokenError, type StreamEvent } from "../../src/client/index.ts";
import { clientOf, json, pieces, problem } from "./fake-server.ts";

const event = (name: string, data: unknown) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
const start = event("start", { id: "exe_1", model: "m", prompt: { name: "hello", version: 1, label: null } });
const done = event("done", { id: "exe_1", status: "succeeded", cost_usd: 0.1 });
const whole = start + event("delta", { text: "Grüß " }) + event("delta", { text: "dich" });

describe("a streamed execution", () => {
  it("gives its events as they come, however they are cut, and its result with the output", async () => {
    const text = whole + event("from_the_future", {}) + done;
    const { client, seen } = clientOf([pieces([text.slice(0, 9), text.slice(9, 140), text.slice(140)])]);
    const stream = client.stream("hello", { variables: { who: "Ada" } });
    expect(seen).toHaveLength(0);
    const events: StreamEvent[] = [];
    for await (const each of stream) events.push(each);
    expect(events.map(({ type }) => type)).toEqual(["start", "delta", "delta", "done"]);
    expect(await stream.result()).toEqual({ id: "exe_1", status: "succeeded", cost_usd: 0.1, output: "Grüß dich" });
    expect(JSON.parse(seen[0]?.body ?? "")).toEqual({ prompt: "hello", variables: { who: "Ada" }, stream: true });
  });

  it("gives its text alone, and reads on for the result", async () => {
    const { client } = clientOf([pieces([whole, done])]);
    const stream = client.stream("hello");
    const texts: string[] = [];
    for await (const text of stream.text()) texts.push(text);
    expect(texts).toEqual(["Grüß ", "dich"]);
    expect(await stream.result()).toMatchObject({ output: "Grüß dich" });
  });

  it("is repeated with the same key while it has not begun", async () => {
    const { client, seen } = clientOf([
      problem("rate_limit_error", 429, { "retry-after": "1" }),
      pieces([whole, done]),
    ]);
    await client.stream("hello").result();
    expect(seen).toHaveLength(2);
    expect(seen[1]?.key).toBe(seen[0]?.key);
  });

  it.each([
    ["breaks off", pieces([whole], { breaks: true })],
    ["ends without its last event", pieces([whole])],
  ])("that %s says which execution it was and under which key its answer is kept", async (_, answer) => {
    const { client, seen } = clientOf([answer]);
    const error = await client
      .stream("hello")
      .result()
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StreamBrokenError);
    expect(error).toMatchObject({ executionId: "exe_1", idempotencyKey: seen[0]?.key });
    expect(seen).toHaveLength(1);
  });

  it("throws the error that an event tells", async () => {
    const told = { code: "provider_error", status: 502, detail: "It broke.", execution_id: "exe_1", request_id: "r1" };
    const { client } = clientOf([pieces([whole, event("error", told)])]);
    const error = await client
      .stream("hello")
      .result()
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({ problem: { execution_id: "exe_1" } });
  });

  it("that is left closes its connection", async () => {
    let closed = false;
    const body = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => controller.enqueue(new TextEncoder().encode(whole)),
        cancel: () => {
          closed = true;
        },
      },
      { highWaterMark: 0 },
    );
    const { client } = clientOf([() => new Response(body)]);
    const stream = client.stream("hello");
    for await (const { type } of stream) if (type === "delta") break;
    expect(closed).toBe(true);
    await expect(stream.result()).rejects.toThrow("left before its end");
  });
});

describe("a watched batch", () => {
  const progress = event("progress", { status: "running", counts: { total: 2 }, cost_usd: null });

  it("is watched on when a connection ends before the batch does", async () => {
    const end = event("done", { id: "bat_1", status: "completed" });
    const { client, seen } = clientOf([pieces([progress]), pieces([progress], { breaks: true }), pieces([end])]);
    const types: string[] = [];
    for await (const { type } of client.batches.watch("bat_1")) types.push(type);
    expect(types).toEqual(["progress", "progress", "done"]);
    expect(seen).toHaveLength(3);
  });

  it("is given up where no connection says anything", async () => {
    const { client, seen } = clientOf([pieces([])]);
    await expect(client.batches.watch("bat_1").next()).rejects.toThrow(ConnectionError);
    expect(seen).toHaveLength(5);
  });

  it("has its items read as their lines come", async () => {
    const lines = '{"index":0,"status":"succeeded"}\n{"index":1,"status":"failed"}\n';
    const { client } = clientOf([pieces([lines.slice(0, 20), lines.slice(20)])]);
    const states: string[] = [];
    for await (const { status } of client.batches.items("bat_1")) states.push(status);
    expect(states).toEqual(["succeeded", "failed"]);
  });

  it("is accepted once, whatever becomes of the answer", async () => {
    const { client, seen } = clientOf([problem("provider_overloaded", 503), json({ id: "bat_1" }, 202)]);
    await client.batches.create({ prompt: "hello", items: [{ variables: {} }] });
    expect(seen[1]?.key).toBe(seen[0]?.key);
  });
});

describe("a watched test run", () => {
  it("is asked for each second until it has ended", async () => {
    const { client, waits } = clientOf([json({ status: "running" }), json({ status: "completed" })]);
    const states: string[] = [];
    for await (const { status } of client.testRuns.watch("run_1")) states.push(status);
    expect(states).toEqual(["running", "completed"]);
    expect(waits).toEqual([1_000]);
  });
});
