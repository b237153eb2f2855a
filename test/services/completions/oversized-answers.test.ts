import { describe, expect, it } from "vitest";
import { spentOn } from "../../../src/domain/completions/attempt.ts";
import { OversizedAnswer } from "../../../src/domain/completions/oversized-answer.ts";
import type { Provider } from "../../../src/providers/provider.ts";
import type { CompletionFailed } from "../../../src/services/completions/completion-failed.ts";
import { callUntil, completeWith } from "../../support/fake-models.ts";

const MAX_BYTES = 16 * 1024 * 1024;

/** The failure of a call whose provider answers with more than is read. */
async function failureOf(max_tokens: number | undefined) {
  let calls = 0;
  const provider: Provider = {
    async complete() {
      calls += 1;
      throw new OversizedAnswer(MAX_BYTES).withProviderLimits({});
    },
    stream: async () => Promise.reject(new Error("not a stream")),
    check: async () => undefined,
  };
  const call = callUntil(new AbortController().signal);
  const input = { ...call.input, parameters: max_tokens === undefined ? {} : { max_tokens } };
  const candidates = [{ provider: "openai", model: "text-embedding-3-large" }, ...call.candidates];
  const failure = await completeWith({ openai: provider, anthropic: provider }, 1_000)
    .whole({ ...call, candidates, input })
    .then(
      () => expect.unreachable(),
      (error: unknown) => error as CompletionFailed,
    );
  return { calls, error: failure.error, attempts: failure.attempts };
}

describe("an answer that is larger than is read", () => {
  it("is final, and paid and counted once", async () => {
    const { calls, error, attempts } = await failureOf(0);
    expect([calls, error.retryable]).toEqual([1, false]);
    expect(error.detail).toBe(`The provider's answer is larger than ${MAX_BYTES} bytes: ask for less at once.`);
    expect(spentOn(attempts)).toMatchObject({ usage_estimated: true, prompt_tokens: 5, completion_tokens: 0 });
    expect(spentOn(attempts).cost_nanousd).toBeGreaterThan(0);
  });

  it("has at most the tokens of its bound, and those of the bytes that came", async () => {
    expect(spentOn((await failureOf(500)).attempts).completion_tokens).toBe(500);
    expect(spentOn((await failureOf(undefined)).attempts).completion_tokens).toBe(MAX_BYTES / 4);
  });
});
