import { describe, expect, it } from "vitest";
import { call, newKey, newTenant } from "../support/api.ts";
import { openRunner, openTenant } from "../support/provider-batches.ts";

interface CostView {
  lines: { kind: string; tokens: number; uses?: number; usd: number }[];
  table: string;
  service_tier: string | null;
}

interface Executed {
  id: string;
  status: string;
  usage: Record<string, number>;
  cost_usd: number | null;
  saved_usd?: number | null;
  cost?: CostView;
  service_tier?: string;
  cached: unknown;
}

const OWN = { input: 3, output: 7, cached_input: 1, cache_write_5m: 4, cache_write_1h: 5, per: "1M" };
const NEVER = "no-store";

/** A usage that a test makes up: 1,000 tokens in and 100 out, and these parts of them. */
function marked(parts: object): string {
  const usage = { prompt_tokens: 1000, completion_tokens: 100 };
  return `[[mock:${JSON.stringify({ fault: "wrong_usage", usage, usage_parts: parts })}]]`;
}

async function withPrompt(more = "") {
  const tenant = await newTenant();
  const { key } = tenant;
  const yaml = `name: p\nmodel: gpt-6-sol\nmax_tokens: 200\n${more}template: "{{ text }}"\nvariables:\n  text: {type: string}\n`;
  expect((await call("PUT", "/v1/prompts/p", { key, yaml })).status).toBe(201);
  const execute = async (
    text: string,
    json: object = {},
    headers: Record<string, string> = { "cache-control": NEVER },
  ) => call<Executed>("POST", "/v1/executions", { key, json: { prompt: "p", variables: { text }, ...json }, headers });
  return { ...tenant, execute };
}

/** Nano-dollars by line. */
function linesOf(cost: CostView | undefined) {
  return Object.fromEntries(cost?.lines.map(({ kind, usd }) => [kind, Math.round(usd * 1e9)]) ?? []);
}

function nano(usd: number | null | undefined): number {
  return Math.round((usd ?? Number.NaN) * 1e9);
}

describe("the cost of an execution", () => {
  it("has a line for each kind of token that OpenAI counted, at the tier that served it", async () => {
    const { key, execute } = await withPrompt();
    const parts = { cached: 300, cache_write: 400, reasoning: 60, image_input: 50, service_tier: "flex" };
    const { json } = await execute(marked(parts));
    // Half of $2 in, $0.20 cached, $2.50 written and $10 out.
    const lines = {
      input: 250 * 1000,
      cached_input: 300 * 100,
      cache_write_5m: 400 * 1250,
      image_input: 50 * 1000,
      output: 40 * 5000,
      reasoning: 60 * 5000,
    };
    expect(linesOf(json.cost)).toEqual(lines);
    expect(nano(json.cost_usd)).toBe(1_330_000);
    expect(json).toMatchObject({ service_tier: "flex", cost: { service_tier: "flex" } });
    expect(json.usage).toMatchObject({
      prompt_tokens: 1000,
      completion_tokens: 100,
      total_tokens: 1100,
      cached_tokens: 300,
      cache_write_tokens: 400,
      reasoning_tokens: 60,
    });
    const read = await call<Executed>("GET", `/v1/executions/${json.id}`, { key });
    expect(read.json).toMatchObject({ cost: json.cost, usage: json.usage, price_table: json.cost?.table });
  });

  it.each([false, true])("has a line for each kind that Anthropic counted (streamed: %s)", async (stream) => {
    const { execute } = await withPrompt();
    const parts = {
      cached: 300,
      cache_write: 400,
      cache_write_longer: 150,
      reasoning: 60,
      web_searches: 2,
      speed: "fast",
    };
    const reply = await execute(marked(parts), { model: "claude-opus-5-5", stream });
    const done = /event: done\ndata: (.*)/.exec(reply.text)?.[1];
    const body = stream ? (JSON.parse(done ?? "{}") as Executed) : reply.json;
    // Twice $4 in, $0.20 read, $5 and $8 written, $20 out; $10 for 1,000 searches in every tier.
    expect(linesOf(body.cost)).toEqual({
      input: 300 * 8000,
      cached_input: 300 * 400,
      cache_write_5m: 250 * 10_000,
      cache_write_1h: 150 * 16_000,
      output: 40 * 40_000,
      reasoning: 60 * 40_000,
      web_search: 20_000_000,
    });
    expect(nano(body.cost_usd)).toBe(31_420_000);
    expect(body.cost?.lines.at(-1)).toEqual({ kind: "web_search", tokens: 0, uses: 2, usd: 0.02 });
    expect(body.usage).toMatchObject({ prompt_tokens: 1000, cache_write_tokens: 400, cache_write_1h_tokens: 150 });
  });

  it("is not known, and has no lines, for a tier without a price", async () => {
    const { execute } = await withPrompt();
    const { json } = await execute(marked({ service_tier: "scale" }));
    expect(json).toMatchObject({ status: "succeeded", cost_usd: null });
    expect(json).not.toHaveProperty("cost");
  });
});

describe("a tenant's price", () => {
  it("comes before the table's, is found by name, and goes", async () => {
    const { key } = await newTenant();
    const path = "/v1/prices/openai/gpt-6-sol";
    const applied = async (model: string) =>
      (await call<{ data: Record<string, unknown>[] }>("GET", `/v1/prices?model=${model}`, { key })).json.data;
    expect(await applied("gpt-6-sol")).toMatchObject([
      { source: "list", input: 2, table: "@pydantic/genai-prices@0.1.8 (2026-09-23)", longer_prompts: [{ input: 4 }] },
    ]);
    const today = new Date().toISOString().slice(0, 10);
    const put = await call("PUT", path, { key, json: OWN });
    const view = {
      provider: "openai",
      model: "gpt-6-sol",
      source: "tenant",
      table: `tenant prices (${today})`,
      ...OWN,
    };
    expect([put.status, put.json]).toEqual([201, { ...view, longer_prompts: [] }]);
    expect(await applied("openai/GPT-6-sol")).toEqual([put.json]);
    expect((await call("PUT", path, { key, json: { input: 1, output: 2, per: "1M" } })).json).toMatchObject({
      cached_input: 1,
      cache_write_5m: 1,
      cache_write_1h: 1,
    });
    expect((await call("GET", "/v1/prices", { key })).json).toMatchObject({ data: [{ input: 1 }], next_cursor: null });
    expect((await call("DELETE", path, { key })).status).toBe(204);
    expect((await call("DELETE", path, { key })).status).toBe(404);
    expect(await applied("gpt-6-sol")).toMatchObject([{ source: "list" }]);
    expect(await applied("gpt-nonesuch")).toEqual([]);
  });

  it("applies to its tenant only", async () => {
    const [mine, other] = [await withPrompt(), await withPrompt()];
    await call("PUT", "/v1/prices/openai/gpt-6-sol", { key: mine.key, json: OWN });
    expect((await mine.execute("x")).json.cost?.table).toMatch(/^tenant prices/);
    expect((await other.execute("x")).json.cost?.table).not.toMatch(/^tenant prices/);
    expect((await call("GET", "/v1/prices", { key: other.key })).json).toEqual({ data: [], next_cursor: null });
    expect((await call("DELETE", "/v1/prices/openai/gpt-6-sol", { key: other.key })).status).toBe(404);
  });

  it("prices executions whole and streamed, and what a stored answer saved", async () => {
    const { key, execute } = await withPrompt("temperature: 0\n");
    await call("PUT", "/v1/prices/openai/gpt-6-sol", { key, json: OWN });
    const text = marked({ cached: 300, cache_write: 400, cache_write_longer: 150 });
    // 300 × $3 + 300 × $1 + 250 × $4 + 150 × $5 + 100 × $7.
    const nanousd = 900_000 + 300_000 + 1_000_000 + 750_000 + 700_000;
    expect(nano((await execute(text)).json.cost_usd)).toBe(nanousd);
    const streamed = await execute(text, { stream: true });
    expect(nano((JSON.parse(/event: done\ndata: (.*)/.exec(streamed.text)?.[1] ?? "{}") as Executed).cost_usd)).toBe(
      nanousd,
    );
    await execute(text, {}, {});
    const hit = (await execute(text, {}, {})).json;
    expect(hit).toMatchObject({ cost_usd: 0, cost: { lines: [] }, usage: { cache_write_1h_tokens: 150 } });
    expect([hit.cached, nano(hit.saved_usd)]).toEqual(["memory", nanousd]);
  });

  it("prices a model without a list price, which a batch with a cost limit needs", async () => {
    const { key } = await withPrompt();
    const batch = { prompt: "p", model: "gpt-nonesuch", items: [{ variables: { text: "x" } }], max_cost_usd: 1 };
    await call("PUT", "/v1/prices/openai/gpt-nonesuch", { key, json: OWN });
    expect((await call("POST", "/v1/batches", { key, json: batch })).status).toBe(202);
  });

  it.each([
    ["input", { ...OWN, input: -1 }],
    ["output", { ...OWN, output: 10_001 }],
    ["cached_input", { ...OWN, cached_input: "1" }],
    ["per", { ...OWN, per: "1K" }],
    ["output", { input: 1, per: "1M" }],
  ])("is refused with a faulty `%s`", async (path, json) => {
    const { key } = await newTenant();
    const reply = await call("PUT", "/v1/prices/openai/gpt-6-sol", { key, json });
    expect([reply.status, reply.json]).toMatchObject([422, { errors: [{ path }] }]);
  });

  it.each([
    ["openai/claude-opus-5-5", "model"],
    ["openai/gpt-3.5-turbo", "model"],
    ["openai/a%20b", "model"],
    ["nobody/gpt-6-sol", "provider"],
  ])("is refused for %s", async (name, path) => {
    const { key } = await newTenant();
    const reply = await call("PUT", `/v1/prices/${name}`, { key, json: OWN });
    expect([reply.status, reply.json]).toMatchObject([422, { errors: [{ path }] }]);
  });

  it("can be read, but not set, with the scope usage:read", async () => {
    const { key } = await newTenant();
    const reader = await newKey(key, ["usage:read"]);
    expect((await call("GET", "/v1/prices?model=gpt-6-sol", { key: reader.key })).status).toBe(200);
    expect((await call("PUT", "/v1/prices/openai/gpt-6-sol", { key: reader.key, json: OWN })).status).toBe(403);
  });

  it("is halved in a provider's batch, once", async () => {
    const tenant = await openTenant("openai");
    await call("PUT", "/v1/prices/openai/gpt-4o-mini", { key: tenant.key, json: OWN });
    const { tickUntil } = openRunner();
    const id = await tenant.accept([marked({ cached: 300, service_tier: "batch" })]);
    await tickUntil(async () => (await tenant.get(id))["status"] === "completed");
    const [result] = await tenant.results(id);
    // Half of 700 × $3 + 300 × $1 + 100 × $7.
    expect(nano(result?.execution?.cost_usd)).toBe(1_550_000);
    expect(result?.execution).toMatchObject({ service_tier: "batch" });
  });
});
