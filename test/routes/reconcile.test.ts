import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { call, newKey, newTenant } from "../support/api.ts";

const HOUR_MS = 3_600_000;

interface Difference {
  from: string;
  model: string;
  kind: string;
  ours: number;
  theirs: number;
  difference: number;
  uncounted_calls: number;
}

interface Report {
  data: Difference[];
  unit: string;
  compared: { models: string[]; calls: number; uncounted_calls: number };
  not_compared: { item: string | null; reason: string }[];
}

interface Page {
  data: { results: Record<string, number | string | null>[] }[];
}

const EXPORTS = {
  openai: ["/v1/organization/usage/completions", "/v1/organization/costs"],
  anthropic: ["/v1/organizations/usage_report/messages", "/v1/organizations/cost_report"],
} as const;
type Provider = keyof typeof EXPORTS;

const marker = (profile: object) => `[[mock:${JSON.stringify(profile)}]]`;

describe("reconciling usage with a provider's export", () => {
  const keys = { openai: `sk-${crypto.randomUUID()}`, anthropic: `sk-ant-${crypto.randomUUID()}` };
  let key: string;
  let began: number;

  /** What the mock provider bills for this tenant's keys, from the hour before on. */
  const exported = async (provider: Provider, what: 0 | 1, width: "1h" | "1d" = "1h"): Promise<Page> => {
    const size = width === "1h" ? HOUR_MS : 24 * HOUR_MS;
    const [from, to] = [Math.floor(began / size) * size - size, Date.now()];
    const times: Record<string, string> =
      provider === "openai"
        ? { start_time: String(from / 1000), end_time: String(Math.ceil(to / 1000)) }
        : { starting_at: new Date(from).toISOString(), ending_at: new Date(to).toISOString() };
    const query = new URLSearchParams({ ...times, bucket_width: width, "api_key_ids[]": keys[provider] });
    return (await fetch(`${env.MOCK_URL}${EXPORTS[provider][what]}?${query.toString()}`)).json<Page>();
  };
  const reconcile = async (provider: Provider, rows: unknown[], as = key) =>
    call<Report>("POST", "/v1/usage/reconcile", { key: as, json: { provider, rows } });
  const resultOf = (page: Page, model: string) =>
    page.data.flatMap(({ results }) => results).find((result) => result["model"] === model) ?? {};
  const execute = async (json: object) => {
    const { headers } = await call("POST", "/v1/executions", { key, json });
    // The record is written behind the reply; reading it waits for that.
    await call("GET", `/v1/executions/${headers.get("x-pbt-execution-id")}`, { key });
  };

  beforeAll(async () => {
    began = Date.now();
    ({ key } = await newTenant());
    for (const provider of ["openai", "anthropic"] as const) {
      const api_key = keys[provider];
      await call("PUT", `/v1/providers/${provider}/keys/own`, { key, json: { api_key } });
    }
    const variables = { text: { type: "string", required: true } };
    const plain = { name: "plain", model: "gpt-4o-mini", template: "{{ text }}", variables };
    await call("PUT", "/v1/prompts/plain", { key, json: { ...plain, settings: { max_tokens: 60 } } });
    const schema = { type: "object", required: ["a"], properties: { a: { type: "number" } } };
    const strict = { ...plain, name: "strict", models: ["gpt-4o-mini", "claude-haiku-4-5"], output_schema: schema };
    await call("PUT", "/v1/prompts/strict", { key, json: strict });
    for (const model of ["gpt-4o-mini", "gpt-6-sol", "claude-haiku-4-5"]) {
      // OpenAI's writes for 12 hours have no price.
      const longer = model.startsWith("claude") ? { cache_write_longer: 1 } : {};
      const parts = marker({ usage_parts: { cached: 4, cache_write: 3, reasoning: 2, ...longer } });
      await execute({ prompt: "plain", model, variables: { text: `${parts} ${"words ".repeat(20)}` } });
      await execute({ prompt: "plain", model, variables: { text: `hello ${model}` }, stream: true });
      for (let twice = 0; twice < 2; twice++) {
        await execute({ prompt: "plain", model, variables: { text: `stored ${model}` }, cache: true });
      }
    }
    // Answers that do not fit the schema fail here, twice on each model, and are paid for.
    await execute({ prompt: "strict", variables: { text: marker({ answer: "no JSON at all" }) } });
    await execute({ prompt: "plain", variables: { text: marker({ status: 400 }) } });
  });

  it("finds no difference in usage or costs of either provider, by the hour or the day", async () => {
    for (const provider of ["openai", "anthropic"] as const) {
      for (const [what, width] of [
        [0, "1h"],
        [0, "1d"],
        [1, "1d"],
      ] as const) {
        const { status, json } = await reconcile(provider, [await exported(provider, what, width)]);
        expect([provider, width, status, json.data, json.not_compared]).toEqual([provider, width, 200, [], []]);
        expect(json.unit).toBe(what === 0 ? "tokens" : "usd");
        expect(json.compared).toMatchObject(
          provider === "openai"
            ? { calls: 8, uncounted_calls: 0, models: ["gpt-4o-mini", "gpt-6-sol"] }
            : { calls: 5, uncounted_calls: 0, models: ["claude-haiku-4-5"] },
        );
      }
    }
  });

  it("finds three planted differences and nothing else", async () => {
    const openai = await exported("openai", 0);
    const luna = resultOf(openai, "gpt-6-sol");
    luna["output_tokens"] = Number(luna["output_tokens"]) + 7;
    luna["model"] = "gpt-6-sol-2026-10-01";
    openai.data[0]?.results.push({ model: "gpt-4o-mini", input_tokens: 11, input_cached_tokens: 11, output_tokens: 0 });
    const { json } = await reconcile("openai", openai.data);
    const ofOutput = luna["output_tokens"];
    expect(json.data).toMatchObject([
      { model: "gpt-4o-mini", kind: "cached_input", ours: 0, theirs: 11, difference: 11 },
      { model: "gpt-6-sol", kind: "output", ours: ofOutput - 7, theirs: ofOutput, difference: 7 },
    ]);
    expect(json.data).toHaveLength(2);
    expect(Date.parse(json.data[1]?.from ?? "") - Date.parse(json.data[0]?.from ?? "")).toBeGreaterThanOrEqual(HOUR_MS);
    const anthropic = await exported("anthropic", 0);
    const haiku = resultOf(anthropic, "claude-haiku-4-5");
    haiku["cache_read_input_tokens"] = 1;
    const third = await reconcile("anthropic", [anthropic]);
    expect(third.json.data).toMatchObject([
      { model: "claude-haiku-4-5", kind: "cached_input", ours: 4, theirs: 1, difference: -3, uncounted_calls: 0 },
    ]);
    expect(third.json.data).toHaveLength(1);
  });

  it("names what a cost export has beside the tokens of models", async () => {
    const costs = await exported("openai", 1, "1d");
    const amount = { value: "0.2500", currency: "usd" };
    const [day] = costs.data.slice(-1);
    day?.results.push({ amount, line_item: "web search tool calls" } as never);
    day?.results.push({ amount, line_item: "priority | gpt-4o-mini-2024-07-18, output, long context" } as never);
    const { json } = await reconcile("openai", [costs]);
    expect(json.not_compared).toMatchObject([{ item: "web search tool calls", reason: "not_tokens" }]);
    expect(json.data).toMatchObject([{ model: "gpt-4o-mini", kind: "output", difference: 0.25 }]);
  });

  it("refuses rows that are no such export, and names their fields", async () => {
    const hour = Math.floor(began / HOUR_MS) * 3600;
    const good = { model: "gpt-4o", input_tokens: 1, output_tokens: 1 };
    const bucket = (result: object, more = {}) => ({
      start_time: hour,
      end_time: hour + 3600,
      results: [result],
      ...more,
    });
    const faultsOf = async (provider: Provider, rows: unknown) => {
      const { status, json } = await reconcile(provider, rows as unknown[]);
      const { errors = [] } = json as unknown as { errors?: { path: string }[] };
      return [status, ...errors.map(({ path }) => path)];
    };
    expect(await faultsOf("openai", [])).toEqual([422, "rows"]);
    expect(await faultsOf("openai", [7])).toEqual([422, "rows.0"]);
    expect(await faultsOf("openai", [{ data: [] }])).toEqual([422, "rows"]);
    expect(await faultsOf("openai", [{}])).toEqual([422, "rows.0.start_time", "rows.0.end_time", "rows.0.results"]);
    expect(await faultsOf("openai", [bucket(good), { data: [bucket({ ...good, model: null })] }])).toEqual([
      422,
      "rows.1.data.0.results.0.model",
    ]);
    expect(await faultsOf("openai", [bucket({ ...good, output_tokens: -1 })])).toEqual([
      422,
      "rows.0.results.0.output_tokens",
    ]);
    expect(await faultsOf("openai", [bucket(good, { start_time: hour + 60 })])).toEqual([422, "rows.0.start_time"]);
    expect(await faultsOf("openai", [bucket({ amount: { value: 1, currency: "eur" }, line_item: "x" })])).toEqual([
      422,
      "rows.0.results.0.amount.currency",
    ]);
    expect(await faultsOf("anthropic", [bucket(good)])).toEqual([
      422,
      "rows.0.starting_at",
      "rows.0.ending_at",
      "rows.0.results.0.uncached_input_tokens",
    ]);
    const old = hour - 100 * 24 * 3600;
    expect(await faultsOf("openai", [bucket(good, { start_time: old, end_time: old + 3600 })])).toEqual([422, "rows"]);
  });

  it("counts only the tenant's own calls, and needs the scope usage:read", async () => {
    const other = await newTenant();
    const { json } = await reconcile("openai", [await exported("openai", 0)], other.key);
    expect(json.compared.calls).toBe(0);
    expect(new Set(json.data.map(({ ours }) => ours))).toEqual(new Set([0]));
    const { key: weak } = await newKey(key, ["executions:read"]);
    expect((await reconcile("openai", [{}], weak)).status).toBe(403);
  });
});
