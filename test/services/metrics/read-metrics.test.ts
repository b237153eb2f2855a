import { afterEach, describe, expect, it, vi } from "vitest";
import { measureBudgets, measureGates } from "../../../src/services/metrics/measure-tenant.ts";
import { measureQueue, measureReadiness } from "../../../src/services/metrics/measure-deployment.ts";
import { readMetrics, type MetricsSource } from "../../../src/services/metrics/read-metrics.ts";
import type { MetricsReading } from "../../../src/domain/metrics/metrics-messages.ts";
import { exposeMetrics } from "../../../src/domain/metrics/exposition.ts";
import type { ProviderGateView } from "../../../src/services/gate/read-gate.ts";

afterEach(() => void vi.useRealTimers());

const READING: MetricsReading = {
  counted: { throttled: { "[]": [2] } },
  active: { high: 1, standard: 0, batch: 0 },
  ledger_lag_ms: 1_500,
};

async function read(shares: (() => Promise<MetricsReading>)[], sources: Record<string, MetricsSource>) {
  const deps = {
    flush: async () => undefined,
    sharesOf: () => shares.map((ask) => ({ read: ask })),
    sourcesOf: () => sources,
  };
  return (await readMetrics(deps, "ten_a")).split("\n");
}

describe("reading metrics", () => {
  it("adds the shares up, with what their sources say now", async () => {
    const lines = await read([async () => READING, async () => READING], {
      gates: async () => [{ metric: "gateUsed", labels: ["openai"], value: 3 }],
    });
    expect(lines).toEqual(
      expect.arrayContaining([
        "pbt_throttled_requests_total 4",
        'pbt_active_executions{lane="high"} 2',
        "pbt_ledger_lag_seconds 1.5",
        'pbt_gate_permits_in_use{provider="openai"} 3',
        'pbt_scrape_source_up{source="counts"} 1',
        'pbt_scrape_source_up{source="gates"} 1',
      ]),
    );
  });

  it("marks what fails or hangs, and tells the rest", async () => {
    vi.useFakeTimers();
    const hangs = async () => new Promise<never>(() => undefined);
    const reading = read([async () => READING, hangs], {
      gates: hangs,
      budgets: async () => Promise.reject(new Error("down")),
    });
    await vi.advanceTimersByTimeAsync(3_000);
    expect(await reading).toEqual(
      expect.arrayContaining([
        "pbt_throttled_requests_total 2",
        'pbt_scrape_source_up{source="counts"} 0',
        'pbt_scrape_source_up{source="gates"} 0',
        'pbt_scrape_source_up{source="budgets"} 0',
      ]),
    );
  });
});

describe("what is measured", () => {
  it("of gates has lanes, permits, and the numbers of keys and breakers by state", () => {
    const key = { status: "ok", breakers: [{ state: "closed" }, { state: "open" }] };
    const lane = { concurrency: 10, in_flight: 4, waiting: 2, oldest_wait_ms: 250 };
    const gate = {
      provider: "openai",
      concurrency: { limit: 100, used: 7 },
      keys: [key, { ...key, status: "parked" }],
      lanes: { high: lane, standard: lane, batch: lane },
    } as unknown as ProviderGateView;
    const lines = exposeMetrics({}, measureGates([gate])).split("\n");
    expect(lines).toEqual(
      expect.arrayContaining([
        'pbt_gate_calls_in_flight{provider="openai",lane="high"} 4',
        'pbt_gate_waiting_calls{provider="openai",lane="batch"} 2',
        'pbt_gate_oldest_wait_seconds{provider="openai",lane="standard"} 0.25',
        'pbt_gate_permits_in_use{provider="openai"} 7',
        'pbt_gate_permits_limit{provider="openai"} 100',
        'pbt_provider_keys{provider="openai",state="parked"} 1',
        'pbt_breakers{provider="openai",state="open"} 2',
        'pbt_breakers{provider="openai",state="half_open"} 0',
      ]),
    );
  });

  it("of budgets has the tightest of each kind of scope, and no scope's name", () => {
    const state = { window: "daily" as const, limit: 10e9, spent: 4e9, reserved: 1e9, resets_at: 0 };
    const text = exposeMetrics(
      {},
      measureBudgets([
        { ...state, scope: "key:key_secret" },
        { ...state, scope: "key:key_other", spent: 9e9, reserved: 0 },
        { ...state, scope: "tenant", limit: 0, spent: 0, reserved: 0 },
      ]),
    );
    expect(text).toContain('pbt_budget_remaining_usd{scope="key",window="daily"} 1\n');
    expect(text).toContain('pbt_budget_used_ratio{scope="key",window="daily"} 0.9\n');
    expect(text).toContain('pbt_budget_used_ratio{scope="tenant",window="daily"} 1\n');
    expect(text).not.toContain("key_");
  });

  it("of queues has their backlog and its age, and of backends whether they answer", () => {
    const backlog = { backlogCount: 4, backlogBytes: 900, oldestMessageTimestamp: new Date(1_000) };
    const measured = [
      ...measureQueue("high", backlog, 3_500),
      ...measureQueue("batch", { backlogCount: 0, backlogBytes: 0 }, 3_500),
      ...measureReadiness({ status: "degraded", checks: { CACHE: "ok", LEDGER: "failed" } }),
    ];
    const lines = exposeMetrics({}, measured).split("\n");
    expect(lines).toEqual(
      expect.arrayContaining([
        'pbt_queue_messages{queue="high"} 4',
        'pbt_queue_bytes{queue="high"} 900',
        'pbt_queue_oldest_message_seconds{queue="high"} 2.5',
        'pbt_queue_oldest_message_seconds{queue="batch"} 0',
        'pbt_backend_up{backend="CACHE"} 1',
        'pbt_backend_up{backend="LEDGER"} 0',
      ]),
    );
  });
});
