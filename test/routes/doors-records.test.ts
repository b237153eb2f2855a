import { describe, expect, it } from "vitest";
import { call, newTenant } from "../support/api.ts";

describe("a stored prompt whose answer is relayed", () => {
  const body = { model: "prompt:greet", messages: [], stream: true };

  async function openPrompt() {
    const { key } = await newTenant();
    const json = { model: "gpt-6-luna", template: "Greet Ada.", settings: { cache_responses: true, temperature: 0 } };
    await call("PUT", "/v1/prompts/greet", { key, json });
    const ask = async (path: string, asked: object, headers: Record<string, string> = {}) =>
      call("POST", path, { key, json: asked, headers });
    return { ask };
  }

  it("states its usage to those who ask for it, from the cache, too", async () => {
    const { ask } = await openPrompt();
    for (const include_usage of [false, true, true, false]) {
      const reply = await ask("/v1/chat/completions", { ...body, stream_options: { include_usage } });
      expect(reply.text.includes('"prompt_tokens"')).toBe(include_usage);
    }
  });

  it("is another request under an idempotency key where its answer is to have another form", async () => {
    const { ask } = await openPrompt();
    const keyed = { "idempotency-key": crypto.randomUUID() };
    const whole = { ...body, stream: false };
    expect((await ask("/v1/chat/completions", whole, keyed)).status).toBe(200);
    const response_format = { type: "json_object" };
    expect((await ask("/v1/chat/completions", { ...whole, response_format }, keyed)).status).toBe(400);
  });
});

describe("an error at a door", () => {
  it.each([
    ["model", { model: `gpt-${"x".repeat(1_100)}` }, {}],
    [
      "x-pbt-fallback-models",
      {},
      { "x-pbt-fallback-models": Array.from({ length: 9 }, (_, at) => `gpt-${at}`).join() },
    ],
    ["user", { user: "u".repeat(513) }, {}],
  ])("names what is longer than a record can hold: %s", async (param, body, headers) => {
    const { key } = await newTenant();
    const asked = { model: "gpt-6-luna", messages: [{ role: "user", content: "hello" }], ...body };
    const reply = await call<OpenAIFault>("POST", "/v1/chat/completions", { key, json: asked, headers });
    expect([reply.status, reply.json.error.param]).toEqual([400, param]);
  });
});

interface OpenAIFault {
  error: { param: string | null };
}
