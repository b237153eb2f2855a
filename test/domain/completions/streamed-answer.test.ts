import { describe, expect, it } from "vitest";
import { type Attempt, withAnswer } from "../../../src/domain/completions/attempt.ts";
import type { StreamPart } from "../../../src/domain/completions/completion.ts";
import { StreamedAnswer } from "../../../src/domain/completions/streamed-answer.ts";

const MODEL = "claude-haiku-4-5";
const counted = (prompt_tokens: number, completion_tokens: number) => ({
  prompt_tokens,
  completion_tokens,
  total_tokens: prompt_tokens + completion_tokens,
  cached_tokens: 7,
});
const stated: StreamPart = { type: "usage", usage: counted(2_000, 1), final: false, model: MODEL };
const attempt: Attempt = {
  candidate: { provider: "anthropic", model: MODEL },
  key: "main",
  started_at: 0,
  first_token_at: null,
  ended_at: 1,
  outcome: "failed",
  usage: null,
  usage_estimated: false,
  cost: null,
  limits: {},
};

/** The attempt with what was seen of these parts. */
function seenOf(...parts: StreamPart[]): Attempt | null {
  const answer = new StreamedAnswer(MODEL);
  for (const part of parts) answer.add(part);
  const seen = answer.seen();
  return seen && withAnswer(attempt, { messages: [{ role: "user", content: "hi" }], parameters: {} }, seen);
}

describe("what is seen of a stream that breaks off", () => {
  it("is nothing before its first part", () => {
    expect(seenOf()).toBeNull();
  });

  it("has the input that the provider stated, and the text so far as an estimate", () => {
    const seen = seenOf(stated, { type: "text", text: "x".repeat(400) });
    expect(seen?.usage).toEqual({ ...counted(2_000, 104) });
    expect(seen?.usage_estimated).toBe(true);
    expect(seen?.cost?.cost_nanousd).toBeGreaterThan(0);
  });

  it("has an estimate of the input where the provider stated none", () => {
    expect(seenOf({ type: "text", text: "x" })?.usage?.prompt_tokens).toBe(5);
  });

  it("includes thinking, which costs as much as text", () => {
    const thinking: StreamPart[] = Array.from({ length: 100 }, () => ({ type: "reasoning", text: "hmm " }));
    expect(seenOf(stated, ...thinking)?.usage?.completion_tokens).toBe(100);
  });

  it("is exact once the provider has counted the whole answer", () => {
    const final: StreamPart = { type: "usage", usage: counted(2_000, 9), final: true, model: MODEL };
    const seen = seenOf(stated, { type: "text", text: "x".repeat(400) }, final);
    expect([seen?.usage, seen?.usage_estimated]).toEqual([counted(2_000, 9), false]);
  });
});

it("takes many calls of tools in a time that grows as they do", () => {
  const answer = new StreamedAnswer(MODEL);
  const call = { id: "c", name: "n", arguments: "" };
  for (let index = 0; index < 20_000; index += 1) answer.add({ type: "tool_call", index, call });
  expect(answer.completion().tool_calls).toHaveLength(20_000);
}, 1_000);
