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
