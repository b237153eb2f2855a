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
    advance: (ms: number) => {
      now += ms;
    },
  };
}

const luna = (count: number, sum: number) => ({ model: "gpt-6-luna", count, sum });

describe("the quality history", () => {
  it("is unknown at first, is read in the background, and is known the next time", async () => {
    const { quality, settle } = history(async () => [luna(4, 2)]);
    expect(quality("ten", "greet")).toBeUndefined();
    await settle();
    expect(quality("ten", "greet")).toEqual({ cheap: { mean: 0.5, count: 4 } });
  });

  it("adds up the scores of shards and providers by tier, without models of no tier", async () => {
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

  it("is read at most once a minute for each tenant and prompt", async () => {
    const { quality, settle, reads, advance } = history(async () => []);
    for (let index = 0; index < 5; index += 1) quality("ten", "greet");
    quality("ten", "other");
    quality("tom", "greet");
    await settle();
    advance(REFRESH_MS - 1);
    quality("ten", "greet");
    expect(reads).toEqual(["ten/greet", "ten/other", "tom/greet"]);
    advance(1);
    quality("ten", "greet");
    expect(reads).toHaveLength(4);
  });

  it("keeps its values when a read fails, reports the error, and does not repeat the read at once", async () => {
    let isDown = false;
    const { quality, settle, errors, reads, advance } = history(async () =>
      isDown ? Promise.reject(new Error("shard down")) : [luna(4, 2)],
    );
    quality("ten", "greet");
    await settle();
    isDown = true;
    advance(REFRESH_MS);
    quality("ten", "greet");
    await settle();
    quality("ten", "greet");
    expect(errors).toEqual([new Error("shard down")]);
    expect(reads).toHaveLength(2);
    expect(quality("ten", "greet")).toEqual({ cheap: { mean: 0.5, count: 4 } });
  });

  it("forgets the least recently used prompt when its memory is full", async () => {
    const { quality, settle, reads } = history(async () => [luna(4, 2)]);
    quality("ten", "first");
    quality("ten", "second");
    quality("ten", "first");
    for (let index = 0; index < MAX_HISTORIES - 1; index += 1) quality("ten", `p${index}`);
    await settle();
    expect(quality("ten", "first")).toEqual({ cheap: { mean: 0.5, count: 4 } });
    expect(quality("ten", "second")).toBeUndefined();
    expect(reads).toHaveLength(MAX_HISTORIES + 2);
  });
});
