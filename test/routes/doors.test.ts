import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { call, newTenant } from "../support/api.ts";

const MODEL = "gpt-6-luna";
const CLAUDE = "claude-haiku-4-5";

/** A tenant whose calls the mock tells from those of others. */
async function open() {
  const { id, key } = await newTenant();
  const secret = `sk-${id}`;
  for (const provider of ["openai", "anthropic"]) {
    await call("PUT", `/v1/providers/${provider}/keys/main`, { key, json: { api_key: secret } });
  }
  const calls = async () => {
    const reply = await fetch(`${env.MOCK_URL}/__mock/calls`);
    const { calls: all } = await reply.json<{ calls: { key: string; path: string; model: string }[] }>();
    return all.filter((each) => each.key === secret);
  };
  const ask = async <T = Record<string, unknown>>(path: string, json: object, headers: Record<string, string> = {}) =>
    call<T>("POST", path, { key, json, headers });
  return { id, key, ask, calls };
}

describe("a door whose provider speaks its wire format", () => {
  const user = (content: string) => [{ role: "user", content }];

  it.each([
    ["/v1/chat/completions", { model: MODEL, messages: user("hello") }, { object: "chat.completion" }],
    ["/v1/messages", { model: CLAUDE, max_tokens: 50, messages: user("hello") }, { type: "message" }],
    ["/v1/responses", { model: MODEL, input: "hello" }, { object: "response" }],
  ])("relays an answer of %s as it is, records it and prices it", async (path, body, shape) => {
    const { key, ask, calls } = await open();
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
    const { key, ask } = await open();
    const reply = await ask(path, { ...body, stream: true });
    expect(reply.headers.get("content-type")).toMatch(/^text\/event-stream/);
    expect(reply.text).toMatch(events);
    const recorded = await call("GET", `/v1/executions/${reply.headers.get("x-pbt-execution-id")}`, { key });
    expect(recorded.json).toMatchObject({ status: "succeeded", prompt: null });
    expect(recorded.json["cost_usd"]).toBeGreaterThan(0);
  });

  it("keeps the usage chunk for those who ask for it", async () => {
    const { ask } = await open();
    const body = { model: MODEL, messages: user("hello"), stream: true };
    const without = await ask("/v1/chat/completions", body);
    const withUsage = await ask("/v1/chat/completions", { ...body, stream_options: { include_usage: true } });
    expect(without.text).not.toContain('"prompt_tokens"');
    expect(withUsage.text).toContain('"prompt_tokens"');
  });

  it("answers from the cache and replays under an idempotency key", async () => {
    const { ask, calls } = await open();
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
    const { ask, calls } = await open();
    const body = { model: CLAUDE, max_tokens: 60, messages: [{ role: "user", content: "hello" }] };
    const whole = await ask<ChatCompletion>("/v1/chat/completions", body);
    expect(whole.json).toMatchObject({ object: "chat.completion", model: CLAUDE });
    expect(whole.json.choices[0]?.message.content).toContain("hello");
    const streamed = await ask("/v1/chat/completions", { ...body, stream: true });
    expect(streamed.text).toMatch(/^data: .*"chat.completion.chunk"[^]*data: \[DONE\]\n\n$/);
    expect((await calls()).map(({ path }) => path)).toEqual(["/v1/messages", "/v1/messages"]);
  });

  it("names every field that the other provider cannot be asked", async () => {
    const { ask, calls } = await open();
    const body = { model: CLAUDE, logit_bias: { 1: 2 }, n: 2, messages: [{ role: "user", content: "hello" }] };
    const reply = await ask<OpenAIFault>("/v1/chat/completions", body);
    expect(reply.status).toBe(400);
    expect(reply.json.error).toMatchObject({ type: "invalid_request_error", param: "logit_bias" });
    expect(reply.json.error.message).toContain("n: has no counterpart");
    expect(await calls()).toEqual([]);
  });

  it("says in the words of each API that a model is unknown", async () => {
    const { ask } = await open();
    const body = { model: "nowhere/llama", max_tokens: 9, messages: [{ role: "user", content: "hello" }] };
    const chat = await ask("/v1/chat/completions", body);
    expect([chat.status, chat.json["error"]]).toMatchObject([404, { param: "model", code: "model_not_found" }]);
    const messages = await ask("/v1/messages", body);
    expect([messages.status, messages.json["error"]]).toMatchObject([404, { type: "not_found_error" }]);
  });

  it("falls back to a model of the other provider", async () => {
    const { ask } = await open();
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
    const { key, ask } = await open();
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
    const { key, ask } = await open();
    await call("PUT", "/v1/prompts/greet", { key, json: { model: "gpt-4o-mini", template: "Hello." } });
    const body = { model: "prompt:greet@latest", messages: [{ role: "user", content: "Hi." }], stream: true };
    const without = await ask("/v1/chat/completions", body);
    const withUsage = await ask("/v1/chat/completions", { ...body, stream_options: { include_usage: true } });
    expect(without.text).not.toContain('"prompt_tokens"');
    expect(withUsage.text).toContain('"prompt_tokens"');
  });
});

describe("OpenAI's stored prompts", () => {
  it("are taken unchanged: by name or alias, with a version, and with what follows them", async () => {
    const { key, ask } = await open();
    const json = { model: MODEL, template: "Greet {{ who }}.", variables: { who: "string" } };
    await call("PUT", "/v1/prompts/greet", { key, json });
    await call("PUT", "/v1/prompts/greet", { key, json: { ...json, template: "Salute {{ who }}." } });
    await call("PUT", "/v1/aliases/pmpt_68f", { key, json: { prompt: "greet", label: "latest" } });
    const variables = { who: { type: "input_text", text: "Ada" } };
    const asked = async (prompt: object, more: object = {}) => {
      const reply = await ask<ResponseBody>("/v1/responses", { prompt: { variables, ...prompt }, ...more });
      expect(reply.json).toMatchObject({ object: "response", status: "completed" });
      const recorded = await call("GET", `/v1/executions/${reply.headers.get("x-pbt-execution-id")}`, { key });
      const shown = await call("POST", "/v1/prompts/greet/render", { key, json: { variables: { who: "Ada" } } });
      expect(shown.status).toBe(200);
      return recorded.json["prompt"];
    };
    expect(await asked({ id: "greet", version: "1" })).toMatchObject({ name: "greet", version: 1 });
    expect(await asked({ id: "pmpt_68f" })).toEqual({ name: "greet", version: 2, label: "latest" });
    expect(await asked({ id: "pmpt_68f" }, { model: CLAUDE, input: "And wave." })).toMatchObject({ version: 2 });
  });

  it("keep the metadata beside their variables", async () => {
    const { key, ask } = await open();
    const json = { model: MODEL, template: "Greet {{ who }}.", variables: { who: "string" } };
    await call("PUT", "/v1/prompts/greet", { key, json });
    const prompt = { id: "greet", version: "1", variables: { who: "Ada" } };
    const metadata = { trace: "t9" };
    expect((await ask("/v1/responses", { prompt, metadata })).json).toMatchObject({ metadata });
    const other = await ask<OpenAIFault>("/v1/responses", { prompt, metadata, model: CLAUDE });
    expect([other.status, other.json.error.param]).toEqual([400, "metadata"]);
  });

  it("are refused by the name of what is wrong with them", async () => {
    const { key, ask } = await open();
    await call("PUT", "/v1/prompts/greet", { key, json: { model: MODEL, template: "Hi" } });
    const fault = async (prompt: object) => (await ask<OpenAIFault>("/v1/responses", { prompt })).json.error;
    expect(await fault({ id: "greet", version: "no version!" })).toMatchObject({ param: "prompt.version" });
    expect(await fault({ id: "No prompt" })).toMatchObject({ param: "prompt.id" });
    expect(await fault({ id: "pmpt_gone" })).toMatchObject({ code: "not_found" });
  });
});

describe("a response that OpenAI keeps", () => {
  it("is read, continued, listed and deleted with the key that made it, out of several", async () => {
    const { id: tenant, key, ask } = await open();
    await call("PUT", "/v1/providers/openai/keys/second", { key, json: { api_key: `sk-second-${tenant}` } });
    for (let round = 0; round < 4; round++) {
      const made = await ask<ResponseBody>("/v1/responses", { model: MODEL, input: `hello ${round}`, store: true });
      expect(made.json.id).toMatch(/^resp_\w+~openai~(main|second)$/);
      const path = `/v1/responses/${made.json.id}`;
      expect((await call<ResponseBody>("GET", path, { key })).json.id).toBe(made.json.id);
      expect((await call("GET", `${path}/input_items`, { key })).status).toBe(200);
      const next = { model: MODEL, input: "go on", previous_response_id: made.json.id };
      expect((await ask("/v1/responses", next)).status).toBe(200);
      expect((await call("DELETE", path, { key })).status).toBe(200);
      expect((await call("GET", path, { key })).status).toBe(404);
    }
  });

  it("has an error that says so where its key is gone", async () => {
    const { key, ask } = await open();
    const made = await ask<ResponseBody>("/v1/responses", { model: MODEL, input: "hello" });
    await call("PUT", "/v1/providers/openai/keys/second", { key, json: { api_key: "sk-another-key" } });
    await call("DELETE", "/v1/providers/openai/keys/main", { key });
    const body = { model: MODEL, input: "go on", previous_response_id: made.json.id };
    const reply = await ask<OpenAIFault>("/v1/responses", body);
    expect([reply.status, reply.json.error.param]).toEqual([400, "previous_response_id"]);
    expect(reply.json.error.message).toContain("`main`");
    expect((await call<OpenAIFault>("GET", `/v1/responses/${made.json.id}`, { key })).json.error.message).toContain(
      "`main`",
    );
  });

  it("is out of reach with the deployment's keys, which tenants share", async () => {
    const { key } = await newTenant();
    const ask = async (json: object) => call<ResponseBody & OpenAIFault>("POST", "/v1/responses", { key, json });
    const made = await ask({ model: MODEL, input: "hello" });
    const next = await ask({ model: MODEL, input: "go on", previous_response_id: made.json.id });
    expect([next.status, next.json.error.param]).toEqual([400, "previous_response_id"]);
    expect((await call("GET", `/v1/responses/${made.json.id}`, { key })).status).toBe(404);
    const input = [
      { role: "user", content: "go on" },
      { type: "item_reference", id: "msg_1" },
    ];
    const item = await ask({ model: MODEL, input });
    expect([item.status, item.json.error.param]).toEqual([400, "input[1]"]);
  });
});

describe("models, embeddings and counts of tokens", () => {
  it("have the headers and the errors of the client's own API", async () => {
    const { key, ask } = await open();
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
    const { key } = await open();
    const ofOpenAI = await call<{ object: string; data: { id: string }[] }>("GET", "/v1/models", { key });
    expect(ofOpenAI.json.data.map(({ id }) => id)).toEqual(expect.arrayContaining(["auto", "gpt-4o"]));
    const headers = { "anthropic-version": "2023-06-01" };
    const ofAnthropic = await call<{ data: { type: string }[] }>("GET", "/v1/models?limit=2", { key, headers });
    expect(ofAnthropic.json.data[0]?.type).toBe("model");
    expect((await call<{ id: string }>("GET", "/v1/models/gpt-4o", { key })).json.id).toBe("gpt-4o");
  });

  it("are relayed, and embeddings come from the cache the second time", async () => {
    const { ask, calls } = await open();
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
    const { ask } = await open();
    const reply = await ask(path, body);
    expect([reply.status, reply.json]).toMatchObject([status, error]);
  });

  it("is the provider's own where the provider refuses what was sent", async () => {
    const { ask } = await open();
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

interface OpenAIFault {
  error: { type: string; param: string | null; message: string };
}

interface ResponseBody {
  id: string;
}
