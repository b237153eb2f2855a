import { createMessageBatch } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { WakeUp } from "../../src/domain/batches/wake-up.ts";
import type { Lane } from "../../src/domain/lane.ts";
import worker from "../../src/index.ts";
import { call, newKey, newTenant, yamlPrompt } from "../support/api.ts";
import { noise } from "../support/noise.ts";

const MODEL = "gpt-6-luna";
const CLAUDE = "claude-haiku-4-5";

interface Answered {
  id: string;
  status: string;
  background: boolean;
  created_at: number;
  model: string;
  output: { id: string; type: string; content?: { text: string }[] }[];
  error: { code: string; message: string; param?: string } | null;
}

/** A tenant whose calls the mock tells from those of others. */
async function open() {
  const { id: tenant, key, keyId } = await newTenant();
  const secret = `sk-${tenant}`;
  for (const provider of ["openai", "anthropic"]) {
    await call("PUT", `/v1/providers/${provider}/keys/main`, { key, json: { api_key: secret } });
  }
  const ask = async (json: object, headers: Record<string, string> = {}, as = key) =>
    call<Answered>("POST", "/v1/responses", { key: as, json: { background: true, ...json }, headers });
  const read = async (id: string, as = key) => call<Answered>("GET", `/v1/responses/${id}`, { key: as });
  const cancel = async (id: string, as = key) => call<Answered>("POST", `/v1/responses/${id}/cancel`, { key: as });
  /** Delivers the wake-up of a response as its lane's queue does. */
  const wake = async (id: string, lane: Lane = "standard") => {
    const batch_id = id.slice("resp_".length);
    const body: WakeUp = { type: "group", tenant_id: tenant, batch_id, group: 0 };
    const message = { id: batch_id, timestamp: new Date(), attempts: 1, body };
    await worker.queue(createMessageBatch(`pbt-edge-executions-${lane}`, [message]), env);
  };
  const calls = async () => {
    const reply = await fetch(`${env.MOCK_URL}/__mock/calls`);
    const { calls: all } = await reply.json<{ calls: { key: string; path: string }[] }>();
    return all.filter((each) => each.key === secret).map(({ path }) => path);
  };
  return { tenant, key, keyId, ask, read, cancel, wake, calls };
}

const textOf = ({ output }: Answered) => output.flatMap(({ content = [] }) => content.map(({ text }) => text)).join("");
const marker = (profile: object) => `[[mock:${JSON.stringify(profile)}]]`;

describe("a response in the background", () => {
  it.each([
    [MODEL, "/v1/responses"],
    [CLAUDE, "/v1/messages"],
  ])("of %s is queued, then made once by the queue, and read as it is on record", async (model, path) => {
    const { key, ask, read, wake, calls } = await open();
    const more = { instructions: "Be brief.", ...(model === MODEL && { metadata: { topic: "weather" } }) };
    const made = await ask({ model, input: marker({ answer: "Sunny." }), ...more });
    expect(made.status).toBe(200);
    expect(made.json).toMatchObject({ object: "response", status: "queued", background: true, model, output: [] });
    expect(made.json).toMatchObject({ ...more, usage: null });
    const { id } = made.json;
    expect(id).toBe(`resp_${made.headers.get("x-pbt-execution-id")}`);
    expect((await read(id)).json).toEqual(made.json);
    expect(await calls()).toEqual([]);
    await wake(id);
    await wake(id);
    const ended = await read(id);
    expect(ended.json).toMatchObject({ id, status: "completed", background: true, created_at: made.json.created_at });
    expect(ended.json).toMatchObject({ ...more, usage: { output_tokens: expect.any(Number) } });
    expect(textOf(ended.json)).toBe("Sunny.");
    expect(await calls()).toEqual([path]);
    const recorded = await call("GET", `/v1/executions/${id.slice("resp_".length)}`, { key });
    expect(recorded.json).toMatchObject({ status: "succeeded", prompt: null, attempts: 1 });
    expect(recorded.json["cost_usd"]).toBeGreaterThan(0);
  });

  it("sends the provider the client's own body, without the background", async () => {
    const { tenant, ask, wake } = await open();
    const input = [{ type: "message", role: "user", content: [{ type: "input_text", text: tenant }] }];
    const body = { model: MODEL, input, truncation: "auto", max_output_tokens: 9_999 };
    const { json } = await ask(body);
    await wake(json.id);
    const reply = await fetch(`${env.MOCK_URL}/__mock/requests`);
    const { requests } = await reply.json<{ requests: { body: string | null }[] }>();
    const sent = requests.filter((each) => each.body?.includes(tenant));
    expect(sent.map((each) => JSON.parse(each.body ?? "") as unknown)).toEqual([body]);
  });

  it("is stored whichever provider answers, as its client says", async () => {
    const { ask, read, wake } = await open();
    const { status, json } = await ask({ model: CLAUDE, input: "hello", store: true });
    expect([status, json]).toEqual([200, expect.objectContaining({ status: "queued", store: true })]);
    await wake(json.id);
    expect((await read(json.id)).json).toMatchObject({ status: "completed", store: true });
  });

  it("runs in the lane that the client names, for which it needs the scope", async () => {
    const { key, ask, read, wake } = await open();
    const body = { model: MODEL, input: "hello" };
    const { json } = await ask(body, { "x-pbt-priority": "batch" });
    await wake(json.id, "batch");
    expect((await read(json.id)).json.status).toBe("completed");
    const weak = await newKey(key, ["executions:write"]);
    expect((await ask(body, { "x-pbt-priority": "high" }, weak.key)).status).toBe(403);
  });

  it("is incomplete where its answer was cut at the limit", async () => {
    const { ask, read, wake } = await open();
    const input = marker({ answer: "word ".repeat(50) });
    const { json } = await ask({ model: MODEL, input, max_output_tokens: 16 });
    await wake(json.id);
    const incomplete = { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } };
    expect((await read(json.id)).json).toMatchObject(incomplete);
  });

  it("that fails has OpenAI's form of the error", async () => {
    const { ask, read, cancel, wake } = await open();
    const { json } = await ask({ model: MODEL, input: marker({ status: 400 }) });
    await wake(json.id);
    const failed = (await read(json.id)).json;
    expect(failed).toMatchObject({ status: "failed", output: [], error: { code: expect.any(String) } });
    expect(failed.error?.message).not.toBe("");
    expect((await cancel(json.id)).json).toEqual(failed);
  });

  it("calls tools, whose calls are read back", async () => {
    const { ask, read, wake } = await open();
    const tools = [{ type: "function", name: "get_weather", parameters: { type: "object" }, strict: false }];
    const tool_calls = [{ name: "get_weather", arguments: { city: "Bern" } }];
    const { json } = await ask({ model: MODEL, input: marker({ tool_calls }), tools });
    await wake(json.id);
    expect((await read(json.id)).json.output).toMatchObject([
      { type: "function_call", name: "get_weather", arguments: '{"city":"Bern"}' },
    ]);
  });

  it("runs a stored prompt, by OpenAI's call and by its name as the model", async () => {
    const { key, ask, read, wake } = await open();
    await call("PUT", "/v1/prompts/greet", { key, yaml: yamlPrompt("greet") });
    const prompt = { id: "greet", variables: { who: "Ada" } };
    for (const [body, model] of [
      [{ prompt }, "prompt:greet"],
      [{ model: "prompt:greet", input: "And?", prompt_variables: { who: "Ada" } }, "prompt:greet"],
    ] as const) {
      const { status, json } = await ask(body);
      expect([status, json.status, json.model]).toEqual([200, "queued", model]);
      expect(json).not.toHaveProperty("prompt_variables");
      await wake(json.id);
      expect((await read(json.id)).json).toMatchObject({ status: "completed", model: "gpt-4o-mini" });
    }
    expect((await ask({ prompt: { id: "greet", variables: {} } })).json.error?.param).toContain("who");
  });

  it("is accepted once under an idempotency key, and refused for another request", async () => {
    const { ask, read, wake, calls } = await open();
    const headers = { "idempotency-key": "k" };
    const first = await ask({ model: MODEL, input: "hello" }, headers);
    const again = await ask({ model: MODEL, input: "hello" }, headers);
    expect(again.json).toEqual(first.json);
    expect([first, again].map((reply) => reply.headers.get("idempotent-replayed"))).toEqual([null, "true"]);
    expect((await ask({ model: MODEL, input: "bye" }, headers)).status).toBeGreaterThanOrEqual(400);
    await wake(first.json.id);
    expect((await read(again.json.id)).json.status).toBe("completed");
    expect(await calls()).toHaveLength(1);
  });

  it("is held to the budget when it runs", async () => {
    const { key, ask, read, wake, calls } = await open();
    await call("PUT", "/v1/budgets/tenant", { key, json: { daily_usd: 0.000_001 } });
    const { json } = await ask({ model: MODEL, input: "hello" });
    await wake(json.id);
    expect((await read(json.id)).json).toMatchObject({ status: "failed", error: { code: "server_error" } });
    expect(await calls()).toEqual([]);
  });
});

describe("cancelling a response in the background", () => {
  it("keeps it from being made, and shows it as cancelled", async () => {
    const { ask, read, cancel, wake, calls } = await open();
    const { json } = await ask({ model: MODEL, input: "hello" });
    const cancelled = await cancel(json.id);
    expect([cancelled.status, cancelled.json]).toEqual([200, { ...json, status: "cancelled" }]);
    await wake(json.id);
    expect((await read(json.id)).json).toEqual(cancelled.json);
    expect((await cancel(json.id)).json).toEqual(cancelled.json);
    expect(await calls()).toEqual([]);
  });

  it("leaves one that has ended as it is", async () => {
    const { ask, read, cancel, wake } = await open();
    const { json } = await ask({ model: MODEL, input: "hello" });
    await wake(json.id);
    const ended = await read(json.id);
    expect((await cancel(json.id)).json).toEqual(ended.json);
    expect((await read(json.id)).json.status).toBe("completed");
  });
});

describe("what else is asked of a response in the background", () => {
  it("is refused to delete, because its execution stays on record", async () => {
    const { key, ask, read } = await open();
    const { json } = await ask({ model: MODEL, input: "hello" });
    const reply = await call<Answered>("DELETE", `/v1/responses/${json.id}`, { key });
    expect([reply.status, reply.json.error?.message]).toEqual([409, expect.stringContaining("cannot be deleted")]);
    expect(reply.headers.get("x-should-retry")).toBe("false");
    expect((await read(json.id)).status).toBe(200);
  });

  it("is not streamed", async () => {
    const { ask, read } = await open();
    const { json } = await ask({ model: MODEL, input: "hello" });
    const reply = await read(`${json.id}?stream=true`);
    expect([reply.status, reply.json.error?.param]).toEqual([400, "stream"]);
  });

  it("lists its input in pages", async () => {
    const { key, ask, read, wake } = await open();
    const input = ["one", "two", "three"].map((content) => ({ role: "user", content }));
    const { json } = await ask({ model: MODEL, input });
    const list = async (query = "") =>
      (
        await call<{ data: { id: string; content: { text: string }[] }[]; has_more: boolean }>(
          "GET",
          `/v1/responses/${json.id}/input_items${query}`,
          { key },
        )
      ).json;
    const texts = ({ data }: Awaited<ReturnType<typeof list>>) => data.map(({ content }) => content[0]?.text);
    expect(texts(await list())).toEqual(["three", "two", "one"]);
    const first = await list("?order=asc&limit=2");
    expect([texts(first), first.has_more]).toEqual([["one", "two"], true]);
    expect(texts(await list(`?order=asc&after=${first.data[1]?.id}`))).toEqual(["three"]);
    expect((await call("GET", `/v1/responses/${json.id}/input_items?limit=0`, { key })).status).toBe(400);
    await wake(json.id);
    const ids = [...(await list()).data, ...(await read(json.id)).json.output].map(({ id }) => id);
    expect(new Set(ids).size).toBe(4);
  });

  it("is nothing to go on from, which is said at once", async () => {
    const { key, ask } = await open();
    const { json } = await ask({ model: MODEL, input: "hello" });
    for (const background of [true, false]) {
      const next = { model: MODEL, input: "And?", previous_response_id: json.id, background };
      const reply = await call<Answered>("POST", "/v1/responses", { key, json: next });
      expect([reply.status, reply.json.error?.param]).toEqual([400, "previous_response_id"]);
      expect(reply.json.error?.message).toContain("OpenAI does not keep");
    }
  });

  it.each([
    [{ stream: true }, "stream"],
    [{ store: false }, "store"],
    [{ background: "yes" }, "background"],
    [{ input: 7 }, "input"],
    [{ model: "claude-haiku-4-5", truncation: "auto" }, "truncation"],
  ])("is refused at once for %j, by name", async (more, param) => {
    const { ask } = await open();
    const { status, json } = await ask({ model: MODEL, input: "hello", ...more });
    expect([status, json.error?.param]).toEqual([400, param]);
  });

  it("is refused where it is too large to be stored", async () => {
    const { ask } = await open();
    const { status, json } = await ask({ model: MODEL, input: noise(1_000_000) });
    expect([status, json.error?.code]).toEqual([413, "payload_too_large"]);
  });

  it("is stored up to a body of half a megabyte", async () => {
    const { ask, read, wake } = await open();
    const { json } = await ask({ model: MODEL, input: "word ".repeat(100_000) });
    await wake(json.id);
    expect((await read(json.id)).json.status).toBe("completed");
  });

  it("is the same 404 for another tenant, for a missing id, and for an execution of another kind", async () => {
    const { ask, key } = await open();
    const other = await open();
    await call("PUT", "/v1/prompts/greet", { key, yaml: yamlPrompt("greet") });
    const { json } = await ask({ model: MODEL, input: "hello" });
    const later = { prompt: "greet", variables: { who: "Ada" }, async: true };
    const async = await call<{ id: string }>("POST", "/v1/executions", { key, json: later });
    const missing = json.id.replace(/.{12}$/, "000000000000");
    for (const [method, rest] of [
      ["GET", ""],
      ["GET", "/input_items"],
      ["POST", "/cancel"],
      ["DELETE", ""],
    ] as const) {
      const tell = async (id: string, as: string) => call<Answered>(method, `/v1/responses/${id}${rest}`, { key: as });
      const replies = [
        await tell(json.id, other.key),
        await tell(missing, key),
        await tell(`resp_${async.json.id}`, key),
      ];
      for (const reply of replies) expect([reply.status, reply.json.error]).toEqual([404, replies[0]?.json.error]);
    }
  });
});
