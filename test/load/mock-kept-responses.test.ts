import OpenAI from "openai";
import { describe, expect, it } from "vitest";

import { KEY, marked, mockForTests } from "./mock-clients.ts";

let now = 1_000_000;
const { mock, openai } = await mockForTests({ clock: () => now });
const other = new OpenAI({ baseURL: mock.openaiBaseUrl, apiKey: "sk-other", maxRetries: 0, logLevel: "off" });

const MODEL = "gpt-6-luna";

describe("a response that the mock keeps", () => {
  it("can be read again, with its input, until it is deleted", async () => {
    const made = await openai.responses.create({ model: MODEL, input: "Hello", metadata: { a: "b" } });
    expect(await openai.responses.retrieve(made.id)).toMatchObject({ output: made.output, metadata: { a: "b" } });
    const items = await openai.responses.inputItems.list(made.id);
    expect(items.data).toMatchObject([{ role: "user", content: [{ type: "input_text", text: "Hello" }] }]);
    await openai.responses.delete(made.id);
    await expect(openai.responses.retrieve(made.id)).rejects.toMatchObject({ status: 404 });
  });

  it("is kept of a stream, too, and not where `store` is false", async () => {
    const stream = await openai.responses.create({ model: MODEL, input: "Hello", stream: true });
    let id = "";
    for await (const event of stream) if (event.type === "response.completed") id = event.response.id;
    expect(await openai.responses.retrieve(id)).toMatchObject({ id, status: "completed" });
    const unkept = await openai.responses.create({ model: MODEL, input: "Hello", store: false });
    await expect(openai.responses.retrieve(unkept.id)).rejects.toMatchObject({ status: 404 });
  });

  it("is known to its own key only", async () => {
    const { id } = await openai.responses.create({ model: MODEL, input: "Hello" });
    await expect(other.responses.retrieve(id)).rejects.toMatchObject({ status: 404 });
    const body = { model: MODEL, input: "And now?", previous_response_id: id };
    const gone = { status: 400, code: "previous_response_not_found", param: "previous_response_id" };
    await expect(other.responses.create(body)).rejects.toMatchObject(gone);
    expect(await openai.responses.create(body)).toMatchObject({ previous_response_id: id, status: "completed" });
  });

  it("is paid for again by the one that continues it", async () => {
    const first = await openai.responses.create({ model: MODEL, input: "Hello", instructions: "Be brief." });
    const alone = await openai.responses.create({ model: MODEL, input: "And now?" });
    const next = await openai.responses.create({ model: MODEL, input: "And now?", previous_response_id: first.id });
    const [before = 0, own = 0, after = 0] = [first, alone, next].map(({ usage }) => usage?.input_tokens);
    expect(after).toBeGreaterThan(own + before);
  });
});

describe("a response in the background of the mock", () => {
  const start = async () =>
    openai.responses.create({ model: MODEL, input: marked({ ttft_ms: 5_000 }), background: true });

  it("is queued, then in progress, then completed", async () => {
    const made = await start();
    expect(made).toMatchObject({ status: "queued", output: [], background: true });
    expect(await openai.responses.retrieve(made.id)).toMatchObject({ status: "in_progress", output: [] });
    now += 5_000;
    const ended = await openai.responses.retrieve(made.id);
    expect(ended.status).toBe("completed");
    expect(ended.usage?.output_tokens).toBe(mock.calls()[0]?.completion_tokens);
  });

  it("is not paid for where it is cancelled before its end, and stays as it is after it", async () => {
    const [early, late] = [await start(), await start()];
    expect(await openai.responses.cancel(early.id)).toMatchObject({ status: "cancelled" });
    now += 5_000;
    expect(await openai.responses.retrieve(early.id)).toMatchObject({ status: "cancelled" });
    expect(await openai.responses.cancel(late.id)).toMatchObject({ status: "completed" });
    const paid = mock.calls().map(({ completion_tokens: tokens }) => tokens > 0);
    expect(paid.slice(0, 2)).toEqual([false, true]);
  });

  it("needs to be kept, and is the only one that can be cancelled", async () => {
    const unkept = openai.responses.create({ model: MODEL, input: "Hello", background: true, store: false });
    await expect(unkept).rejects.toMatchObject({ status: 400 });
    const { id } = await openai.responses.create({ model: MODEL, input: "Hello" });
    await expect(openai.responses.cancel(id)).rejects.toMatchObject({ status: 400 });
  });

  it("has the faults that its key has", async () => {
    const { id } = await start();
    mock.configure({ keys: { [KEY]: { status: 500 } } });
    await expect(openai.responses.retrieve(id)).rejects.toMatchObject({ status: 500 });
  });
});
