import { describe, expect, it } from "vitest";
import { createQualityHistory, MAX_HISTORIES, REFRESH_MS } from "../../../src/services/completions/quality-history.ts";
import type { ModelScores } from "../../../src/storage/executions/feedback-scores.ts";

function history(scores: (prompt: string) => Promise<ModelScores[]>) {
  let now = 1_000_000;
  const reads: string[] = [];
  const errors: unknown[] = [];
  const background: Promise<void>[] = [];
  const quality = createQualityHistory({
    now: () => now,
    executions: {
      feedbackScores: async (tenant, prompt) => {
        reads.push(`${tenant}/${prompt}`);
        return scores(prompt);
      },
    },
    background: (work) => void background.push(work),
    onError: (error) => void errors.push(error),
  });
  return {
    quality,
    reads,
    errors,
    settle: async () => Promise.all(background.splice(0)),
    pass: (ms: number) => {
      now += ms;
    },
  };
}

const luna = (count: number, sum: number) => ({ model: "gpt-6-luna", count, sum });

describe("the history of feedback", () => {
  it("answers at once with nothing, reads in the background, and knows it the next time", async () => {
    const { quality, settle } = history(async () => [luna(4, 2)]);
    expect(quality("ten", "greet")).toBeUndefined();
    await settle();
    expect(quality("ten", "greet")).toEqual({ cheap: { mean: 0.5, count: 4 } });
  });

  it("adds up shards and providers by tier, and leaves out models of none", async () => {
    const { quality, settle } = history(async () => [
      luna(1, 1),
      luna(2, 0.5),
      { model: "claude-haiku-5-5", count: 1, sum: 0.1 },
      { model: "gpt-6-sol", count: 2, sum: 2 },
      { model: "gpt-4o", count: 9, sum: 9 },
    ]);
    quality("ten", "greet");
    await settle();
    expect(quality("ten", "greet")).toEqual({ cheap: { mean: 0.4, count: 4 }, strong: { mean: 1, count: 2 } });
  });

  it("is read once a minute at the most, by tenant and prompt", async () => {
    const { quality, settle, reads, pass } = history(async () => []);
    for (let at = 0; at < 5; at += 1) quality("ten", "greet");
    quality("ten", "other");
    quality("tom", "greet");
    await settle();
    pass(REFRESH_MS - 1);
    quality("ten", "greet");
    expect(reads).toEqual(["ten/greet", "ten/other", "tom/greet"]);
    pass(1);
    quality("ten", "greet");
    expect(reads).toHaveLength(4);
  });

  it("keeps what it knows when a read fails, tells of it, and does not hammer", async () => {
    let fails = false;
    const { quality, settle, errors, reads, pass } = history(async () =>
      fails ? Promise.reject(new Error("shard down")) : [luna(4, 2)],
    );
    quality("ten", "greet");
    await settle();
    fails = true;
    pass(REFRESH_MS);
    quality("ten", "greet");
    await settle();
    quality("ten", "greet");
    expect(errors).toEqual([new Error("shard down")]);
    expect(reads).toHaveLength(2);
    expect(quality("ten", "greet")).toEqual({ cheap: { mean: 0.5, count: 4 } });
  });

  it("forgets the prompt that was asked for longest ago when its memory is full", async () => {
    const { quality, settle, reads } = history(async () => [luna(4, 2)]);
    quality("ten", "first");
    quality("ten", "second");
    quality("ten", "first");
    for (let at = 0; at < MAX_HISTORIES - 1; at += 1) quality("ten", `p${at}`);
    await settle();
    expect(quality("ten", "first")).toEqual({ cheap: { mean: 0.5, count: 4 } });
    expect(quality("ten", "second")).toBeUndefined();
    expect(reads).toHaveLength(MAX_HISTORIES + 2);
  });
});
