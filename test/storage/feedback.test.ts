import { describe, expect, it } from "vitest";
import type { Execution } from "../../src/domain/executions/execution.ts";
import { newId } from "../../src/domain/id.ts";
import { promptKey } from "../../src/domain/shard.ts";
import { ExecutionRepository } from "../../src/storage/executions/executions.ts";
import { MAX_SCORES } from "../../src/storage/executions/feedback-scores.ts";
import { feedbackScores } from "../../src/storage/schema.ts";
import { recorded } from "../support/recorded.ts";
import { countedShards } from "../support/counted-shards.ts";
import { executions as repository, ledgerOf, shards } from "../support/shards.ts";

async function rate(score: number | null, changes: Partial<Execution> = {}): Promise<void> {
  const row = recorded(changes);
  await repository.record(row);
  if (score !== null) await repository.setFeedback(row.tenant_id, row.id, score, null);
}

const MODELS = ["gpt-6-luna", "gpt-6-sol", "claude-haiku-5-5", "claude-opus-5-5"];

/** The sums of the models that have any. */
async function totals(tenant: string, prompt: string, from = repository) {
  const rows = await from.feedbackScores(tenant, prompt, MODELS);
  expect(rows.map(({ model }) => model).toSorted()).toEqual(MODELS.toSorted());
  return Object.fromEntries(rows.flatMap(({ model, count, sum }) => (count > 0 ? [[model, [count, sum]]] : [])));
}

describe("the feedback scores of a prompt", () => {
  it("are summed by model over all shards, for this tenant and this prompt only", async () => {
    expect(await totals("ten_a", "greet")).toEqual({});
    for (let at = 0; at < 12; at += 1) await rate(0.25);
    await rate(null);
    await rate(1, { model: "gpt-6-sol" });
    await rate(0, { model: null, provider: null, status: "failed" });
    await rate(1, { prompt_name: "other" });
    await rate(1, { tenant_id: "ten_b" });
    expect(await totals("ten_a", "greet")).toEqual({ "gpt-6-luna": [12, 3], "gpt-6-sol": [1, 1] });
    expect(await totals("ten_c", "greet")).toEqual({});
  });

  it("are read with one query of a row for each model, however many executions there are", async () => {
    for (let at = 0; at < 40; at += 1) await rate(0.5, { tenant_id: "ten_many" });
    const counted = countedShards();
    const watched = new ExecutionRepository({ shards: counted.shards, ledgerOf });
    expect(await totals("ten_many", "greet", watched)).toEqual({ "gpt-6-luna": [40, 20] });
    await counted.count();
    expect(await totals("ten_many", "greet", watched)).toEqual({ "gpt-6-luna": [40, 20] });
    const { statements, rows_read } = await counted.count();
    // The other one looks at the bucket's guard, in the same call.
    expect(statements).toBe(2);
    expect(rows_read).toBeLessThanOrEqual(MODELS.length);
  });

  it("include the feedback from before their first reader, once", async () => {
    await rate(0.25, { tenant_id: "ten_old" });
    await rate(0.5, { tenant_id: "ten_old" });
    expect(await totals("ten_old", "greet")).toEqual({ "gpt-6-luna": [2, 0.75] });
    await rate(1, { tenant_id: "ten_old" });
    expect(await totals("ten_old", "greet")).toEqual({ "gpt-6-luna": [3, 1.75] });
  });

  it("count only the newest score of an execution", async () => {
    const row = recorded({ tenant_id: "ten_again" });
    await repository.record(row);
    await totals("ten_again", "greet");
    for (const score of [1, 0.25, 0.25, 0.5]) {
      expect(await repository.setFeedback(row.tenant_id, row.id, score, null)).toBe(true);
    }
    expect(await totals("ten_again", "greet")).toEqual({ "gpt-6-luna": [1, 0.5] });
    expect(await repository.setFeedback(row.tenant_id, newId("exe", 1), 1, null)).toBe(false);
  });

  it("fade: the sums of many scores are halved before the next score, and keep their mean", async () => {
    const sums = { tenant_id: "ten_fade", prompt_name: "greet", model: "gpt-6-luna", count: MAX_SCORES, sum: 250 };
    const home = shards.of(promptKey("ten_fade", "greet"));
    await home.insert(feedbackScores).values(sums);
    await rate(1, { tenant_id: "ten_fade" });
    expect(await totals("ten_fade", "greet")).toEqual({ "gpt-6-luna": [MAX_SCORES / 2 + 1, 126] });
  });
});
