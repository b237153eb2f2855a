import { describe, expect, it } from "vitest";
import { type AnswerEntry, createAnswerCache } from "../../src/cache/answers.ts";
import { createMemoryTier } from "../../src/cache/memory.ts";
import type { Answer } from "../../src/domain/answer.ts";
import type { CachePolicy } from "../../src/domain/cache-control.ts";
import type { StreamPart } from "../../src/domain/completion.ts";
import { AppError } from "../../src/domain/errors.ts";
import { createFlight, type Flight } from "../../src/domain/flight.ts";
import { encodeFrame, watchFrames } from "../../src/domain/flight-frame.ts";
import { createCallModel } from "../../src/services/call-model.ts";
import type { Complete } from "../../src/services/complete.ts";
import { createFlights, type FlightObject } from "../../src/services/flights.ts";
import { openLedger } from "../../src/services/ledger.ts";
import { type Asking, createObtainAnswer, type Obtained } from "../../src/services/obtain-answer.ts";
import { startTimings } from "../../src/services/timings.ts";
import { answer } from "../support/answer.ts";
import { deferred, fakeTier } from "../support/tiers.ts";

const DAY = 86_400_000;
const NOW = 1_795_000_000_000;
const PREFERRED = { provider: "openai" as const, model: "gpt-4o-mini" };
const FALLBACK = { provider: "anthropic" as const, model: "claude-haiku-4-5" };
const POLICY: CachePolicy = {
  read: true,
  write: true,
  max_age_ms: DAY,
  only_if_cached: false,
  stale_if_error_ms: 0,
};
const overloaded = () => new AppError("provider_overloaded", "busy", { retryable: true, retryAfterMs: 2_000 });

/** The object of a flight as the real one is, without its engine. */
function flightObject(flight: Flight): FlightObject {
  return {
    async join(maxAgeMs) {
      const boarding = flight.join(NOW, maxAgeMs);
      if (boarding.role !== "follower") return boarding;
      const { seat } = boarding;
      const frames = new ReadableStream<Uint8Array>({
        async pull(controller) {
          const chunk = await seat.next();
          if (chunk) controller.enqueue(chunk);
          else controller.close();
        },
        cancel: () => seat.leave(),
      });
      return { role: "follower", frames };
    },
    async lead(token, frames) {
      const watch = watchFrames();
      for await (const chunk of frames as unknown as AsyncIterable<Uint8Array>) {
        watch.see(chunk);
        flight.append(token, chunk);
      }
      const last = watch.last();
      const kept = last.t === "answer" && last.keep;
      const ended = last.t === "answer" || last.t === "error";
      flight.land(token, kept ? "kept" : ended ? "ended" : "lost", NOW, encodeFrame({ t: "lost" }));
    },
  };
}

/** A call in the hands of the test: it answers when told to. */
interface Call {
  form: "whole" | "stream";
  by: Pick<typeof PREFERRED | typeof FALLBACK, "provider" | "model">;
  says(text: string): void;
  ends(finish?: "stop" | "length"): void;
  fails(error: AppError): void;
}

function world() {
  const clock = { now: NOW };
  const calls: Call[] = [];
  const waiting: ((call: Call) => void)[] = [];
  const { defer, settle } = deferred();
  const now = () => clock.now;
  const tiers = { edge: fakeTier("edge", now), kv: fakeTier("kv", now), now, defer };
  const memory = createMemoryTier<AnswerEntry>({ entries: 10, bytes: 1 << 20 });
  const answers = createAnswerCache({ memory, life: { edgeTtlS: 86_400, kvTtlS: 3_600 }, ...tiers });
  const objects = new Map<string, FlightObject>();
  const faults: unknown[] = [];
  const lost = { next: false };
  const flights = createFlights({
    objectOf(key) {
      if (lost.next) throw new Error("no such object");
      const known = objects.get(key) ?? flightObject(createFlight({ waiters: 100, bytes: 10_000, lingerMs: 0 }));
      objects.set(key, known);
      return known;
    },
    pipe: () => new TransformStream<Uint8Array, Uint8Array>(),
    defer,
    onFault: (error) => faults.push(error),
  });
  const began = (call: Call) => {
    calls.push(call);
    waiting.shift()?.(call);
  };
  const usage = { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 };
  const complete: Complete = {
    async whole(call, accept) {
      call.onAttempt(PREFERRED);
      return new Promise((resolve, reject) => {
        let text = "";
        const by = { ...PREFERRED };
        began({
          form: "whole",
          by,
          says: (more) => (text += more),
          ends: (finish_reason = "stop") => resolve(accept({ text, finish_reason, usage, model: by.model }, by)),
          fails: reject,
        });
      });
    },
    async stream(call) {
      call.onAttempt(PREFERRED);
      const parts: (StreamPart | AppError)[] = [];
      let wake: () => void = () => undefined;
      const push = (part: StreamPart | AppError) => {
        parts.push(part);
        wake();
      };
      async function* read(): AsyncGenerator<StreamPart> {
        for (;;) {
          const part = parts.shift();
          if (part instanceof AppError) throw part;
          if (part) yield part;
          else await new Promise<void>((resolve) => (wake = resolve));
          if (part?.type === "finish") return;
        }
      }
      began({
        form: "stream",
        by: PREFERRED,
        says: (text) => push({ type: "text", text }),
        ends: (finish_reason = "stop") => push({ type: "finish", finish_reason, usage, model: PREFERRED.model }),
        fails: push,
      });
      return { candidate: PREFERRED, parts: read() };
    },
  };
  const obtain = createObtainAnswer({
    answers,
    flights,
    callModel: createCallModel({ complete, answers }),
    fresh_ms: DAY,
  });
  const ask = (change: Partial<Asking> = {}) => {
    const messages = [{ role: "user" as const, content: "hi" }];
    const asked = { messages, parameters: {} };
    return obtain({
      execution_id: "exe_1",
      tenant_id: "ten",
      lane: "standard",
      candidates: [PREFERRED, FALLBACK],
      ask: asked,
      signal: new AbortController().signal,
      form: "whole",
      key: "ten/key",
      stale_s: 0,
      policy: POLICY,
      ledger: openLedger(asked),
      timings: startTimings(() => 0),
      onAttempt: () => undefined,
      onCompletion: () => undefined,
      ...change,
    });
  };
  /** The next call to begin. */
  const nextCall = async () => new Promise<Call>((resolve) => waiting.push(resolve));
  return { clock, calls, faults, lost, answers, settle, ask, nextCall };
}

async function textOf({ parts }: Obtained): Promise<string> {
  let text = "";
  let whole: Answer | undefined;
  for await (const part of parts) {
    if (part.type === "text") text += part.text;
    else whole = part.answer;
  }
  expect(whole?.text).toBe(text);
  return text;
}

describe("obtaining an answer", () => {
  it("calls a model, stores what it says, and serves it from then on", async () => {
    const { ask, nextCall, calls, settle } = world();
    const call = nextCall();
    const first = ask();
    (await call).says("hello");
    (await call).ends();
    expect(await textOf(await first)).toBe("hello");
    await settle();
    const again = await ask({ form: "stream" });
    expect([again.cached, await textOf(again), calls.length]).toEqual(["memory", "hello", 1]);
  });

  it.each(["length", "other-model"] as const)(
    "does not store an answer that is cut or not the preferred model's: %s",
    async (how) => {
      const { ask, nextCall, calls, settle } = world();
      for (let times = 0; times < 2; times++) {
        const call = nextCall();
        const asked = ask();
        if (how === "other-model") Object.assign((await call).by, FALLBACK);
        (await call).says("x");
        (await call).ends(how === "length" ? "length" : "stop");
        await textOf(await asked);
        await settle();
      }
      expect(calls).toHaveLength(2);
    },
  );

  it("gives the followers of a stream the leader's text as it comes, late ones what came before, and those who want the whole the whole", async () => {
    const { ask, nextCall, calls } = world();
    const call = nextCall();
    const leader = await ask({ form: "stream" });
    const heard = leader.parts[Symbol.asyncIterator]();
    (await call).says("a");
    await heard.next();
    const live = await ask({ form: "stream" });
    const live1 = live.parts[Symbol.asyncIterator]();
    expect(await live1.next()).toMatchObject({ value: { text: "a" } });
    const whole = ask();
    (await call).says("b");
    expect(await heard.next()).toMatchObject({ value: { text: "b" } });
    expect(await live1.next()).toMatchObject({ value: { text: "b" } });
    (await call).ends();
    await heard.next();
    expect(await live1.next()).toMatchObject({
      value: { type: "answer", answer: { text: "ab", cost_nanousd: expect.any(Number) } },
    });
    expect([live.cached, await textOf(await whole), calls.length]).toEqual(["flight", "ab", 1]);
  });

  it("fails all with the leader's error where it would be everyone's, and the next caller starts anew", async () => {
    const { ask, nextCall, calls, settle } = world();
    const call = nextCall();
    const leader = ask();
    await call;
    const followers = [ask(), ask({ form: "stream" })];
    (await call).fails(overloaded());
    for (const each of [leader, ...followers]) {
      await expect(each).rejects.toMatchObject({ code: "provider_overloaded", retryAfterMs: 2_000 });
    }
    await settle();
    const next = nextCall();
    const later = ask();
    (await next).ends();
    expect((await later).cached).toBeNull();
    expect(calls).toHaveLength(2);
  });

  it("lets another lead where the leader ran out of its own time", async () => {
    const { ask, nextCall, calls } = world();
    const own = new AbortController();
    const call = nextCall();
    const leader = ask({ signal: own.signal });
    await call;
    const followers = [ask(), ask({ form: "stream" }), ask()];
    const second = nextCall();
    own.abort();
    (await call).fails(new AppError("timeout", "late", { retryable: true }));
    await expect(leader).rejects.toMatchObject({ code: "timeout" });
    const elected = await second;
    elected.says("late but whole");
    elected.ends();
    const texts = await Promise.all(followers.map(async (each) => textOf(await each)));
    expect([texts, calls.length]).toEqual([Array(3).fill("late but whole"), 2]);
  });

  it("ends a follower's waiting with its own time, and leaves the flight be", async () => {
    const { ask, nextCall } = world();
    const call = nextCall();
    const leader = ask();
    await call;
    const impatient = new AbortController();
    const follower = ask({ signal: impatient.signal });
    await ask({ key: null, policy: { ...POLICY, only_if_cached: true } }).catch(() => undefined);
    impatient.abort(new AppError("timeout", "mine", { retryable: true }));
    await expect(follower).rejects.toMatchObject({ detail: "mine" });
    (await call).ends();
    expect((await leader).cached).toBeNull();
  });

  it("goes alone where the flight cannot be reached", async () => {
    const { ask, nextCall, lost, faults } = world();
    lost.next = true;
    const call = nextCall();
    const asked = ask();
    (await call).ends();
    expect([(await asked).cached, faults.length]).toEqual([null, 1]);
  });

  it("shares nothing that may not be stored, nor what must be asked anew", async () => {
    const { ask, nextCall, calls } = world();
    for (const change of [{ key: null }, { policy: { ...POLICY, read: false } }]) {
      const [first, second] = [nextCall(), nextCall()];
      const both = [ask(change), ask(change)];
      (await first).ends();
      (await second).ends();
      expect((await Promise.all(both)).map(({ cached }) => cached)).toEqual([null, null]);
    }
    expect(calls).toHaveLength(4);
  });

  it("answers only-if-cached with 504 where there is nothing", async () => {
    const { ask, calls } = world();
    await expect(ask({ policy: { ...POLICY, only_if_cached: true } })).rejects.toMatchObject({ status: 504 });
    expect(calls).toEqual([]);
  });

  it("lets an old answer stand in where the provider fails and the prompt allows it, and not otherwise", async () => {
    const { ask, nextCall, answers, clock, settle } = world();
    answers.store("ten/key", answer("old"), 3_600);
    await settle();
    clock.now += DAY + 1_000;
    const failing = async (policy: CachePolicy, error: AppError) => {
      const call = nextCall();
      const asked = ask({ policy });
      (await call).fails(error);
      return asked;
    };
    const lenient = { ...POLICY, stale_if_error_ms: 3_600_000 };
    const stale = await failing(lenient, overloaded());
    expect([stale.stale, stale.cached, await textOf(stale)]).toEqual([true, "memory", "old"]);
    await expect(failing(POLICY, overloaded())).rejects.toMatchObject({ code: "provider_overloaded" });
    await expect(failing(lenient, new AppError("provider_error", "bad request"))).rejects.toThrow("bad request");
  });
});
