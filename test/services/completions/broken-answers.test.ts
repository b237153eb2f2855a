import { startDeadline } from "../../../src/lib/deadline.ts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { spentOn } from "../../../src/domain/completions/attempt.ts";
import type { StreamPart, Usage } from "../../../src/domain/completions/completion.ts";
import { AppError, type AppErrorOptions, type ErrorCode } from "../../../src/domain/errors.ts";
import type { Lane } from "../../../src/domain/lane.ts";
import type { Provider, ProviderCall } from "../../../src/providers/provider.ts";
import { CompletionFailed } from "../../../src/services/completions/completion-failed.ts";
import { CompletionMaker } from "../../../src/services/completions/make-completion.ts";
import { TokenEstimator } from "../../../src/services/completions/token-estimator.ts";
import type { Admission } from "../../../src/services/gate/admission.ts";

const TIMES = { connectMs: 2_000, firstByteMs: 2_000, readMs: 30_000 };
/** `max_tokens` 1,001 and the prompt's 5 tokens by estimate. */
const RESERVED = 1_006;
const keys = ["a", "b"].map((name) => ({
  name,
  version: 1,
  secret: name,
  weight: 1,
  rpm: null,
  tpm: 100_000,
  max_concurrency: null,
}));
const usageOf = (prompt_tokens: number, completion_tokens: number): Usage => ({
  prompt_tokens,
  completion_tokens,
  total_tokens: prompt_tokens + completion_tokens,
});
const text = (length: number): StreamPart => ({ type: "text", text: "x".repeat(length) });
const stated: StreamPart = { type: "usage", usage: usageOf(4_000, 1), final: false, model: "claude-haiku-4-5" };
const finish = (usage: Usage | null): StreamPart => ({
  type: "finish",
  finish_reason: "stop",
  usage,
  model: "claude-haiku-4-5",
});
const failing = (code: ErrorCode, options: AppErrorOptions = {}) =>
  new AppError(code, "it failed", { retryable: true, ...options });

type Behaviour = (call: ProviderCall) => Promise<AsyncGenerator<StreamPart>>;

/** Resolves after a time of the fake clock; rejects as the signal does, if that aborts first. */
const pause = async (ms: number, { signal }: ProviderCall) =>
  new Promise<void>((resolve, reject) => {
    setTimeout(resolve, ms);
    signal.addEventListener("abort", () => reject(signal.reason as Error));
  });

async function* partsOf(parts: StreamPart[], error?: AppError): AsyncGenerator<StreamPart> {
  yield* parts;
  if (error) throw error;
}
const breaksAfter = (parts: StreamPart[], error = failing("provider_error")): Behaviour => {
  return async () => partsOf(parts, error);
};

/** Completions by one model with two keys, each of which answers as given. */
function worldOf(behaviours: Record<string, Behaviour>) {
  const aborted: string[] = [];
  const ends: { key: string; spent: number; outcome: string | null }[] = [];
  let calls = 0;
  const provider: Provider = {
    async stream(_request, call) {
      calls += 1;
      const behaviour = behaviours[call.apiKey];
      if (!behaviour) throw failing("provider_error", { retryable: false });
      return behaviour(call);
    },
    complete: async () => Promise.reject(failing("internal_error")),
    check: async () => undefined,
  };
  const maker = new CompletionMaker({
    now: () => Date.now(),
    sleep: async () => undefined,
    random: () => 0,
    providers: { openai: provider, anthropic: provider },
    keysFor: async () => keys,
    async admit({ avoid }) {
      const key = keys.find(({ name }) => !avoid.includes(name));
      if (!key) throw failing("rate_limit_error");
      const end: Admission["end"] = (spent, outcome) =>
        void ends.push({ key: key.name, spent, outcome: outcome?.kind ?? null });
      return {
        key,
        send: () => true,
        end,
        abort: (...spent) => {
          aborted.push(key.name);
          end(...spent);
        },
        cancel: () => undefined,
      };
    },
    tokens: new TokenEstimator(),
    times: TIMES,
  });
  const controller = new AbortController();
  const call = (lane: Lane = "standard") => ({
    tenant_id: "ten",
    lane,
    candidates: [{ provider: "anthropic" as const, model: "claude-haiku-4-5" }],
    input: { messages: [{ role: "user" as const, content: "hi" }], parameters: { max_tokens: 1_001 } },
    signal: controller.signal,
  });
  return { ends, aborted, calls: () => calls, maker, call, abort: () => controller.abort(failing("timeout")) };
}

/** The failure, or undefined where the work succeeds. */
const failureOf = async (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (thrown: unknown) => (thrown instanceof CompletionFailed ? thrown : undefined),
  );

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("an answer that breaks off", () => {
  it("is booked with the text that came and the input that the provider stated", async () => {
    const { maker, call } = worldOf({
      a: breaksAfter([stated, text(12_800)]),
      b: async () => partsOf([finish(usageOf(5, 5))]),
    });
    const { attempts } = await maker.whole(call());
    expect(attempts.map(({ usage, usage_estimated }) => [usage?.total_tokens, usage_estimated])).toEqual([
      [4_000 + 3_204, true],
      [10, false],
    ]);
    expect(spentOn(attempts)).toMatchObject({ prompt_tokens: 4_005, completion_tokens: 3_209, usage_estimated: true });
  });

  it("settles the tokens that were seen, where they are more than the reservation", async () => {
    const { maker, call, ends, aborted } = worldOf({
      a: breaksAfter([stated, text(12_800)]),
      b: async () => partsOf([text(1), finish(usageOf(5, 5))]),
    });
    await maker.whole(call());
    expect(aborted).toEqual([]);
    expect(ends).toEqual([
      { key: "a", spent: 7_204, outcome: "failed" },
      { key: "b", spent: 10, outcome: "passed" },
    ]);
  });

  it.each([
    ["little text", [text(8)]],
    ["thinking only", [{ type: "reasoning", text: "hm" } as const]],
    ["nothing", []],
  ])("settles its whole reservation after %s", async (_what, parts) => {
    const { maker, call, ends } = worldOf({ a: breaksAfter(parts), b: breaksAfter(parts) });
    await failureOf(maker.whole(call()));
    expect(ends[0]).toEqual({ key: "a", spent: RESERVED, outcome: "failed" });
  });

  it("settles more than nothing where the provider limits the key in the middle of it", async () => {
    const { maker, call, ends } = worldOf({ a: breaksAfter([stated, text(8)], failing("rate_limit_error")) });
    await failureOf(maker.whole(call()));
    expect(ends[0]).toEqual({ key: "a", spent: 4_006, outcome: "limited" });
  });

  it("settles what the provider counted, where it counted to the end", async () => {
    const final: StreamPart = { ...stated, usage: usageOf(4_000, 9), final: true };
    const { maker, call, ends } = worldOf({ a: breaksAfter([stated, text(8), final]) });
    const failed = await failureOf(maker.whole(call()));
    expect(ends[0]?.spent).toBe(4_009);
    expect(failed?.attempts[0]).toMatchObject({ usage: { total_tokens: 4_009 }, usage_estimated: false });
  });

  it("settles its whole reservation where its reader leaves", async () => {
    const world = worldOf({ a: async () => partsOf([text(8), text(8), finish(usageOf(5, 5))]) });
    const { parts } = await world.maker.stream(world.call());
    for await (const part of parts) if (part.type === "text") break;
    expect(world.ends).toEqual([{ key: "a", spent: RESERVED, outcome: "passed" }]);
    expect(world.aborted).toEqual(["a"]);
  });
});

describe("a call without an answer", () => {
  it.each([
    ["nothing, where its key is limited", failing("rate_limit_error"), 0],
    ["nothing, where its key is refused", failing("provider_error", { fact: "credentials" }), 0],
    ["the prompt, where the provider is overloaded", failing("provider_overloaded"), 5],
    ["the prompt, where the provider refuses the request", failing("provider_error", { retryable: false }), 5],
    ["its reservation, where the connection is lost", failing("provider_error"), RESERVED],
  ])("settles %s, and books nothing", async (_what, error, spent) => {
    const { maker, call, ends } = worldOf({ a: async () => Promise.reject(error) });
    const failed = await failureOf(maker.whole(call()));
    expect(ends[0]?.spent).toBe(spent);
    expect(failed?.attempts[0]?.usage).toBeNull();
  });

  it("settles its reservation where the execution's deadline ends it", async () => {
    const world = worldOf({ a: async (call) => (await pause(60_000, call), partsOf([])) });
    const failed = failureOf(world.maker.whole(world.call()));
    await vi.advanceTimersByTimeAsync(1_000);
    world.abort();
    await failed;
    expect(world.ends).toEqual([{ key: "a", spent: RESERVED, outcome: null }]);
    expect(world.aborted).toEqual(["a"]);
  });
});

describe("a model that thinks", () => {
  const THINKS_MS = 180_000;

  it.each(["pings", "thinking"])("for three minutes with %s every 10 s is called once, and answers", async (what) => {
    async function* thinks(call: ProviderCall): AsyncGenerator<StreamPart> {
      for (let passed = 0; passed < THINKS_MS; passed += 10_000) {
        await pause(10_000, call);
        if (what === "pings") call.onActivity?.();
        else yield { type: "reasoning", text: "hmm" };
      }
      yield text(4);
      yield finish(usageOf(5, 5));
    }
    const { maker, call, ends, calls } = worldOf({ a: async (made) => thinks(made) });
    const whole = maker.whole(call("batch"));
    await vi.advanceTimersByTimeAsync(THINKS_MS + 1_000);
    expect((await whole).completion.text).toBe("xxxx");
    expect([calls(), ends]).toEqual([1, [{ key: "a", spent: 10, outcome: "passed" }]]);
  });

  it("is a failure of its key where it is silent after its response began", async () => {
    async function* silent(call: ProviderCall): AsyncGenerator<StreamPart> {
      yield stated;
      await pause(200_000, call);
    }
    const { maker, call, ends } = worldOf({ a: async (made) => silent(made) });
    const failed = failureOf(maker.whole(call("batch")));
    await vi.advanceTimersByTimeAsync(2 * TIMES.readMs + 1_000);
    await failed;
    expect(ends[0]).toEqual({ key: "a", spent: 4_001, outcome: "failed" });
  });

  it("is no failure of its key where its response begins late, and another key is tried", async () => {
    const late: Behaviour = async (call) => (await pause(60_000, call), partsOf([]));
    const { maker, call, ends } = worldOf({ a: late, b: async () => partsOf([text(1), finish(usageOf(5, 5))]) });
    const opened = maker.stream(call());
    await vi.advanceTimersByTimeAsync(2_500);
    expect((await opened).attempts.map(({ outcome }) => outcome)).toEqual(["late", "streaming"]);
    expect(ends[0]).toEqual({ key: "a", spent: RESERVED, outcome: null });
  });

  it("is called once more where its response began late, and may begin as late as it may be silent", async () => {
    const late: Behaviour = async (call) => (await pause(20_000, call), partsOf([text(1), finish(usageOf(5, 5))]));
    const { maker, call, calls, ends } = worldOf({ a: late, b: late });
    const opened = maker.stream(call());
    await vi.advanceTimersByTimeAsync(25_000);
    expect((await opened).attempts.map(({ outcome }) => outcome)).toEqual(["late", "late", "streaming"]);
    expect([calls(), ends.map(({ outcome }) => outcome)]).toEqual([3, [null, null]]);
  });

  it("answers at the last call that an execution may make, if no round is left for it", async () => {
    const late: Behaviour = async (call) => (await pause(20_000, call), partsOf([text(1), finish(usageOf(5, 5))]));
    const { maker, call } = worldOf({ a: late, b: late });
    const candidates = ["claude-haiku-4-5", "claude-haiku-5-5", "claude-opus-5-5"].map((model) => ({
      provider: "anthropic" as const,
      model,
    }));
    const opened = maker.stream({ ...call(), candidates });
    await vi.advanceTimersByTimeAsync(40_000);
    const outcomes = (await opened).attempts.map(({ outcome }) => outcome);
    expect(outcomes).toEqual(["late", "late", "late", "late", "streaming"]);
  });

  it("is called once for a whole answer, though it is read as a stream that begins late", async () => {
    const late: Behaviour = async (call) => (await pause(20_000, call), partsOf([text(1), finish(usageOf(5, 5))]));
    const { maker, call, ends } = worldOf({ a: late, b: late });
    const whole = maker.whole(call("batch"));
    await vi.advanceTimersByTimeAsync(25_000);
    expect((await whole).attempts.map(({ outcome }) => outcome)).toEqual(["answered"]);
    expect(ends.map(({ outcome }) => outcome)).toEqual(["passed"]);
  });

  it("is no failure of its key where its response never begins", async () => {
    const never: Behaviour = async (call) => (await pause(300_000, call), partsOf([]));
    const { maker, call, ends } = worldOf({ a: never, b: never });
    const failed = failureOf(maker.whole(call("batch")));
    await vi.advanceTimersByTimeAsync(4 * TIMES.readMs + 10_000);
    expect((await failed)?.attempts.map(({ outcome }) => outcome)).toEqual(["late", "late", "late", "late"]);
    expect(ends.map(({ outcome }) => outcome)).toEqual([null, null, null, null]);
  });

  async function* endless(call: ProviderCall): AsyncGenerator<StreamPart> {
    for (;;) yield (await pause(10_000, call), { type: "reasoning", text: "hmm" });
  }

  it("is ended by the execution's deadline, which is no failure of its key", async () => {
    const { maker, call, ends } = worldOf({ a: async (made) => endless(made) });
    const { signal } = startDeadline(240_000, () => new AppError("timeout", "late", { retryable: true }));
    const failed = failureOf(maker.whole({ ...call(), signal, timeout_ms: 240_000 }));
    await vi.advanceTimersByTimeAsync(239_000);
    expect(ends).toEqual([]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect([(await failed)?.attempts[0]?.outcome, ends[0]?.outcome]).toEqual(["cancelled", null]);
  });
});
