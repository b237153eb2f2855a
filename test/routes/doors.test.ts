import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { call } from "../support/api.ts";
import { CLAUDE, MODEL, type OpenAIFault, openDoors } from "../support/doors.ts";

describe("a door whose provider speaks its wire format", () => {
  const user = (content: string) => [{ role: "user", content }];

  it.each([
    ["/v1/chat/completions", { model: MODEL, messages: user("hello") }, { object: "chat.completion" }],
    ["/v1/messages", { model: CLAUDE, max_tokens: 50, messages: user("hello") }, { type: "message" }],
    ["/v1/responses", { model: MODEL, input: "hello" }, { object: "response" }],
  ])("relays an answer of %s as it is, records it and prices it", async (path, body, shape) => {
    const { key, ask, calls } = await openDoors();
    const reply = await ask(path, body);
    expect([reply.status, reply.json]).toMatchObject([200, shape]);
    const id = reply.headers.get("x-pbt-execution-id") ?? "";
    expect(reply.headers.get("x-pbt-cost-usd")).toMatch(/^0\.\d+$/);
    const recorded = await call("GET", `/v1/executions/${id}`, { key });
    expect(recorded.json).toMatchObject({ status: "succeeded", prompt: null, model: body.model, attempts: 1 });
    expect((await calls()).map((each) => each.path)).toEqual([path]);
  });

  it.each([
    [
      "/v1/chat/completions",
      { model: MODEL, messages: user("hello") },
      /"chat.completion.chunk"[^]*data: \[DONE\]\n\n$/,
    ],
    [
      "/v1/messages",
      { model: CLAUDE, max_tokens: 50, messages: user("hello") },
      /^event: message_start\n[^]*event: message_stop\ndata: .*\n\n$/,
    ],
    [
      "/v1/responses",
      { model: MODEL, input: "hello" },
      /^event: response.created\n[^]*event: response.completed\ndata: .*\n\n$/,
    ],
  ])("relays the events of %s as they are", async (path, body, events) => {
    const { key, ask } = await openDoors();
    const reply = await ask(path, { ...body, stream: true });
    expect(reply.headers.get("content-type")).toMatch(/^text\/event-stream/);
    expect(reply.text).toMatch(events);
    const recorded = await call("GET", `/v1/executions/${reply.headers.get("x-pbt-execution-id")}`, { key });
    expect(recorded.json).toMatchObject({ status: "succeeded", prompt: null });
    expect(recorded.json["cost_usd"]).toBeGreaterThan(0);
  });

  it("keeps the usage chunk for those who ask for it", async () => {
    const { ask } = await openDoors();
    const body = { model: MODEL, messages: user("hello"), stream: true };
    const without = await ask("/v1/chat/completions", body);
    const withUsage = await ask("/v1/chat/completions", { ...body, stream_options: { include_usage: true } });
    expect(without.text).not.toContain('"prompt_tokens"');
    expect(withUsage.text).toContain('"prompt_tokens"');
  });

  it("answers from the cache and replays under an idempotency key", async () => {
    const { ask, calls } = await openDoors();
    const body = { model: MODEL, messages: user("hello"), temperature: 0 };
    const first = await ask("/v1/chat/completions", body);
    const second = await ask("/v1/chat/completions", body);
    expect(second.headers.get("x-pbt-cache")).toMatch(/^hit/);
    expect(second.text).toBe(first.text);
    for (const stream of [false, true]) {
      const headers = { "idempotency-key": `k-${stream}` };
      const unique = { model: CLAUDE, max_tokens: 20, messages: user("once"), stream };
      const once = await ask("/v1/messages", unique, headers);
      const again = await ask("/v1/messages", unique, headers);
      expect(again.headers.get("idempotent-replayed")).toBe("true");
      expect(again.text).toBe(once.text);
    }
    expect(await calls()).toHaveLength(3);
  });
});

describe("a door whose provider speaks another wire format", () => {
  it("answers in the client's own format, whole and streamed", async () => {
    const { ask, calls } = await openDoors();
    const body = { model: CLAUDE, max_tokens: 60, messages: [{ role: "user", content: "hello" }] };
    const whole = await ask<ChatCompletion>("/v1/chat/completions", body);
    expect(whole.json).toMatchObject({ object: "chat.completion", model: CLAUDE });
    expect(whole.json.choices[0]?.message.content).toContain("hello");
    const streamed = await ask("/v1/chat/completions", { ...body, stream: true });
    expect(streamed.text).toMatch(/^data: .*"chat.completion.chunk"[^]*data: \[DONE\]\n\n$/);
    expect((await calls()).map(({ path }) => path)).toEqual(["/v1/messages", "/v1/messages"]);
  });

  it("names every field that the other provider cannot be asked", async () => {
    const { ask, calls } = await openDoors();
    const body = { model: CLAUDE, logit_bias: { 1: 2 }, n: 2, messages: [{ role: "user", content: "hello" }] };
    const reply = await ask<OpenAIFault>("/v1/chat/completions", body);
    expect(reply.status).toBe(400);
    expect(reply.json.error).toMatchObject({ type: "invalid_request_error", param: "logit_bias" });
    expect(reply.json.error.message).toContain("n: has no counterpart");
    expect(await calls()).toEqual([]);
  });

  it("says in the words of each API that a model is unknown", async () => {
    const { ask } = await openDoors();
    const body = { model: "nowhere/llama", max_tokens: 9, messages: [{ role: "user", content: "hello" }] };
    const chat = await ask("/v1/chat/completions", body);
    expect([chat.status, chat.json["error"]]).toMatchObject([404, { param: "model", code: "model_not_found" }]);
    const messages = await ask("/v1/messages", body);
    expect([messages.status, messages.json["error"]]).toMatchObject([404, { type: "not_found_error" }]);
  });

  it("falls back to a model of the other provider", async () => {
    const { ask } = await openDoors();
    const broken = `${MODEL}-broken`;
    const profile = { models: { [broken]: { status: 500 } } };
    await fetch(`${env.MOCK_URL}/__mock/profile`, { method: "PUT", body: JSON.stringify(profile) });
    const body = { model: broken, messages: [{ role: "user", content: "hello" }] };
    const reply = await ask<ChatCompletion>("/v1/chat/completions", body, { "x-pbt-fallback-models": CLAUDE });
    expect([reply.status, reply.json.object]).toEqual([200, "chat.completion"]);
    expect(reply.json.model).toBe(CLAUDE);
    await fetch(`${env.MOCK_URL}/__mock/profile`, { method: "PUT", body: "{}" });
  });
});

describe("a stored prompt behind a door", () => {
  it("comes first, then the request's messages; its variables are prompt_variables or metadata", async () => {
    const { key, ask } = await openDoors();
    await call("PUT", "/v1/prompts/greet", {
      key,
      json: { model: CLAUDE, template: "Greet {{ who }}.", variables: { who: "string" } },
    });
    const messages = [{ role: "user", content: "And be brief." }];
    for (const variables of [{ prompt_variables: { who: "Ada" } }, { metadata: { who: "Ada" } }]) {
      const reply = await ask<ChatCompletion>("/v1/chat/completions", {
        model: "prompt:greet@latest",
        messages,
        ...variables,
      });
      expect(reply.json.choices[0]?.message.content).toContain("And be brief.");
      const recorded = await call("GET", `/v1/executions/${reply.headers.get("x-pbt-execution-id")}`, { key });
      expect(recorded.json).toMatchObject({
        prompt: { name: "greet", version: 1, label: "latest" },
        provider: "anthropic",
      });
    }
  });

  it("states the usage of its stream to those who ask for it", async () => {
    const { key, ask } = await openDoors();
    await call("PUT", "/v1/prompts/greet", { key, json: { model: "gpt-4o-mini", template: "Hello." } });
    const body = { model: "prompt:greet@latest", messages: [{ role: "user", content: "Hi." }], stream: true };
    const without = await ask("/v1/chat/completions", body);
    const withUsage = await ask("/v1/chat/completions", { ...body, stream_options: { include_usage: true } });
    expect(without.text).not.toContain('"prompt_tokens"');
    expect(withUsage.text).toContain('"prompt_tokens"');
  });
});

describe("models, embeddings and counts of tokens", () => {
  it("have the headers and the errors of the client's own API", async () => {
    const { key, ask } = await openDoors();
    const headers = { "anthropic-version": "2023-06-01" };
    const listed = await call("GET", "/v1/models", { key, headers });
    expect(listed.headers.get("request-id")).toBe(listed.headers.get("x-request-id"));
    expect((await call("GET", "/v1/models", { key })).headers.get("openai-processing-ms")).toMatch(/^\d+$/);
    const unknown = await call("GET", "/v1/models/nope", { key, headers });
    expect(unknown.json).toMatchObject({ type: "error", error: { type: "not_found_error" } });
    const messages = [{ role: "user", content: "hello" }];
    for (const model of [CLAUDE, MODEL]) {
      const counted = await ask("/v1/messages/count_tokens", { model, messages });
      expect(counted.headers.get("request-id")).toBe(counted.headers.get("x-request-id"));
    }
  });

  it("are listed in the form of the client", async () => {
    const { key } = await openDoors();
    const ofOpenAI = await call<{ object: string; data: { id: string }[] }>("GET", "/v1/models", { key });
    expect(ofOpenAI.json.data.map(({ id }) => id)).toEqual(expect.arrayContaining(["auto", "gpt-4o"]));
    const headers = { "anthropic-version": "2023-06-01" };
    const ofAnthropic = await call<{ data: { type: string }[] }>("GET", "/v1/models?limit=2", { key, headers });
    expect(ofAnthropic.json.data[0]?.type).toBe("model");
    expect((await call<{ id: string }>("GET", "/v1/models/gpt-4o", { key })).json.id).toBe("gpt-4o");
  });

  it("are relayed, and embeddings come from the cache the second time", async () => {
    const { ask, calls } = await openDoors();
    const body = { model: "text-embedding-3-small", input: ["one", "two"] };
    const first = await ask<{ data: unknown[] }>("/v1/embeddings", body);
    expect(first.json.data).toHaveLength(2);
    expect((await ask("/v1/embeddings", body)).headers.get("x-pbt-cache")).toMatch(/^hit/);
    expect((await calls()).filter(({ path }) => path === "/v1/embeddings")).toHaveLength(1);
    const counted = { messages: [{ role: "user", content: "hello there" }] };
    for (const model of [CLAUDE, MODEL]) {
      const reply = await ask<{ input_tokens: number }>("/v1/messages/count_tokens", { model, ...counted });
      expect(reply.json.input_tokens).toBeGreaterThan(0);
    }
  });
});

describe("an error at a door", () => {
  it.each([
    ["/v1/chat/completions", {}, 400, { error: { type: "invalid_request_error", param: "messages" } }],
    ["/v1/embeddings", { model: "text-embedding-3-small" }, 400, { error: { param: "input" } }],
  ])("has the form of the original: %s", async (path, body, status, error) => {
    const { ask } = await openDoors();
    const reply = await ask(path, body);
    expect([reply.status, reply.json]).toMatchObject([status, error]);
  });

  it("is the provider's own where the provider refuses what was sent", async () => {
    const { ask } = await openDoors();
    const refused = `[[mock:${JSON.stringify({ status: 400 })}]]`;
    const body = { model: MODEL, messages: [{ role: "user", content: refused }] };
    const reply = await ask<OpenAIFault>("/v1/chat/completions", body);
    expect([reply.status, reply.json.error.type]).toEqual([400, "invalid_request_error"]);
    expect(reply.json.error.message).not.toMatch(/openai answered/);
  });

  it("comes without a key in the door's form, too", async () => {
    const reply = await call("POST", "/v1/chat/completions", { json: {} });
    expect([reply.status, reply.json]).toMatchObject([401, { error: { code: "invalid_api_key" } }]);
  });
});

interface ChatCompletion {
  object: string;
  model: string;
  choices: { message: { content: string } }[];
}
