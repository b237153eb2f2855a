import { describe, expect, it } from "vitest";
import type { Execution } from "../../src/domain/executions/execution.ts";
import { newId } from "../../src/domain/id.ts";
import { RECENT_EXECUTIONS } from "../../src/storage/executions/feedback-scores.ts";
import { executions } from "../../src/storage/schema.ts";
import { executions as repository, shards } from "../support/shards.ts";

function execution(changes: Partial<Execution>): Execution {
  return {
    id: newId("exe", Date.now()),
    tenant_id: "ten_a",
    key_id: "key",
    status: "succeeded",
    prompt_name: "greet",
    prompt_version: 1,
    prompt_label: null,
    provider: "openai",
    model: "gpt-6-luna",
    output: "hi",
    output_truncated: false,
    finish_reason: "stop",
    prompt_tokens: 1,
    completion_tokens: 1,
    cached_tokens: 0,
    usage_estimated: false,
    cost_nanousd: 1,
    price_table: "t",
    latency_ms: 1,
    attempts: 1,
    error: null,
    end_user: null,
    metadata: null,
    created_at: 1,
    cached: null,
    saved_nanousd: null,
    ...changes,
  };
}

async function rate(score: number | null, changes: Partial<Execution> = {}): Promise<void> {
  const row = execution(changes);
  await repository.record(row);
  if (score !== null) await repository.setFeedback(row.tenant_id, row.id, score, null);
}

async function totals(tenant: string, prompt: string) {
  const sums = new Map<string, [number, number]>();
  for (const { model, count, sum } of await repository.feedbackScores(tenant, prompt)) {
    const [n, total] = sums.get(model) ?? [0, 0];
    sums.set(model, [n + count, total + sum]);
  }
  return Object.fromEntries(sums);
}

describe("the feedback scores of a prompt", () => {
  it("are summed by model over all shards, for this tenant and this prompt only", async () => {
    for (let at = 0; at < 12; at += 1) await rate(0.25);
    await rate(null);
    await rate(1, { model: "gpt-6-sol" });
    await rate(0, { model: null, provider: null, status: "failed" });
    await rate(1, { prompt_name: "other" });
    await rate(1, { tenant_id: "ten_b" });
    expect(await totals("ten_a", "greet")).toEqual({ "gpt-6-luna": [12, 3], "gpt-6-sol": [1, 1] });
    expect(await totals("ten_c", "greet")).toEqual({});
  });

  it("count only the newest executions of each shard", async () => {
    const db = shards.of("any");
    const old = execution({ id: newId("exe", 1), tenant_id: "ten_d" });
    await db.insert(executions).values({ ...old, feedback_score: 1 });
    const later = async (from: number, count: number) => {
      const rows = Array.from({ length: count }, (_, at) => ({ ...old, id: newId("exe", from + at) }));
      for (let at = 0; at < count; at += 3) await db.insert(executions).values(rows.slice(at, at + 3));
    };
    await later(2, RECENT_EXECUTIONS - 1);
    expect(await totals("ten_d", "greet")).toEqual({ "gpt-6-luna": [1, 1] });
    await later(2 + RECENT_EXECUTIONS, 1);
    expect(await totals("ten_d", "greet")).toEqual({});
  });
});
