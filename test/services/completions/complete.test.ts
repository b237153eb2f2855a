import { describe, expect, it } from "vitest";
import type {
  Completion,
  CompletionRequest,
  ProviderName,
  StreamPart,
} from "../../../src/domain/completions/completion.ts";
import { AppError } from "../../../src/domain/errors.ts";
import type { Provider, ProviderCall } from "../../../src/providers/provider.ts";
import { CompletionFailed } from "../../../src/services/completions/completion-failed.ts";
import {
  type CompletionCall,
  CompletionMaker,
  type CompletionPart,
} from "../../../src/services/completions/make-completion.ts";
import { createAdmit } from "../../../src/services/gate/admit.ts";
import { TokenEstimator } from "../../../src/services/completions/token-estimator.ts";
import { localGate } from "../../support/local-gate.ts";
import type { Candidate } from "../../../src/domain/completions/candidate.ts";

const input = { messages: [{ role: "user" as const, content: "hi" }], parameters: {} };
const candidates: Candidate[] = [
  { provider: "openai", model: "first" },
  { provider: "anthropic", model: "second" },
];
const overloaded = () => new AppError("provider_overloaded", "busy", { retryable: true });
const refused = () => new AppError("provider_error", "bad request");
const answer = (model: string): Completion => ({ text: model, finish_reason: "stop", usage: null, model });
const finish: StreamPart = { type: "finish", finish_reason: "stop", usage: null, model: "m" };

const SECRETS = { openai: "k1", anthropic: "k2" };
const keysFor = async (_tenant: string, provider: ProviderName) => [
  { name: "main", version: 1, secret: SECRETS[provider], weight: 1, rpm: null, tpm: null, max_concurrency: null },
];
const callUntil = (signal: AbortSignal, timeout_ms = 900): CompletionCall => ({
  tenant_id: "ten",
  timeout_ms,
  lane: "standard",
  candidates,
  input,
  signal,
});

/** Completions over fake providers and the real gate, which waits for nothing. */
function completeWith(providers: Record<ProviderName, Provider>, firstByteMs: number) {
  const now = () => Date.now();
  const gate = localGate(now);
  const sleep = async (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms).unref());
  const admit = createAdmit({
    now,
    sleep,
    defer: () => undefined,
    gateOf: () => gate,
    newId: () => "here",
    onFault: () => undefined,
  });
  const times = { firstByteMs, readMs: 1_000 };
  return new CompletionMaker({
    now,
    sleep,
    random: () => 0,
    providers,
    keysFor,
    admit,
    tokens: new TokenEstimator(),
    times,
  });
}

type Answers = Record<string, (call: ProviderCall) => Promise<Completion> | AsyncGenerator<StreamPart>>;

/** A provider of which each model does as it is told; `called` has the models in the order of their calls. */
function fakes(answers: Answers) {
  const called: string[] = [];
  const act = (request: CompletionRequest, call: ProviderCall) => {
    called.push(`${request.model}:${call.apiKey}`);
    const run = answers[request.model];
    if (!run) throw new Error(`no answer for ${request.model}`);
    return run(call);
  };
  const provider: Provider = {
    complete: async (request, call) => act(request, call) as Promise<Completion>,
    stream: async (request, call) => act(request, call) as AsyncGenerator<StreamPart>,
    check: async () => undefined,
  };
  const complete = completeWith({ openai: provider, anthropic: provider }, 20);
  return { called, complete, provider };
}

async function collect(parts: AsyncIterable<CompletionPart>): Promise<string> {
  let text = "";
  for await (const part of parts) text += part.type === "text" ? part.text : "";
  return text;
}

async function* says(...texts: string[]): AsyncGenerator<StreamPart> {
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
/** Throws the AppError that the failure is about. */
const unwrapped = async <T>(work: Promise<T>): Promise<T> =>
  work.catch((thrown: unknown) => {
    throw thrown instanceof CompletionFailed ? thrown.error : thrown;
  });
const textOf = async (complete: CompletionMaker, call: CompletionCall) =>
  unwrapped(complete.whole(call).then(({ completion }) => completion.text));
const whole = async (given: ReturnType<typeof fakes>, at = signal()) => textOf(given.complete, callUntil(at));

describe("one completion out of several candidates", () => {
  it("moves to the next candidate when one cannot answer now", async () => {
    const given = fakes({ first: async () => Promise.reject(overloaded()), second: async () => answer("second") });
    expect(await whole(given)).toBe("second");
    expect(given.called).toEqual(["first:k1", "second:k2"]);
  });

  it("stops at a request that no candidate would take", async () => {
    const given = fakes({ first: async () => Promise.reject(refused()), second: async () => answer("second") });
    await expect(whole(given)).rejects.toThrow("bad request");
    expect(given.called).toEqual(["first:k1"]);
  });

  it("throws the last failure when all have failed", async () => {
    const last = new AppError("timeout", "late", { retryable: true });
    const given = fakes({ first: async () => Promise.reject(overloaded()), second: async () => Promise.reject(last) });
    await expect(whole(given)).rejects.toBe(last);
  });

  it("treats an answer that is not accepted as that candidate's failure", async () => {
    const quoted = (text: string) => ({ ...answer(text), text: JSON.stringify(text) });
    const given = fakes({ first: async () => quoted("first"), second: async () => quoted("second") });
    const call = { ...callUntil(signal()), input: { ...input, output_schema: { const: "second" } } };
    const { output_json, attempts } = await given.complete.whole(call);
    expect(output_json).toBe("second");
    expect(attempts.map(({ candidate, outcome }) => [candidate.model, outcome])).toEqual([
      ["first", "rejected"],
      ["second", "answered"],
    ]);
  });

  it("is read as a stream where it may take longer than a provider may be silent, and as one piece where it may not", async () => {
    const forms: string[] = [];
    const provider: Provider = {
      complete: async () => (forms.push("whole"), answer("whole")),
      stream: async () => (forms.push("stream"), says("str", "eam")),
      check: async () => undefined,
    };
    const complete = completeWith({ openai: provider, anthropic: provider }, 20);
    const ways = [
      { timeout_ms: 60_000 },
      { timeout_ms: 900 },
      { timeout_ms: 60_000, input: { ...input, parameters: { max_tokens: 1_000 } } },
      { timeout_ms: 60_000, input: { ...input, parameters: { max_tokens: 4_000 } } },
    ];
    const texts = ways.map(async (way) => textOf(complete, { ...callUntil(signal()), ...way }));
    expect(await Promise.all(texts)).toEqual(["stream", "whole", "whole", "stream"]);
    expect(forms.toSorted()).toEqual(["stream", "stream", "whole", "whole"]);
  });

  it("moves on where a stream that was to be a whole answer breaks off", async () => {
    const provider: Provider = {
      complete: async () => answer("whole"),
      stream: async () => failsMidway(),
      check: async () => undefined,
    };
    const other: Provider = { ...provider, stream: async () => says("all of it") };
    const complete = completeWith({ openai: provider, anthropic: other }, 20);
    expect(await textOf(complete, callUntil(signal(), 60_000))).toBe("all of it");
  });

  it("tries nobody else once the deadline has passed", async () => {
    const controller = new AbortController();
    const given = fakes({
      first: async () => {
        controller.abort();
        throw overloaded();
      },
      second: async () => answer("second"),
    });
    await expect(whole(given, controller.signal)).rejects.toThrow("busy");
    expect(given.called).toEqual(["first:k1"]);
  });
});

describe("one stream out of several candidates", () => {
  const open = async (given: ReturnType<typeof fakes>) => given.complete.stream(callUntil(signal()));

  it("lets another candidate take over until the first text has come", async () => {
    const given = fakes({ first: failsBeforeText, second: () => says("a", "b") });
    const { candidate, parts } = await open(given);
    expect([candidate.model, await collect(parts)]).toEqual(["second", "ab"]);
  });

  it("lets nobody take over after it: what was said cannot be unsaid", async () => {
    const given = fakes({ first: failsMidway, second: () => says("b") });
    const { parts } = await open(given);
    await expect(unwrapped(collect(parts))).rejects.toThrow("busy");
    expect(given.called).toEqual(["first:k1"]);
  });

  it("gives up on a provider whose response does not begin in time", async () => {
    const silent: Provider["stream"] = async (_request, call) =>
      new Promise((_resolve, reject) => {
        call.signal.addEventListener("abort", () => reject(call.signal.reason as Error));
      });
    const other: Provider = {
      complete: async () => answer("x"),
      stream: async () => says("ok"),
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

  /** Who is asked for by the models' own way of failing; `admitted` has the patience that each had. */
  async function run(ways: Record<string, () => AppError>, asked: Candidate[] = auto) {
    const tried: string[] = [];
    const admitted: Record<string, number> = {};
    const answers = Object.fromEntries(
      asked.map(({ model }) => [
        model,
        async () => {
          tried.push(model);
          const way = ways[model];
          if (way) throw way();
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
        if (ways[model] === full) throw full();
        return { key, end: () => undefined, cancel: () => undefined };
      },
      tokens: new TokenEstimator(),
      times: { firstByteMs: 20, readMs: 30_000 },
    });
    const call = { ...callUntil(signal()), candidates: asked, timeout_ms: 30_000 };
    const outcome = await textOf(complete, call).catch((error: AppError) => error.code);
    return { outcome, tried, admitted };
  }

  it("are not called where the others only had no room: those are waited for", async () => {
    const { outcome, tried, admitted } = await run({ "cheap-1": full, "cheap-2": full });
    expect([outcome, tried]).toEqual(["rate_limit_error", []]);
    expect(admitted).toEqual({ "cheap-1": 1_000, "cheap-2": 24_000 });
  });

  it("are not called where the provider itself says that its limit is reached", async () => {
    const limited = () => full();
    const { outcome, tried } = await run({ "cheap-1": limited, "cheap-2": limited });
    expect([outcome, tried]).toEqual(["rate_limit_error", ["cheap-1", "cheap-2"]]);
  });

  it.each([
    ["both failed", { "cheap-1": overloaded, "cheap-2": overloaded }, ["cheap-1", "cheap-2", "strong-1"]],
    ["the last of them failed", { "cheap-1": full, "cheap-2": overloaded }, ["cheap-2", "strong-1"]],
  ])("stand in where %s", async (_what, ways, order) => {
    const { outcome, tried } = await run(ways);
    expect([outcome, tried]).toEqual(["strong-1", order]);
  });

  it("leave the turn to one that was named behind them", async () => {
    const named = { provider: "openai" as const, model: "named" };
    const { outcome, admitted } = await run({ "cheap-1": full, "cheap-2": full }, [...auto, named]);
    expect(outcome).toBe("named");
    expect(admitted).toEqual({ "cheap-1": 1_000, "cheap-2": 1_000, named: 24_000 });
  });
});
