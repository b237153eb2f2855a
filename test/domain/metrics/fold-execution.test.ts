import { describe, expect, it } from "vitest";
import type { Attempt } from "../../../src/domain/completions/attempt.ts";
import { AppError } from "../../../src/domain/errors.ts";
import type { Execution } from "../../../src/domain/executions/execution.ts";
import { startTimings } from "../../../src/domain/executions/timings.ts";
import { exposeMetrics } from "../../../src/domain/metrics/exposition.ts";
import { foldExecution } from "../../../src/domain/metrics/fold-execution.ts";
import { liveTotals, sumsIn, timesIn } from "../../../src/domain/metrics/live-totals.ts";
import { MetricCounts } from "../../../src/domain/metrics/metric-counts.ts";
import { recorded } from "../../support/recorded.ts";

function attempt(changes: Partial<Attempt> = {}): Attempt {
  return {
    candidate: { provider: "openai", model: "gpt-4o-mini" },
    key: "main",
    started_at: 1_100,
    first_token_at: null,
    ended_at: 1_900,
    outcome: "answered",
    usage: { prompt_tokens: 30, completion_tokens: 7, total_tokens: 37, cached_tokens: 10, reasoning_tokens: 2 },
    usage_estimated: false,
    cost: null,
    limits: {},
    ...changes,
  };
}

/** What is told of one execution of 1 s that began at 1,000, of which a call took `llm` ms. */
async function told(changes: Partial<Execution>, attempts: readonly Attempt[], llm = 800): Promise<string[]> {
  const counts = await foldedOf(changes, attempts, llm);
  return exposeMetrics(counts.read(), []).split("\n");
}

async function foldedOf(changes: Partial<Execution>, attempts: readonly Attempt[], llm = 800): Promise<MetricCounts> {
  let now = 0;
  const timings = startTimings(() => now);
  await timings.measure("admit", async () => void (now += 20));
  await timings.measure("llm", async () => void (now += llm));
  const counts = new MetricCounts();
  const execution = recorded({
    prompt_name: "greet",
    model: "gpt-4o-mini",
    latency_ms: 1_000,
    created_at: 1_000,
    ...changes,
  });
  foldExecution(counts, { execution, attempts, timings });
  return counts;
}

describe("an execution in the metrics", () => {
  it("is counted with its lane, cost, tokens by kind and times", async () => {
    const lines = await told({ lane: "high", cost_nanousd: 2_500 }, [attempt()]);
    expect(lines).toEqual(
      expect.arrayContaining([
        'pbt_executions_total{prompt="greet",lane="high",outcome="succeeded"} 1',
        'pbt_execution_duration_seconds_bucket{lane="high",le="0.64"} 0',
        'pbt_execution_duration_seconds_bucket{lane="high",le="1.28"} 1',
        'pbt_sla_met_executions_total{prompt="greet"} 1',
        'pbt_cost_usd_total{prompt="greet",model="gpt-4o-mini"} 0.0000025',
        'pbt_answers_total{source="call"} 1',
        'pbt_attempts_total{provider="openai",model="gpt-4o-mini",outcome="answered"} 1',
        'gen_ai_client_inference_duration_seconds_sum{gen_ai_provider_name="openai",gen_ai_request_model="gpt-4o-mini"} 0.8',
        'gen_ai_client_inference_usage_input_tokens_total{gen_ai_provider_name="openai",gen_ai_request_model="gpt-4o-mini"} 30',
        'gen_ai_client_inference_usage_cache_read_input_tokens_total{gen_ai_provider_name="openai",gen_ai_request_model="gpt-4o-mini"} 10',
        'gen_ai_client_inference_usage_reasoning_output_tokens_total{gen_ai_provider_name="openai",gen_ai_request_model="gpt-4o-mini"} 2',
        'pbt_gate_wait_seconds_sum{lane="high"} 0.02',
        "pbt_execution_overhead_seconds_sum 0.02",
      ]),
    );
  });

  it("that failed is counted by its code, with every attempt, and is not within the objective", async () => {
    const error = new AppError("provider_overloaded", "busy");
    const failed = attempt({ outcome: "failed", error, usage: null });
    const lines = await told({ error: { code: "provider_overloaded", detail: "busy" } }, [failed, failed]);
    expect(lines).toContain('pbt_executions_total{prompt="greet",lane="standard",outcome="provider_overloaded"} 1');
    expect(lines).toContain(
      'pbt_attempts_total{provider="openai",model="gpt-4o-mini",outcome="provider_overloaded"} 2',
    );
    expect(lines).toContain('pbt_sla_met_executions_total{prompt="greet"} 0');
  });

  it("that failed has no name of a model in it that the caller made up", async () => {
    const candidate = { provider: "openai", model: "sk-canary" };
    const error = new AppError("provider_error", "no such model");
    const failure = { model: "sk-canary", error: { code: error.code, detail: error.detail } };
    const lines = await told(failure, [attempt({ candidate, outcome: "failed", error, usage: null })]);
    expect(lines).toContain('pbt_attempts_total{provider="openai",model="other",outcome="provider_error"} 1');
    expect(lines.join("\n")).not.toContain("sk-canary");
  });

  it("that took longer than 1.5 s is not within the objective", async () => {
    expect(await told({ latency_ms: 1_501 }, [])).toContain('pbt_sla_met_executions_total{prompt="greet"} 0');
    expect(await told({ latency_ms: 1_500 }, [])).toContain('pbt_sla_met_executions_total{prompt="greet"} 1');
  });

  it("from a cache is counted by its tier, with what it saved", async () => {
    const lines = await told({ cached: "kv", saved_nanousd: 4_000, cost_nanousd: 0 }, [], 0);
    expect(lines).toContain('pbt_answers_total{source="kv"} 1');
    expect(lines).toContain('pbt_saved_usd_total{source="kv"} 0.000004');
  });

  it("that was streamed has a time to its first token, and its attempts are not overhead", async () => {
    const lines = await told({}, [attempt({ first_token_at: 1_300 })], 200);
    expect(lines).toContain("pbt_execution_first_token_seconds_sum 0.3");
    expect(lines).toContain("pbt_execution_overhead_seconds_sum 0.2");
    expect(lines).toContain(
      'gen_ai_client_inference_time_to_first_chunk_seconds_sum{gen_ai_provider_name="openai",gen_ai_request_model="gpt-4o-mini"} 0.2',
    );
  });

  it("without a stored prompt has no label of one", async () => {
    expect(await told({ prompt_name: "" }, [])).toContain(
      'pbt_executions_total{lane="standard",outcome="succeeded"} 1',
    );
  });

  it("is in the sums and times of a live stream", async () => {
    const totals = liveTotals(
      (await foldedOf({ cached: "edge", saved_nanousd: 5 }, [attempt({ outcome: "rejected" })])).read(),
    );
    expect(sumsIn(totals)).toMatchObject({
      executions: 1,
      failed: 0,
      within_sla: 1,
      edge: 1,
      memory: 0,
      saved_nanousd: 5,
      calls: 1,
      failed_calls: 1,
      input_tokens: 30,
      output_tokens: 7,
    });
    const { duration, first_token } = timesIn(totals);
    expect(duration.p99).toBeGreaterThan(640);
    expect(duration.p99).toBeLessThanOrEqual(1_280);
    expect(first_token).toEqual({ p50: null, p95: null, p99: null });
  });
});
