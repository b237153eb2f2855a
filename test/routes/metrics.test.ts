import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { call, newKey, newTenant, ROOT_KEY, yamlPrompt } from "../support/api.ts";

/** A tenant that has executed a prompt some times. */
async function busyTenant(executions: number) {
  const tenant = await newTenant();
  await call("PUT", "/v1/prompts/greet", { key: tenant.key, yaml: yamlPrompt("greet") });
  const execute = async () =>
    call<{ id: string }>("POST", "/v1/executions", {
      key: tenant.key,
      json: { prompt: "greet", variables: { who: crypto.randomUUID() } },
    });
  // One after the other: the tests' engine gives up some of those that begin together.
  const replies = [await execute()];
  while (replies.length < executions) replies.push(await execute());
  const samples = async (key: string = tenant.key) => {
    const { text } = await call("GET", "/metrics", { key });
    return text.split("\n");
  };
  return { ...tenant, execute, replies, samples };
}

/** What other isolates of the engine count comes within ten seconds. */
const PATIENCE = { timeout: 20_000, interval: 500 };

describe("GET /metrics", () => {
  it("tells a tenant its own executions, requests, scores, gates and budgets in the text of Prometheus", async () => {
    const { key, replies, samples } = await busyTenant(3);
    await call("PUT", "/v1/budgets/tenant", { key, json: { daily_usd: 10 } });
    const { id = "" } = replies[0]?.json ?? {};
    await call("POST", `/v1/executions/${id}/feedback`, { key, json: { score: 0.5 } });
    const executed = 'pbt_executions_total{prompt="greet",lane="standard",outcome="succeeded"} 3';
    await expect.poll(async () => samples(), PATIENCE).toContain(executed);
    const lines = await samples();
    expect(lines).toEqual(
      expect.arrayContaining([
        'pbt_requests_total{route="/v1/executions",method="POST",status="200"} 3',
        'pbt_attempts_total{provider="openai",model="gpt-4o-mini",outcome="answered"} 3',
        "pbt_feedback_score_sum_total 0.5",
        'pbt_active_executions{lane="standard"} 0',
        'pbt_gate_permits_limit{provider="openai"} 100',
        'pbt_budget_remaining_usd{scope="tenant",window="daily"} 10',
        'pbt_scrape_source_up{source="gates"} 1',
      ]),
    );
    const { headers } = await call("GET", "/metrics", { key });
    expect(headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  });

  it("tells the root key the deployment's, with backends and queues and without a tenant's names", async () => {
    const { id, samples } = await busyTenant(1);
    const counted = (lines: string[]) =>
      lines.find((line) => line.startsWith('pbt_executions_total{lane="standard",outcome="succeeded"}'));
    await expect.poll(async () => counted(await samples(ROOT_KEY)), PATIENCE).toBeDefined();
    const lines = await samples(ROOT_KEY);
    expect(lines).toContain('pbt_backend_up{backend="METRICS"} 1');
    expect(lines.some((line) => line.startsWith("pbt_backend_duration_seconds_count"))).toBe(true);
    expect(lines.join("\n")).not.toMatch(/greet|ten_|key_/);
    expect(lines.join("\n")).not.toContain(id);
  });

  it("tells nothing of another tenant", async () => {
    const { samples } = await busyTenant(1);
    const other = await newTenant("other");
    await expect.poll(async () => samples(), PATIENCE).toContain('pbt_answers_total{source="call"} 1');
    expect((await samples(other.key)).filter((line) => line.startsWith("pbt_executions_total"))).toEqual([]);
  });

  it("needs the scope usage:read, or the root key", async () => {
    const { key } = await newTenant();
    const [reader, other] = [await newKey(key, ["usage:read"]), await newKey(key, ["prompts:read"])];
    const statusOf = async (as: string | null) => (await call("GET", "/metrics", { key: as })).status;
    expect([await statusOf(reader.key), await statusOf(ROOT_KEY)]).toEqual([200, 200]);
    expect([await statusOf(other.key), await statusOf(null), await statusOf("root-key")]).toEqual([403, 401, 401]);
    const { headers, status } = await call("POST", "/metrics", { key });
    expect([status, headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });
});

interface LiveUpdate {
  at: string;
  ms: number;
  executions: number;
  failed: number;
  cost_usd: number;
  active: Record<string, number>;
  duration: { p95: number | null };
}

/** The events of a live stream, one by one. */
async function openLive(key: string) {
  const headers = { authorization: `Bearer ${key}` };
  const response = await exports.default.fetch("https://edge.test/v1/metrics/live", { headers });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const next = async (): Promise<{ event: string; data: LiveUpdate & { points?: unknown[] } }> => {
    for (;;) {
      const [, event = "", data = ""] = /^event: (\w+)\ndata: (.*)\n\n/.exec(text) ?? [];
      if (event !== "") {
        text = text.slice(text.indexOf("\n\n") + 2);
        return { event, data: JSON.parse(data) as LiveUpdate };
      }
      const chunk = await reader?.read();
      if (!chunk || chunk.done) throw new Error("the stream has ended");
      text += chunk.value;
    }
  };
  return { response, next, close: async () => reader?.cancel() };
}

describe("GET /v1/metrics/live", () => {
  it("begins with the last minutes, then tells executions as they end, until its reader leaves", async () => {
    const { key, execute } = await busyTenant(1);
    const { response, next, close } = await openLive(key);
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    const first = await next();
    expect([first.event, Array.isArray(first.data.points)]).toEqual(["history", true]);
    await Promise.all([execute(), execute()]);
    let executions = 0;
    let last: LiveUpdate | undefined;
    while (executions < 2) {
      const { event, data } = await next();
      expect(event).toBe("update");
      executions += data.executions;
      last = data;
    }
    expect(last?.ms).toBeLessThan(5_000);
    expect(last?.duration.p95).not.toBeNull();
    expect(last?.failed).toBe(0);
    expect(Object.keys(last?.active ?? {})).toEqual(["high", "standard", "batch"]);
    await close();
  });

  it("is no key's that lacks usage:read, nor the root key's", async () => {
    const { key } = await newTenant();
    const other = await newKey(key, ["prompts:read"]);
    for (const as of [other.key, ROOT_KEY]) {
      expect((await call("GET", "/v1/metrics/live", { key: as })).status).toBe(403);
    }
  });
});
