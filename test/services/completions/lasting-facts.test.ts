import { describe, expect, it } from "vitest";
import type { Completion } from "../../../src/domain/completions/completion.ts";
import { UnusableAnswer } from "../../../src/domain/completions/unusable-answer.ts";
import { AppError } from "../../../src/domain/errors.ts";
import { CompletionFailed } from "../../../src/services/completions/completion-failed.ts";
import { answer, callUntil, fakes } from "../../support/fake-models.ts";

const signal = () => new AbortController().signal;
/** Rejects with the AppError inside a CompletionFailed. */
const unwrapped = async <T>(work: Promise<T>): Promise<T> =>
  work.catch((thrown: unknown) => {
    throw thrown instanceof CompletionFailed ? thrown.error : thrown;
  });

describe("a completion", () => {
  it.each([
    ["calls another model after a fact about the account", "quota", true, ["first:k1", "second:k2"]],
    ["calls another model after a fact about the key's access", "model_access", true, ["first:k1", "second:k2"]],
    ["calls another model after one that is unfit for the request", "unfit", false, ["first:k1", "second:k2"]],
    [
      "calls another model after a key whose account has not what it is about",
      "other_account",
      false,
      ["first:k1", "second:k2"],
    ],
    ["calls another model after a key whose minute is too small", "over_minute", false, ["first:k1", "second:k2"]],
  ] as const)("%s", async (_what, fact, retryable, called) => {
    const failed = new AppError("provider_error", "no", { retryable, fact });
    const fake = fakes({ first: async () => Promise.reject(failed), second: async () => answer("second") });
    expect((await fake.complete.whole(callUntil(signal()))).completion.text).toBe("second");
    expect(fake.called).toEqual(called);
  });

  it.each(["quota", "model_access", "unfit", "over_minute", "no_repeat"] as const)(
    "does not repeat a call after the lasting fact %s",
    async (fact) => {
      const failed = new AppError("provider_error", "no", { retryable: true, fact });
      const fake = fakes({ first: async () => Promise.reject(failed), second: async () => Promise.reject(failed) });
      await expect(unwrapped(fake.complete.whole(callUntil(signal())))).rejects.toBe(failed);
      expect(fake.called).toEqual(["first:k1", "second:k2"]);
    },
  );

  it.each([
    ["content_filter", "The model refused to answer."],
    ["length", "The answer reached its token limit before it fitted the prompt's output_schema."],
  ] as const)("does not buy an answer again that ended with %s", async (finish_reason, detail) => {
    const said: Completion = { text: "No.", finish_reason, usage: null, model: "first" };
    const fake = fakes({ first: async () => said, second: async () => answer("second") });
    const call = callUntil(signal());
    const asked = { ...call, input: { ...call.input, output_schema: { type: "object" } } };
    await expect(unwrapped(fake.complete.whole(asked))).rejects.toMatchObject({ code: "provider_error", detail });
    expect(fake.called).toEqual(["first:k1"]);
  });

  it("counts the tokens of an answer that it cannot use", async () => {
    const usage = { prompt_tokens: 1000, completion_tokens: 500, total_tokens: 1500 };
    const useless = new UnusableAnswer(new AppError("provider_error", "no choice", { retryable: true }), {
      usage,
      model: "gpt-4o-mini",
    });
    const fake = fakes({ first: async () => Promise.reject(useless), second: async () => Promise.reject(useless) });
    const failed = await fake.complete.whole(callUntil(signal())).catch((thrown: unknown) => thrown);
    const { attempts } = failed as CompletionFailed;
    expect(attempts.map((attempt) => attempt.usage)).toEqual(attempts.map(() => usage));
    expect(attempts.every(({ usage_estimated }) => !usage_estimated)).toBe(true);
  });

  it("says that its own time is over, and not that a limit is reached, where it is too short to wait", async () => {
    const deadline = new AbortController();
    const overdue = new AppError("timeout", "late", { retryable: true });
    const fake = fakes({ first: async () => answer("first"), second: async () => answer("second") });
    const call = { ...callUntil(deadline.signal, 1), own: async () => deadline.abort(overdue) };
    await expect(unwrapped(fake.complete.whole(call))).rejects.toMatchObject({ code: "timeout" });
    expect(fake.called).toEqual([]);
  });
});
