import { createMessageBatch } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { WakeUp } from "../../src/domain/batches/wake-up.ts";
import worker from "../../src/index.ts";
import { call } from "../support/api.ts";
import { COMPATIBLE, type Executed, marked, tenantWithUpstream } from "../support/upstream.ts";

const USAGE = { fault: "wrong_usage", usage: { prompt_tokens: 1_000, completion_tokens: 100 } };
/** The usage is told; everything else deviates from OpenAI as usual. */
const COUNTED = { ...USAGE, deviations: ["content_parts", "empty_finish_reason", "empty_data"] };
/** 1,000 tokens in at $3 and 100 out at $7 a million. */
const COST_USD = 0.0037;

/** Delivers the first group of an accepted batch, or of an asynchronous execution. */
async function wake(tenantId: string, id: string, lane: string) {
  const body: WakeUp = { type: "group", tenant_id: tenantId, batch_id: id, group: 0 };
  const messages = [{ id, timestamp: new Date(), attempts: 1, body }];
  await worker.queue(createMessageBatch<WakeUp>(`pbt-edge-executions-${lane}`, messages), env);
}

const eventsOf = (text: string, name: string) =>
  [...text.matchAll(new RegExp(`event: ${name}\\ndata: (.*)`, "g"))].map(
    ([, data = "{}"]) => JSON.parse(data) as Record<string, unknown>,
  );

describe("an execution at an upstream", () => {
  it("is answered by the model as it is written, without a key, and is recorded", async () => {
    const { key, model, execute, calls } = await tenantWithUpstream();
    const { status, json } = await execute(marked({ answer: "hello" }));
    expect([status, json]).toMatchObject([
      200,
      { status: "succeeded", output: "hello", provider: "llm", model, finish_reason: "stop", cost_usd: null },
    ]);
    expect(json.usage.completion_tokens).toBeGreaterThan(0);
    expect(await calls()).toMatchObject([{ provider: "compatible", key: "", path: "/compatible/v1/chat/completions" }]);
    const read = await call("GET", `/v1/executions/${json.id}`, { key });
    expect(read.json).toMatchObject({ provider: "llm", model, output: "hello" });
    const usage = await call("GET", "/v1/usage?group_by=provider", { key });
    expect(usage.json).toMatchObject({ data: [{ provider: "llm", executions: 1 }] });
  });

  it("is paid no more than its budget reserved, where the server knows one name of the bound only", async () => {
    const { key, model, setPrice } = await tenantWithUpstream({}, "Old-Bound");
    await setPrice();
    await call("PUT", "/v1/budgets/tenant", { key, json: { daily_usd: 1 } });
    const answer = Array.from({ length: 200 }, () => "word").join(" ");
    const messages = [{ role: "user", content: marked({ answer, deviations: [] }) }];
    const json = { model: `llm/${model}`, messages, max_completion_tokens: 20 };
    const reply = await call<{ usage: { completion_tokens: number } }>("POST", "/v1/chat/completions", { key, json });
    expect(reply.status).toBe(200);
    expect(reply.json.usage.completion_tokens).toBeLessThanOrEqual(20);
  });

  it("is sent the tenant's key, or a header of the upstream's", async () => {
    const bare = await tenantWithUpstream({ headers: { "Api-Key": "secret-of-the-header" } });
    await bare.execute("x");
    const api_key = `sk-${bare.id}`;
    await call("PUT", "/v1/providers/llm/keys/main", { key: bare.key, json: { api_key } });
    await bare.execute("y");
    expect((await bare.calls()).map(({ key }) => key)).toEqual(["secret-of-the-header", api_key]);
  });

  it("tells no secret of the upstream where it fails", async () => {
    const secret = "secret-of-the-header";
    const { execute } = await tenantWithUpstream({ headers: { "api-key": secret } });
    const reply = await execute(marked({ status: 400, error_message: `Bad key ${secret} here` }));
    expect([reply.status, reply.json]).toMatchObject([502, { detail: "llm answered 400: Bad key [redacted] here" }]);
  });

  it("streams, with each of the usual deviations and with all of them", async () => {
    const { execute, calls } = await tenantWithUpstream();
    for (const deviations of [
      undefined,
      ["content_parts"],
      ["empty_finish_reason"],
      ["missing_usage"],
      ["empty_data"],
    ]) {
      const reply = await execute(marked({ answer: "one two three", deviations }), { stream: true, cache: false });
      expect(
        eventsOf(reply.text, "delta")
          .map(({ text }) => text)
          .join(""),
      ).toBe("one two three");
      expect(eventsOf(reply.text, "done")).toMatchObject([{ status: "succeeded", finish_reason: "stop" }]);
      const whole = await execute(marked({ answer: "one two three", deviations }), { cache: false });
      expect(whole.json).toMatchObject({ output: "one two three", finish_reason: "stop" });
    }
    expect((await calls()).filter(({ stream }) => stream).length).toBeGreaterThanOrEqual(5);
  });

  it("succeeds with estimated usage where a stream stays open after its reason, without counts", async () => {
    const { key, execute } = await tenantWithUpstream();
    const text = marked({ answer: "one two three", fault: "stay_open" });
    const reply = await execute(text, { stream: true, cache: false, timeout_ms: 20_000 });
    const [done] = eventsOf(reply.text, "done");
    expect(done).toMatchObject({ status: "succeeded", finish_reason: "stop", attempts: 1 });
    const read = await call("GET", `/v1/executions/${String(done?.["id"])}`, { key });
    expect(read.json).toMatchObject({ status: "succeeded", output: "one two three", usage: { estimated: true } });
  });

  it("asks for tools in either form", async () => {
    const { execute } = await tenantWithUpstream();
    const tools = [{ name: "look", description: "Looks", parameters: { type: "object", properties: {} } }];
    const text = marked({ tool_calls: [{ name: "look", arguments: { at: "it" } }] });
    const expected = { finish_reason: "tool_calls", tool_calls: [{ name: "look", arguments: { at: "it" } }] };
    expect((await execute(text, { tools, cache: false })).json).toMatchObject(expected);
    const streamed = await execute(text, { tools, stream: true, cache: false });
    expect(eventsOf(streamed.text, "done")).toMatchObject([{ finish_reason: "tool_calls" }]);
  });

  it("is answered out of the cache, until the upstream is another server", async () => {
    const { key, execute, calls } = await tenantWithUpstream();
    const text = marked({ answer: "hello" });
    await execute(text);
    expect((await execute(text)).json).toMatchObject({ output: "hello", cached: "memory", provider: "llm" });
    const elsewhere = { kind: "openai", base_url: `${env.MOCK_URL}/v1` };
    await call("PUT", "/v1/providers/llm", { key, json: elsewhere });
    await call("PUT", "/v1/providers/llm/keys/main", { key, json: { api_key: "sk-elsewhere-1" } });
    expect((await execute(text)).json).toMatchObject({ cached: false });
    expect((await calls()).map(({ provider }) => provider)).toEqual(["compatible", "openai"]);
  });

  it("speaks Anthropic's format where the upstream does", async () => {
    const { key, execute, calls } = await tenantWithUpstream({ kind: "anthropic", base_url: env.MOCK_URL });
    await call("PUT", "/v1/providers/llm/keys/main", { key, json: { api_key: "sk-like-anthropic" } });
    expect((await execute(marked({ answer: "hello" }))).json).toMatchObject({ output: "hello", provider: "llm" });
    expect(await calls()).toMatchObject([{ provider: "anthropic", path: "/v1/messages", key: "sk-like-anthropic" }]);
  });

  it("warns of parameters that its format lacks, and leaves the judgement of the others to it", async () => {
    const { execute } = await tenantWithUpstream();
    const parameters = { top_k: 5, reasoning_effort: "high", service_tier: "mine" };
    for (const cached of [false, "memory"]) {
      const { json } = await execute(marked({ answer: "hello" }), { parameters });
      expect(json).toMatchObject({ cached, warnings: [expect.stringMatching(/^top_k was not sent/)] });
    }
  });

  it("runs later, and in a batch of mode queue", async () => {
    const { id, key, execute, model } = await tenantWithUpstream();
    const later = await execute(marked({ answer: "later" }), { async: true });
    expect(later.status).toBe(202);
    await wake(id, later.json.id, "standard");
    const found = await call("GET", `/v1/executions/${later.json.id}`, { key });
    expect(found.json).toMatchObject({ status: "succeeded", output: "later", provider: "llm", model });
    const items = [
      { variables: { text: marked({ answer: "first" }) } },
      { variables: { text: marked({ answer: "second" }) } },
    ];
    const batch = await call<{ id: string }>("POST", "/v1/batches", { key, json: { prompt: "say", items } });
    await wake(id, batch.json.id, "batch");
    const results = await call("GET", `/v1/batches/${batch.json.id}/results`, { key });
    const lines = results.text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { execution: Executed });
    expect(lines.map(({ execution }) => [execution.output, execution.provider])).toEqual([
      ["first", "llm"],
      ["second", "llm"],
    ]);
  });

  it.each([
    ["model", {}],
    ["model", { model: "llm/other" }],
  ])("is refused in a batch of mode provider, naming `%s`", async (path, more) => {
    const { key } = await tenantWithUpstream();
    const json = { prompt: "say", mode: "provider", items: [{ variables: { text: "x" } }], ...more };
    const reply = await call("POST", "/v1/batches", { key, json });
    expect([reply.status, reply.json]).toMatchObject([422, { errors: [{ path }] }]);
  });

  it("costs what the tenant says, whole and streamed, and counts against its budget", async () => {
    const { key, execute, setPrice } = await tenantWithUpstream();
    await setPrice();
    const streamed = await execute(marked(COUNTED), { stream: true, cache: false });
    expect(eventsOf(streamed.text, "done")).toMatchObject([{ cost_usd: COST_USD }]);
    // Enough for the first call, and for nothing after it.
    await call("PUT", "/v1/budgets/tenant", { key, json: { daily_usd: 0.004 } });
    expect((await execute(marked(COUNTED), { cache: false })).json).toMatchObject({ cost_usd: COST_USD });
    expect((await execute(marked(COUNTED), { cache: false })).status).toBe(402);
  });

  it("is refused without a price where a budget applies, and says how to set one", async () => {
    const { key, model, execute, calls } = await tenantWithUpstream();
    await call("PUT", "/v1/budgets/tenant", { key, json: { daily_usd: 5 } });
    const { status, json } = await execute("x");
    expect([status, json.errors?.[0]]).toMatchObject([
      422,
      { path: "model", message: expect.stringContaining(`PUT /v1/prices/llm/${model.replace("/", "%2F")}`) },
    ]);
    expect(await calls()).toEqual([]);
  });

  it("takes its keys from a gate of its own, which holds their limits", async () => {
    const { key, execute } = await tenantWithUpstream();
    const gates = async () => {
      const { json } = await call<{ data: { provider: string }[] }>("GET", "/v1/gate", { key });
      return json.data.find(({ provider }) => provider === "llm");
    };
    expect(await gates()).toMatchObject({ keys: [{ name: "_0", api_key: "…", status: "ok" }] });
    await call("PUT", "/v1/providers/llm/keys/narrow", { key, json: { api_key: "sk-narrow-1234", rpm: 1 } });
    expect((await execute("x", { cache: false })).status).toBe(200);
    expect((await execute("y", { cache: false, queue: false })).status).toBe(429);
    expect(await gates()).toMatchObject({
      keys: [{ name: "narrow", api_key: "…1234", requests: { limit: 1, used: 1 } }],
    });
  });

  it("falls back to a built-in provider, and the other way round", async () => {
    const fallbacks = (model: string) => [`llm/${model}`, "gpt-4o-mini"];
    const lost = await tenantWithUpstream({ base_url: `${COMPATIBLE}/nowhere` });
    const rescued = await lost.execute("x", { models: fallbacks(lost.model), cache: false });
    expect([rescued.status, rescued.json]).toMatchObject([200, { provider: "openai", model: "gpt-4o-mini" }]);
    const { key, execute, model } = await tenantWithUpstream();
    await call("PUT", "/v1/providers/openai/keys/main", { key, json: { api_key: "sk-limited-1", rpm: 1 } });
    const models = fallbacks(model).toReversed();
    expect((await execute("x", { models, cache: false })).json).toMatchObject({ provider: "openai" });
    expect((await execute("y", { models, cache: false })).json).toMatchObject({ provider: "llm" });
  });

  it("opens its breaker for a model that keeps failing, like a key of the built-in ones", async () => {
    const { key, execute } = await tenantWithUpstream();
    for (let n = 0; n < 3; n++) await execute(marked({ status: 500 }), { cache: false, timeout_ms: 2_000 });
    const { json } = await call<{ data: { provider: string; keys: unknown[] }[] }>("GET", "/v1/gate", { key });
    expect(json.data.find(({ provider }) => provider === "llm")?.keys).toMatchObject([
      { name: "_0", breakers: [{ state: "open" }] },
    ]);
  });

  it("is refused once the upstream is gone", async () => {
    const { key, execute } = await tenantWithUpstream();
    await call("DELETE", "/v1/providers/llm", { key });
    const { status, json } = await execute("x");
    expect([status, json.errors?.[0]?.path]).toEqual([422, "model"]);
  });

  it("goes to no other path of the origin than the wire format's", async () => {
    const { key, execute } = await tenantWithUpstream({ base_url: `${COMPATIBLE}/deep` });
    const reply = await execute("x");
    expect([reply.status, reply.json]).toMatchObject([502, { detail: expect.stringContaining("llm answered 404") }]);
    expect((await call("GET", "/v1/providers/llm", { key })).json).toMatchObject({ base_url: `${COMPATIBLE}/deep` });
  });
});
