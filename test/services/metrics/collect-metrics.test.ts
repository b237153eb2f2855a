import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AppError } from "../../../src/domain/errors.ts";
import { startTimings } from "../../../src/domain/executions/timings.ts";
import { MetricsShare } from "../../../src/domain/metrics/metrics-share.ts";
import type { EndedExecution } from "../../../src/services/executions/ended-execution.ts";
import type { ExecutePrompt } from "../../../src/services/executions/execute-prompt.ts";
import { ExecutionFailed } from "../../../src/services/executions/execute-result.ts";
import { MetricsCollector } from "../../../src/services/metrics/collect-metrics.ts";
import { KEYED_REQUEST } from "../../support/keyed-request.ts";
import { recorded } from "../../support/recorded.ts";

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

const timings = startTimings(() => 0);

function world() {
  /** When tenants' objects were called. */
  const calls: number[] = [];
  const shares = new Map<string, MetricsShare>();
  const shareOf = (tenantId: string | null) => {
    const name = tenantId ?? "deployment";
    const share = shares.get(name) ?? new MetricsShare(null);
    shares.set(name, share);
    return share;
  };
  const collector = new MetricsCollector({
    now: () => Date.now(),
    sleep: async (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    defer: (work) => void work,
    onFault: (event, error) => expect.unreachable(`${event}: ${String(error)}`),
    isolate: "a",
    objectOf: (tenantId) => ({
      async flush(flush) {
        if (tenantId !== null) calls.push(Date.now());
        return shareOf(tenantId).flush(flush, Date.now());
      },
    }),
    ledgerLagMs: (tenantId) => (tenantId === null ? 70 : 30),
  });
  const read = (tenantId: string | null) => shareOf(tenantId).read(Date.now());
  return { collector, read, calls };
}

function endedOf(tenant_id: string, prompt_name: string, request = { ...KEYED_REQUEST, tenant_id }): EndedExecution {
  const prepared = { request } as EndedExecution["prepared"];
  return { prepared, execution: recorded({ tenant_id, prompt_name, model: "gpt-4o-mini" }), attempts: [], timings };
}

describe("what an isolate counts", () => {
  it("reaches each tenant's object, and without its names the deployment's", async () => {
    const { collector, read } = world();
    collector.execution(endedOf("ten_a", "a-prompt"));
    collector.execution(endedOf("ten_a", "a-prompt"));
    collector.execution(endedOf("ten_b", "b-prompt"));
    await vi.advanceTimersByTimeAsync(11_000);
    const rows = (tenant: string | null) =>
      Object.entries(read(tenant).counted["executions"] ?? {}).map(([key, [count]]) => [key, count]);
    expect(rows("ten_a")).toEqual([['["a-prompt","gpt-4o-mini","standard","succeeded","call"]', 2]]);
    expect(rows("ten_b")).toEqual([['["b-prompt","gpt-4o-mini","standard","succeeded","call"]', 1]]);
    expect(rows(null)).toEqual([['["","gpt-4o-mini","standard","succeeded","call"]', 3]]);
    expect(read(null).counted["isolates"]).toEqual({ "[]": [1] });
    expect([read("ten_a").ledger_lag_ms, read(null).ledger_lag_ms]).toEqual([30, 70]);
  });

  it("has requests without a tenant in the deployment's counts alone", async () => {
    const { collector, read } = world();
    const request = { tenant_id: null, route: "/health", method: "GET", status: 200, ms: 1 };
    collector.request(request);
    collector.request({ ...request, tenant_id: "ten_a", route: "/v1/usage" });
    await vi.advanceTimersByTimeAsync(11_000);
    expect(Object.keys(read("ten_a").counted["requests"] ?? {})).toEqual(['["/v1/usage","GET","200"]']);
    expect(Object.keys(read(null).counted["requests"] ?? {})).toHaveLength(2);
  });

  it("has scores, refused requests and calls to storage", async () => {
    const { collector, read } = world();
    const refusing = collector.watchThrottle(async () => {
      throw new AppError("rate_limit_error", "too many");
    });
    await expect(refusing("ten_a")).rejects.toThrow("too many");
    collector.feedback("ten_a", 0.25);
    collector.feedback("ten_a", 1);
    collector.backendCall("LEDGER", "failed", 12);
    await vi.advanceTimersByTimeAsync(11_000);
    expect(read("ten_a").counted).toMatchObject({ throttled: { "[]": [1] }, feedback: { "[]": [2, 1.25] } });
    expect(read(null).counted["backends"]?.['["LEDGER","failed"]']?.slice(0, 2)).toEqual([1, 12]);
    expect(read("ten_a").counted["backends"]).toBeUndefined();
  });
});

describe("an isolate of thousands of tenants", () => {
  const request = { route: "/x", method: "GET", status: 200, ms: 1 };

  it("calls their objects 200 times a second at most, each in its turn, and loses no count", async () => {
    const { collector, read, calls } = world();
    const tenants = Array.from({ length: 2_000 }, (_, n) => `ten_${n}`);
    const rounds = 30;
    for (let second = 0; second < rounds; second++) {
      for (const tenant_id of tenants) collector.request({ ...request, tenant_id });
      await vi.advanceTimersByTimeAsync(1_000);
    }
    const bySecond = Map.groupBy(calls, (at) => Math.floor(at / 1_000));
    expect(Math.max(...[...bySecond.values()].map(({ length }) => length))).toBe(200);
    await vi.advanceTimersByTimeAsync(11_000);
    const counted = tenants.map((tenant) => read(tenant).counted["requests"]?.['["/x","GET","200"]']?.[0]);
    expect(new Set(counted)).toEqual(new Set([rounds]));
    expect(read(null).counted["requests"]?.['["/x","GET","200"]']?.[0]).toBeGreaterThan(0);
  });

  it("counts a tenant that was forgotten and comes back", async () => {
    const { collector, read } = world();
    const count = async (tenant_id: string, ms: number) => {
      collector.request({ ...request, tenant_id });
      await vi.advanceTimersByTimeAsync(ms);
    };
    await count("ten_a", 70_000);
    await count("ten_b", 0);
    await count("ten_a", 6_000);
    expect(read("ten_a").counted["requests"]?.['["/x","GET","200"]']?.[0]).toBe(2);
  });

  it("flushes for all of them in whichever request comes next, where those that planned it were cut off", async () => {
    const { collector, read, calls } = world();
    collector.request({ ...request, tenant_id: "ten_a" });
    vi.clearAllTimers();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(calls).toEqual([]);
    collector.request({ ...request, tenant_id: "ten_b" });
    await vi.advanceTimersByTimeAsync(0);
    expect(read("ten_a").counted["requests"]).toBeDefined();
  });
});

describe("executions under way", () => {
  /** Executions whose outcome the test decides. */
  function executing() {
    const { collector, read } = world();
    const ends: PromiseWithResolvers<never>[] = [];
    const run = async () => {
      const end = Promise.withResolvers<never>();
      ends.push(end);
      return end.promise;
    };
    const execute = collector.watchExecutions({ run, stream: run } satisfies ExecutePrompt);
    const active = async () => {
      await vi.advanceTimersByTimeAsync(11_000);
      return [read("ten_a").active.standard, read(null).active.standard];
    };
    return { collector, execute, ends, active };
  }
  const request = { ...KEYED_REQUEST, tenant_id: "ten_a" };

  it("count from their beginning until they are observed", async () => {
    const { collector, execute, active } = executing();
    const another = { ...request };
    void execute.run(request, timings);
    void execute.stream(another, timings);
    expect(await active()).toEqual([2, 2]);
    collector.execution(endedOf("ten_a", "p", request));
    expect(await active()).toEqual([1, 1]);
  });

  it("end where bad input ends them, and not twice where they failed", async () => {
    const { execute, ends, active } = executing();
    const bad = execute.run(request, timings);
    const failed = execute.run({ ...request }, timings);
    const error = new AppError("provider_error", "broken");
    ends[0]?.reject(new AppError("validation_error", "bad"));
    ends[1]?.reject(new ExecutionFailed(error, recorded({})));
    await Promise.allSettled([bad, failed]);
    // The failed one is observed, which this test leaves out.
    expect(await active()).toEqual([1, 1]);
  });

  it("are forgotten once they would have timed out, where their request was cut off", async () => {
    const { collector, execute, active } = executing();
    void execute.run(request, timings);
    await vi.advanceTimersByTimeAsync(301_000);
    collector.request({ tenant_id: "ten_a", route: "/x", method: "GET", status: 200, ms: 1 });
    expect(await active()).toEqual([0, 0]);
  });
});
