import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { call, newTenant } from "../support/api.ts";
import { eventsOf } from "../support/events.ts";

const MODEL = "gpt-6-luna";
const CALLS = [{ name: "get_weather", arguments: { city: "Bern" } }];
const TOOLS = [{ name: "get_weather", parameters: { type: "object" } }];
const marker = (profile: object) => `[[mock:${JSON.stringify(profile)}]]`;
/** What the mock's model does: it thinks, and then asks for a call. */
const ASK = marker({ tool_calls: CALLS, reasoning: "Let me look.", usage_parts: { reasoning: 1 } });
const ASKED = CALLS.map((each) => ({ ...each, id: expect.any(String) }));

interface Answered {
  id: string;
  output: string | null;
  finish_reason: string;
  response_id?: string;
  cost_usd: number | null;
  cost?: { lines: { kind: string; uses?: number; usd: number }[] };
  usage: { prompt_tokens: number; completion_tokens: number; estimated?: boolean };
  errors?: { path: string; message: string }[];
  cached: false | string;
}

/** A tenant whose calls the mock tells from those of others, with a prompt that repeats its text. */
async function open(prompt: object = {}) {
  const { id, key } = await newTenant();
  const secret = `sk-${id}`;
  await call("PUT", "/v1/providers/openai/keys/main", { key, json: { api_key: secret } });
  const json = { model: MODEL, template: "{{ text }}", variables: { text: "string" }, ...prompt };
  expect((await call("PUT", "/v1/prompts/ask", { key, json })).status).toBe(201);
  const execute = async (text: string, more: object = {}, headers: Record<string, string> = {}) =>
    call<Answered>("POST", "/v1/executions", { key, json: { prompt: "ask", variables: { text }, ...more }, headers });
  const paths = async () => {
    const { calls } = await (
      await fetch(`${env.MOCK_URL}/__mock/calls`)
    ).json<{ calls: { key: string; path: string }[] }>();
    return calls.filter((each) => each.key === secret).map(({ path }) => path);
  };
  return { id, key, execute, paths };
}

const options = (openai: object) => ({ parameters: { provider_options: { openai } } });

describe("tools of a model that reasons", () => {
  const REASONING = { tools: TOOLS, settings: { reasoning_effort: "low", seed: 7 } };

  it("are called through Responses: whole, stored and on record", async () => {
    const { key, execute, paths } = await open({
      ...REASONING,
      settings: { ...REASONING.settings, cache_responses: true },
    });
    const { json } = await execute(ASK);
    expect(json).toMatchObject({
      output: null,
      finish_reason: "tool_calls",
      tool_calls: ASKED,
      usage: { reasoning_tokens: 1 },
      warnings: [`seed was not sent to "${MODEL}", which does not take it.`],
    });
    expect(json.cost_usd).toBeGreaterThan(0);
    expect(json).not.toHaveProperty("response_id");
    expect((await call("GET", `/v1/executions/${json.id}`, { key })).json).toMatchObject({ tool_calls: ASKED });
    const again = await execute(ASK);
    expect(again.json.cached).not.toBe(false);
    expect(again.json).toMatchObject({ output: null, tool_calls: ASKED });
    expect(await paths()).toEqual(["/v1/responses"]);
  });

  it("come in a stream with the reasoning, and so does a replay under an idempotency key", async () => {
    const { execute, paths } = await open(REASONING);
    const more = { stream: true, include: ["reasoning"] };
    const headers = { "idempotency-key": "k1" };
    const live = await execute(ASK, more, headers);
    const replayed = await execute(ASK, more, headers);
    expect(replayed.headers.get("idempotent-replayed")).toBe("true");
    for (const events of [eventsOf(live.text), eventsOf(replayed.text)]) {
      expect(events.map(([name]) => name)).toEqual(["start", "reasoning", "tool_call", "done"]);
      expect(events[1]?.[1]).toEqual({ text: "Let me look." });
      expect(events[3]?.[1]).toMatchObject({ finish_reason: "tool_calls", tool_calls: ASKED });
    }
    expect(await paths()).toEqual(["/v1/responses"]);
  });

  it("are called once for all who ask at once, in a flight", async () => {
    const { execute, paths } = await open({
      ...REASONING,
      settings: { reasoning_effort: "low", cache_responses: true },
    });
    const replies = await Promise.all(Array.from({ length: 4 }, async () => execute(ASK)));
    for (const { json } of replies) expect(json).toMatchObject({ tool_calls: ASKED, finish_reason: "tool_calls" });
    expect(await paths()).toEqual(["/v1/responses"]);
  });

  it("go on with their results, and without tools through chat completions", async () => {
    const { execute, paths } = await open({ settings: { reasoning_effort: "low" } });
    const { json } = await execute(ASK, { tools: TOOLS });
    const tool_calls = (json as unknown as { tool_calls: { id: string }[] }).tool_calls;
    const messages = [
      { role: "assistant", content: null, tool_calls },
      { role: "tool", tool_call_id: tool_calls[0]?.id, content: "18 °C" },
      { role: "user", content: marker({ answer: "Sunny." }) },
    ];
    expect((await execute("So?", { tools: TOOLS, messages })).json).toMatchObject({ output: "Sunny." });
    expect((await execute("Hello")).json.finish_reason).toBe("stop");
    expect(await paths()).toEqual(["/v1/responses", "/v1/responses", "/v1/chat/completions"]);
  });

  it("are shown by render as they would be sent", async () => {
    const { key } = await open(REASONING);
    const render = async () =>
      call<{ request?: object }>("POST", "/v1/prompts/ask/render", { key, json: { variables: { text: "Hi" } } });
    expect((await render()).json.request).toEqual({
      provider: "openai",
      model: MODEL,
      path: "/responses",
      headers: {},
      body: {
        model: MODEL,
        input: [{ role: "user", content: "Hi" }],
        store: false,
        tools: [{ type: "function", ...TOOLS[0], strict: false }],
        reasoning: { effort: "low" },
      },
    });
    const anthropic = { model: "claude-haiku-5-5", template: "Hi {{ text }}", variables: { text: "string" } };
    await call("PUT", "/v1/prompts/ask", { key, json: anthropic });
    expect((await render()).json.request).toMatchObject({ provider: "anthropic", path: "/v1/messages" });
    await call("PUT", "/v1/prompts/ask", { key, json: { ...anthropic, model: "auto" } });
    expect((await render()).json).not.toHaveProperty("request");
  });
});

describe("a conversation that OpenAI keeps", () => {
  it("goes on from the id of a response, also of a stored, a streamed and a recorded one", async () => {
    const { key, execute, paths } = await open({ settings: { cache_responses: true } });
    const stored = options({ store: true, instructions: "Be brief." });
    const { json } = await execute("Hello", stored);
    expect(json.response_id).toMatch(/^resp_/);
    expect((await execute("Hello", stored)).json).toMatchObject({ response_id: json.response_id });
    expect((await call("GET", `/v1/executions/${json.id}`, { key })).json).toMatchObject({
      response_id: json.response_id,
    });
    const next = options({ previous_response_id: json.response_id });
    const streamed = eventsOf((await execute("And now?", { ...next, stream: true })).text);
    expect(streamed.at(-1)).toMatchObject(["done", { response_id: expect.stringMatching(/^resp_/) }]);
    expect(await paths()).toEqual(["/v1/responses", "/v1/responses"]);
  });

  it("counts under a budget as the longest that a model reads", async () => {
    const { key, execute } = await open({ settings: { max_tokens: 100 } });
    await call("PUT", "/v1/budgets/tenant", { key, json: { daily_usd: 0.05 } });
    expect((await execute("Hello")).status).toBe(200);
    expect((await execute("Hello", options({ previous_response_id: "resp_1" }))).status).toBe(402);
  });
});

describe("a tool of the provider's own", () => {
  const search = options({ tools: [{ type: "web_search" }] });

  it("has a line of its cost where its price is known", async () => {
    const { execute } = await open();
    const { json } = await execute(marker({ answer: "Found.", usage_parts: { web_searches: 2 } }), search);
    expect(json.output).toBe("Found.");
    expect(json.cost?.lines).toContainEqual({ kind: "web_search", tokens: 0, uses: 2, usd: 0.02 });
  });

  it("leaves the cost unknown where it is not", async () => {
    const { execute } = await open();
    const { json } = await execute(
      marker({ usage_parts: { file_searches: 1 } }),
      options({ tools: [{ type: "file_search" }] }),
    );
    expect(json.cost_usd).toBeNull();
    expect(json).not.toHaveProperty("cost");
  });

  it("is refused where a budget applies, before any call", async () => {
    const { key, execute, paths } = await open();
    await call("PUT", "/v1/budgets/tenant", { key, json: { daily_usd: 100 } });
    const refused = await execute("Hello", search);
    expect([refused.status, refused.json.errors?.[0]?.path]).toEqual([422, "parameters.provider_options"]);
    expect(refused.json.errors?.[0]?.message).toContain("any number of times");
    expect((await execute("Hello")).status).toBe(200);
    expect(await paths()).toEqual(["/v1/chat/completions"]);
  });

  it.each([
    [{ api: "completions" }, "api"],
    [{ background: true }, "background"],
    [{ input: "x" }, "input"],
    [{ max_output_tokens: 5 }, "max_output_tokens"],
  ])("comes with options of which %j is refused by name", async (given, name) => {
    const { execute } = await open();
    const { status, json } = await execute("Hello", options(given));
    expect([status, json.errors?.[0]?.path]).toEqual([422, `parameters.provider_options.openai.${name}`]);
  });
});

describe("an answer of Responses that is none", () => {
  it("is kept as a refusal, and never stored", async () => {
    const { execute } = await open({ tools: TOOLS, settings: { cache_responses: true } });
    const refusal = marker({ answer: "I can't help.", refusal: true });
    const refused = { output: "I can't help.", finish_reason: "content_filter", cached: false };
    expect((await execute(refusal)).json).toMatchObject(refused);
    expect((await execute(refusal)).json).toMatchObject(refused);
    const streamed = eventsOf((await execute(refusal, { stream: true })).text);
    expect(streamed.at(-1)).toMatchObject(["done", { finish_reason: "content_filter" }]);
  });

  it("keeps the tokens that came before its stream broke off", async () => {
    const { key, execute } = await open({ tools: TOOLS });
    const answer = "one two three four five six seven eight nine ten";
    const events = eventsOf((await execute(marker({ answer, fault: "cut_stream" }), { stream: true })).text);
    expect(events.map(([name]) => name)).toEqual(expect.arrayContaining(["start", "delta", "error"]));
    const [start] = events;
    const read = async () => (await call<Answered>("GET", `/v1/executions/${String(start?.[1]["id"])}`, { key })).json;
    const row = await vi.waitFor(async () => {
      const found = await read();
      expect(found).toMatchObject({ status: "failed", usage: { estimated: true } });
      return found;
    });
    expect(row.usage.completion_tokens).toBeGreaterThan(0);
    expect(row.cost_usd).toBeGreaterThan(0);
  });
});
