import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Candidate } from "../../../src/domain/completions/candidate.ts";
import type { StreamPart } from "../../../src/domain/completions/completion.ts";
import { AppError } from "../../../src/domain/errors.ts";
import type { Provider, ProviderCall } from "../../../src/providers/provider.ts";
import { CompletionFailed } from "../../../src/services/completions/completion-failed.ts";
import type { CompletionCall } from "../../../src/services/completions/completion-call.ts";
import { CompletionMaker } from "../../../src/services/completions/make-completion.ts";
import { TokenEstimator } from "../../../src/services/completions/token-estimator.ts";

/** The settings of wrangler.toml. */
const TIMES = { connectMs: 2_000, firstByteMs: 120_000, readMs: 30_000 };
const NEVER_MS = 100_000_000;
const key = { name: "a", version: 1, secret: "a", weight: 1, rpm: null, tpm: null, max_concurrency: null };
const [openai, anthropic]: [Candidate, Candidate] = [
  { provider: "openai", model: "gpt-4o-mini" },
  { provider: "anthropic", model: "claude-haiku-4-5" },
];

/** Resolves after a time of the fake clock; rejects as the signal does, if that aborts first. */
const pause = async (ms: number, { signal }: ProviderCall) =>
  new Promise<void>((resolve, reject) => {
    setTimeout(resolve, ms);
    signal.addEventListener("abort", () => reject(signal.reason as Error));
  });

async function* answer(model: string, call: ProviderCall, silenceMs: number): AsyncGenerator<StreamPart> {
  yield { type: "text", text: `said ${model}` };
  if (silenceMs > 0) await pause(silenceMs, call);
  yield { type: "finish", finish_reason: "stop", usage: null, model };
}

/**
 * How long a provider's headers and its checks take, and how long it is silent after its first
 * words, in ms; a check may fail at once instead.
 */
interface Slowness {
  headersMs: number;
  silenceMs?: number;
  checkMs: number | "fails";
}
const SOUND: Slowness = { headersMs: 50, checkMs: 50 };

/** Completions over two providers, each with one key. */
function worldOf(slowness: { openai: Slowness; anthropic?: Slowness }) {
  const calls: string[] = [];
  const checks: string[] = [];
  const providerOf = ({ headersMs, checkMs, silenceMs = 0 }: Slowness): Provider => ({
    async complete({ model }, call) {
      calls.push(model);
      await pause(headersMs, call);
      return { text: `said ${model}`, finish_reason: "stop", usage: null, model };
    },
    async stream({ model }, call) {
      calls.push(model);
      await pause(headersMs, call);
      call.onActivity?.();
      return answer(model, call, silenceMs);
    },
    async check(model, call) {
      checks.push(model);
      if (checkMs === "fails") throw new AppError("provider_error", "refused", { retryable: true });
      await pause(checkMs, call);
    },
  });
  const maker = new CompletionMaker({
    now: () => Date.now(),
    sleep: async (ms) => new Promise((resolve) => void setTimeout(resolve, ms)),
    random: () => 0,
    providers: { openai: providerOf(slowness.openai), anthropic: providerOf(slowness.anthropic ?? SOUND) },
    keysFor: async () => [key],
    admit: async () => ({
      key,
      send: () => true,
      end: () => undefined,
      abort: () => undefined,
      cancel: () => undefined,
    }),
    tokens: new TokenEstimator(),
    times: TIMES,
  });
  return { maker, calls, checks };
}

const callOf = (more: Partial<CompletionCall> = {}): CompletionCall => ({
  tenant_id: "ten",
  lane: "standard",
  candidates: [openai],
  input: { messages: [{ role: "user", content: "hi" }], parameters: {} },
  signal: new AbortController().signal,
  timeout_ms: 60_000,
  ...more,
});

/** The whole text of a streamed completion. */
async function streamed(maker: CompletionMaker, call: CompletionCall): Promise<string> {
  let text = "";
  for await (const part of (await maker.stream(call)).parts) text += part.type === "text" ? part.text : "";
  return text;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("headers that come after 60 s", () => {
  const short = { messages: [{ role: "user" as const, content: "hi" }], parameters: { max_tokens: 500 } };
  const late = { headersMs: 60_000, checkMs: 50 };
  const slow = { lane: "batch", timeout_ms: 120_000 } as const;

  it.each([
    ["streamed", async (maker: CompletionMaker) => streamed(maker, callOf(slow))],
    ["whole", async (maker: CompletionMaker) => (await maker.whole(callOf(slow))).completion.text],
    [
      "whole and short",
      async (maker: CompletionMaker) => (await maker.whole(callOf({ ...slow, input: short }))).completion.text,
    ],
    [
      "streamed, with a model of another provider behind it",
      async (maker: CompletionMaker) => streamed(maker, callOf({ ...slow, candidates: [openai, anthropic] })),
    ],
  ])("are one paid call: %s", async (_form, run) => {
    const { maker, calls } = worldOf({ openai: late });
    const text = run(maker);
    await vi.advanceTimersByTimeAsync(61_000);
    expect(await text).toBe("said gpt-4o-mini");
    expect(calls).toEqual(["gpt-4o-mini"]);
  });
});

describe("a steady state of models that begin late", () => {
  it("needs no retries, so that none of the streams of one key fails", async () => {
    const { maker, calls } = worldOf({ openai: { headersMs: 5_000, checkMs: 50 } });
    const texts: Promise<string>[] = [];
    for (let each = 0; each < 200; each++) {
      texts.push(streamed(maker, callOf()));
      await vi.advanceTimersByTimeAsync(100);
    }
    await vi.advanceTimersByTimeAsync(10_000);
    expect(new Set(await Promise.all(texts))).toEqual(new Set(["said gpt-4o-mini"]));
    expect(calls).toHaveLength(200);
  });
});

describe("a provider without any sign of life", () => {
  const both = { candidates: [openai, anthropic] };

  it.each([
    ["does not answer the check either", NEVER_MS],
    ["refuses the check's connection", "fails"],
  ] as const)("is left for another provider within 2 s, where it %s", async (_case, checkMs) => {
    const { maker, calls, checks } = worldOf({ openai: { headersMs: NEVER_MS, checkMs } });
    const made = maker.whole(callOf(both));
    await vi.advanceTimersByTimeAsync(TIMES.connectMs + 100);
    const { attempts } = await made;
    expect(attempts.map(({ outcome, error }) => [outcome, error?.code])).toEqual([
      ["failed", "timeout"],
      ["answered", undefined],
    ]);
    expect([calls, checks]).toEqual([["gpt-4o-mini", "claude-haiku-4-5"], ["gpt-4o-mini"]]);
  });

  it("is not left while it answers checks: it is slow", async () => {
    const { maker, calls, checks } = worldOf({ openai: { headersMs: 25_000, checkMs: 900 } });
    const text = streamed(maker, callOf(both));
    await vi.advanceTimersByTimeAsync(26_000);
    expect(await text).toBe("said gpt-4o-mini");
    expect([calls, checks]).toEqual([["gpt-4o-mini"], ["gpt-4o-mini"]]);
  });

  it("is not checked while other calls hear of it", async () => {
    const { maker, checks } = worldOf({ openai: { headersMs: 1_500, checkMs: 50 } });
    const texts = [streamed(maker, callOf(both))];
    await vi.advanceTimersByTimeAsync(700);
    texts.push(streamed(maker, callOf(both)));
    await vi.advanceTimersByTimeAsync(5_000);
    await Promise.all(texts);
    expect(checks).toEqual(["gpt-4o-mini"]);
  });

  it.each([
    ["there is no other provider", {}],
    ["the lane has time", { ...both, lane: "batch" }],
  ] as const)("is waited for without a check, where %s", async (_case, more) => {
    const { maker, calls, checks } = worldOf({ openai: { headersMs: 20_000, checkMs: NEVER_MS } });
    const text = streamed(maker, callOf(more));
    await vi.advanceTimersByTimeAsync(21_000);
    expect(await text).toBe("said gpt-4o-mini");
    expect([calls, checks]).toEqual([["gpt-4o-mini"], []]);
  });

  it("has nobody watch it once its answer has come", async () => {
    const { maker, checks } = worldOf({ openai: SOUND });
    const made = maker.whole(callOf({ ...both, timeout_ms: 20_000 }));
    await vi.advanceTimersByTimeAsync(100);
    await made;
    expect(vi.getTimerCount()).toBe(0);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(checks).toEqual([]);
  });
});

describe("the times of a prompt", () => {
  const late = { headersMs: 60_000, checkMs: 50 };
  const slow = { lane: "batch", timeout_ms: 120_000 } as const;
  const endOf = async (text: Promise<string>) =>
    text.catch((thrown: unknown) => (thrown instanceof CompletionFailed ? thrown.error.code : thrown));

  it("leave a model sooner that does not begin", async () => {
    const { maker, calls } = worldOf({ openai: late });
    const text = streamed(maker, callOf({ ...slow, candidates: [openai, anthropic], times: { firstByteMs: 5_000 } }));
    await vi.advanceTimersByTimeAsync(5_100);
    expect(await text).toBe("said claude-haiku-4-5");
    expect(calls).toEqual(["gpt-4o-mini", "claude-haiku-4-5"]);
  });

  // A silence is noticed within twice its limit.
  it.each([
    ["longer", 70_000, { readMs: 80_000 }, "said gpt-4o-mini"],
    ["as long as the deployment says", 70_000, {}, "timeout"],
    ["shorter", 20_000, { readMs: 5_000 }, "timeout"],
  ])("let a model be silent in its answer: %s", async (_how, silenceMs, times, expected) => {
    const { maker } = worldOf({ openai: { ...SOUND, silenceMs } });
    const end = endOf(streamed(maker, callOf({ ...slow, times })));
    await vi.advanceTimersByTimeAsync(75_000);
    expect(await end).toBe(expected);
  });
});
