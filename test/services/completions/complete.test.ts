import { describe, expect, it } from "vitest";
import type { StreamPart } from "../../../src/domain/completions/completion.ts";
import { AppError } from "../../../src/domain/errors.ts";
import type { Provider } from "../../../src/providers/provider.ts";
import { CompletionFailed } from "../../../src/services/completions/completion-failed.ts";
import type { CompletionPart } from "../../../src/services/completions/completion-result.ts";
import type { CompletionCall } from "../../../src/services/completions/completion-call.ts";
import { CompletionMaker } from "../../../src/services/completions/make-completion.ts";
import { TokenEstimator } from "../../../src/services/completions/token-estimator.ts";
import { answer, callUntil, completeWith, fakes, input, keysFor } from "../../support/fake-models.ts";
import type { Candidate } from "../../../src/domain/completions/candidate.ts";

const overloaded = () => new AppError("provider_overloaded", "busy", { retryable: true });
const refused = () => new AppError("provider_error", "bad request");
const finish: StreamPart = { type: "finish", finish_reason: "stop", usage: null, model: "m" };

async function collect(parts: AsyncIterable<CompletionPart>): Promise<string> {
  let text = "";
  for await (const part of parts) text += part.type === "text" ? part.text : "";
  return text;
}

async function* streamOf(...texts: string[]): AsyncGenerator<StreamPart> {
  for (const text of texts) yield { type: "text", text };
  yield finish;
}

async function* failsBeforeText(): AsyncGenerator<StreamPart> {
  yield* [];
  throw overloaded();
}

async function* failsMidway(): AsyncGenerator<StreamPart> {
  yield { type: "text", text: "half" };
  throw overloaded();
}

const signal = () => new AbortController().signal;
/** Rejects with the AppError inside a CompletionFailed. */
const unwrapped = async <T>(work: Promise<T>): Promise<T> =>
  work.catch((thrown: unknown) => {
    throw thrown instanceof CompletionFailed ? thrown.error : thrown;
  });
const textOf = async (complete: CompletionMaker, call: CompletionCall) =>
  unwrapped(complete.whole(call).then(({ completion }) => completion.text));
const whole = async (fake: ReturnType<typeof fakes>, at = signal()) => textOf(fake.complete, callUntil(at));

describe("a whole completion", () => {
  it("comes from the next candidate when one cannot answer now", async () => {
    const fake = fakes({ first: async () => Promise.reject(overloaded()), second: async () => answer("second") });
    expect(await whole(fake)).toBe("second");
    expect(fake.called).toEqual(["first:k1", "second:k2"]);
  });

  it("fails without another call when the request itself is refused", async () => {
    const fake = fakes({ first: async () => Promise.reject(refused()), second: async () => answer("second") });
    await expect(whole(fake)).rejects.toThrow("bad request");
    expect(fake.called).toEqual(["first:k1"]);
  });

  it("fails with the last candidate's error when all have failed", async () => {
    const last = new AppError("timeout", "late", { retryable: true });
    const fake = fakes({ first: async () => Promise.reject(overloaded()), second: async () => Promise.reject(last) });
    await expect(whole(fake)).rejects.toBe(last);
  });

  it("comes from the next candidate when an answer does not fit the output schema", async () => {
    const quoted = (text: string) => ({ ...answer(text), text: JSON.stringify(text) });
    const fake = fakes({ first: async () => quoted("first"), second: async () => quoted("second") });
    const call = { ...callUntil(signal()), input: { ...input, output_schema: { const: "second" } } };
    const { output_json, attempts } = await fake.complete.whole(call);
    expect(output_json).toBe("second");
    expect(attempts.map(({ candidate, outcome }) => [candidate.model, outcome])).toEqual([
      ["first", "rejected"],
      ["second", "answered"],
    ]);
  });

  it("is read as a stream only if it may take longer than a provider may be silent", async () => {
    const forms: string[] = [];
    const provider: Provider = {
      complete: async () => (forms.push("whole"), answer("whole")),
      stream: async () => (forms.push("stream"), streamOf("str", "eam")),
      check: async () => undefined,
    };
    const complete = completeWith({ openai: provider, anthropic: provider }, 20);
    const cases = [
      { timeout_ms: 60_000 },
      { timeout_ms: 900 },
      { timeout_ms: 60_000, input: { ...input, parameters: { max_tokens: 1_000 } } },
      { timeout_ms: 60_000, input: { ...input, parameters: { max_tokens: 4_000 } } },
    ];
    const texts = cases.map(async (each) => textOf(complete, { ...callUntil(signal()), ...each }));
    expect(await Promise.all(texts)).toEqual(["stream", "whole", "whole", "stream"]);
    expect(forms.toSorted()).toEqual(["stream", "stream", "whole", "whole"]);
  });

  it("comes from the next candidate when the stream it is read from breaks off", async () => {
    const provider: Provider = {
      complete: async () => answer("whole"),
      stream: async () => failsMidway(),
      check: async () => undefined,
    };
    const other: Provider = { ...provider, stream: async () => streamOf("all of it") };
    const complete = completeWith({ openai: provider, anthropic: other }, 20);
    expect(await textOf(complete, callUntil(signal(), 60_000))).toBe("all of it");
  });

  it("tries no other candidate once the deadline has passed", async () => {
    const controller = new AbortController();
    const fake = fakes({
      first: async () => {
        controller.abort();
        throw overloaded();
      },
      second: async () => answer("second"),
    });
    await expect(whole(fake, controller.signal)).rejects.toThrow("busy");
    expect(fake.called).toEqual(["first:k1"]);
  });
});

describe("a streamed completion", () => {
  const open = async (fake: ReturnType<typeof fakes>) => fake.complete.stream(callUntil(signal()));

  it("comes from the next candidate when one fails before its first text", async () => {
    const fake = fakes({ first: failsBeforeText, second: () => streamOf("a", "b") });
    const { candidate, parts } = await open(fake);
    expect([candidate.model, await collect(parts)]).toEqual(["second", "ab"]);
  });

  it("fails when its candidate fails after the first text, because that text was already sent", async () => {
    const fake = fakes({ first: failsMidway, second: () => streamOf("b") });
    const { parts } = await open(fake);
    await expect(unwrapped(collect(parts))).rejects.toThrow("busy");
    expect(fake.called).toEqual(["first:k1"]);
  });

  it("comes from the next candidate when a response does not begin in time", async () => {
    const silent: Provider["stream"] = async (_request, call) =>
      new Promise((_resolve, reject) => {
        call.signal.addEventListener("abort", () => reject(call.signal.reason as Error));
      });
    const other: Provider = {
      complete: async () => answer("x"),
      stream: async () => streamOf("ok"),
      check: async () => undefined,
    };
    const complete = completeWith({ openai: { ...other, stream: silent }, anthropic: other }, 5);
    const { candidate } = await complete.stream(callUntil(signal()));
    expect(candidate.model).toBe("second");
  });
});

describe("candidates on standby", () => {
  const full = () => new AppError("rate_limit_error", "no room", { retryable: true, retryAfterMs: 9_000 });
  const tier = (name: string): Candidate[] => [
    { provider: "openai", model: `${name}-1` },
    { provider: "anthropic", model: `${name}-2` },
  ];
  const auto = [...tier("cheap"), ...tier("strong").map((each) => ({ ...each, standby: true as const }))];

  /** Runs a completion whose models fail as given. `admitted` has the patience of each, in ms. */
  async function run(failures: Record<string, () => AppError>, order: Candidate[] = auto) {
    const tried: string[] = [];
    const admitted: Record<string, number> = {};
    const answers = Object.fromEntries(
      order.map(({ model }) => [
        model,
        async () => {
          tried.push(model);
          const failure = failures[model];
          if (failure) throw failure();
          return answer(model);
        },
      ]),
    );
    const { provider } = fakes(answers);
    const [key] = await keysFor("ten", "openai");
    if (!key) throw new Error("no key");
    const complete = new CompletionMaker({
      now: () => 0,
      sleep: async () => undefined,
      random: () => 0,
      providers: { openai: provider, anthropic: provider },
      keysFor,
      async admit({ model, patience_ms }) {
        admitted[model] ??= patience_ms;
        if (failures[model] === full) throw full();
        return { key, send: () => true, end: () => undefined, abort: () => undefined, cancel: () => undefined };
      },
      tokens: new TokenEstimator(),
      times: { connectMs: 2_000, firstByteMs: 20, readMs: 30_000 },
    });
    const call = { ...callUntil(signal()), candidates: order, timeout_ms: 30_000 };
    const outcome = await textOf(complete, call).catch((error: AppError) => error.code);
    return { outcome, tried, admitted };
  }

  it("are not called when the other candidates only have no room; those are waited for", async () => {
    const { outcome, tried, admitted } = await run({ "cheap-1": full, "cheap-2": full });
    expect([outcome, tried]).toEqual(["rate_limit_error", []]);
    expect(admitted).toEqual({ "cheap-1": 1_000, "cheap-2": 24_000 });
  });

  it("are not called when the provider itself reports its rate limit", async () => {
    const limited = () => full();
    const { outcome, tried } = await run({ "cheap-1": limited, "cheap-2": limited });
    expect([outcome, tried]).toEqual(["rate_limit_error", ["cheap-1", "cheap-2"]]);
  });

  it.each([
    ["both others fail", { "cheap-1": overloaded, "cheap-2": overloaded }, ["cheap-1", "cheap-2", "strong-1"]],
    ["the last of the others fails", { "cheap-1": full, "cheap-2": overloaded }, ["cheap-2", "strong-1"]],
  ])("take over when %s", async (_case, failures, expected) => {
    const { outcome, tried } = await run(failures);
    expect([outcome, tried]).toEqual(["strong-1", expected]);
  });

  it("come after a candidate that is named behind them without standby", async () => {
    const named = { provider: "openai" as const, model: "named" };
    const { outcome, admitted } = await run({ "cheap-1": full, "cheap-2": full }, [...auto, named]);
    expect(outcome).toBe("named");
    expect(admitted).toEqual({ "cheap-1": 1_000, "cheap-2": 1_000, named: 24_000 });
  });
});
