import { describe, expect, it } from "vitest";

import { drain, KEY, marked, mockForTests } from "./mock-clients.ts";

const { mock, openai, anthropic } = await mockForTests();

const EXTRA = {
  extra_fields: { x_mood: { calm: true } },
  extra_events: [{ event: "response.mood", data: { type: "response.mood", mood: "calm" } }],
};
const user = (content: string) => [{ role: "user" as const, content }];

describe("the requests that the mock keeps", () => {
  it("are as they were sent, without the keys", async () => {
    const body = { model: "gpt-4o", messages: user("Hello"), x_new: { list: [1, "ä"] } };
    await openai.chat.completions.create(body, { headers: { "x-trace": "t1" }, query: { a: "b" } });
    await anthropic.messages.create({ model: "claude-haiku-4-5", max_tokens: 9, messages: user("Hello") });
    const response = await fetch(`${mock.url}/__mock/requests`);
    const text = await response.text();
    const { requests } = JSON.parse(text) as { requests: unknown };
    expect(requests).toMatchObject([
      { seq: 1, method: "POST", target: "/v1/chat/completions?a=b", headers: { "x-trace": "t1" } },
      { seq: 2, target: "/v1/messages", headers: { "anthropic-version": expect.any(String) } },
    ]);
    expect(JSON.parse(mock.requests()[0]?.body ?? "")).toEqual(body);
    expect(text).not.toContain(KEY);
    expect(mock.requests(1).map(({ seq }) => seq)).toEqual([2]);
  });

  it("are the newest 64, without bodies of more than 256 KiB", async () => {
    await openai.chat.completions.create({ model: "gpt-4o", messages: user("x".repeat(256 * 1_024)) });
    expect(mock.requests()).toMatchObject([{ seq: 1, body: null }]);
    for (let each = 0; each < 64; each++) await openai.models.list();
    expect(mock.requests()).toHaveLength(64);
    expect(mock.requests()[0]?.seq).toBe(2);
  });
});

describe("fields and events that no provider has today", () => {
  it("are taken by all the mock's APIs", async () => {
    await openai.responses.create({ model: "gpt-6-luna", input: "Hello", x_new: 1 } as never);
    const part = { type: "input_text", text: "Hello", x_new: 1 };
    const input = [{ role: "user", content: [part], x_new: 1 }];
    const { status } = await openai.responses.create({ model: "gpt-6-luna", input } as never);
    expect(status).toBe("completed");
  });

  it("are in whole answers where a profile asks for them", async () => {
    const content = marked({ extra_fields: EXTRA.extra_fields });
    const chat = await openai.chat.completions.create({ model: "gpt-4o", messages: user(content) });
    const message = await anthropic.messages.create({ model: "claude", max_tokens: 9, messages: user(content) });
    const response = await openai.responses.create({ model: "gpt-6-luna", input: content });
    const vectors = await openai.embeddings.create({ model: "e", input: content });
    for (const answer of [chat, message, response, vectors]) expect(answer).toMatchObject(EXTRA.extra_fields);
  });

  it("are in streams, and change nothing else there", async () => {
    const answer = "As ever.";
    const input = marked({ ...EXTRA, answer });
    const { parts } = await drain(await openai.responses.create({ model: "gpt-6-luna", input, stream: true }));
    const types: string[] = parts.map(({ type }) => type);
    expect(types.indexOf("response.mood")).toBe(2);
    expect(parts.filter((part) => "x_mood" in part)).toHaveLength(parts.length - 1);
    expect(parts.at(-1)).toMatchObject({ type: "response.completed", response: { output: [{ type: "message" }] } });
    const chunks = await drain(
      await openai.chat.completions.create({ model: "gpt-4o", messages: user(input), stream: true }),
    );
    expect(chunks.parts.some((chunk) => "mood" in chunk)).toBe(true);
    const said = chunks.parts.flatMap(({ choices }) => choices?.map(({ delta }) => delta.content) ?? []);
    expect(said.join("")).toBe(answer);
  });
});

describe("the mock's count of tokens", () => {
  it("is that of the usage, and free", async () => {
    const body = { model: "claude-haiku-4-5", system: "Be brief.", messages: user("What is an edge runtime?") };
    const { input_tokens: counted } = await anthropic.messages.countTokens(body);
    const { usage } = await anthropic.messages.create({ ...body, max_tokens: 16 });
    expect(counted).toBe(usage.input_tokens);
    expect(mock.calls()[0]).toMatchObject({ path: "/v1/messages/count_tokens", prompt_tokens: 0, status: 200 });
  });

  it("fails as its key does, and refuses a body that no message could have", async () => {
    mock.configure({ keys: { [KEY]: { status: 529 } } });
    const body = { model: "claude-haiku-4-5", messages: user("Hello") };
    await expect(anthropic.messages.countTokens(body)).rejects.toMatchObject({ status: 529 });
    mock.configure({});
    await expect(anthropic.messages.countTokens({ ...body, messages: [] })).rejects.toMatchObject({ status: 400 });
  });
});
