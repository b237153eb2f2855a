import { describe, expect, it } from "vitest";
import type { Answer } from "../../../src/domain/completions/answer.ts";
import type { CachePolicy } from "../../../src/domain/executions/cache-control.ts";
import { AppError } from "../../../src/domain/errors.ts";
import type { ObtainedAnswer } from "../../../src/services/completions/answer-request.ts";
import { answer } from "../../support/answer.ts";
import { DAY, FALLBACK, overloaded, POLICY, world } from "../../support/obtain-world.ts";

async function textOf({ parts }: ObtainedAnswer): Promise<string> {
  let text = "";
  let whole: Answer | undefined;
  for await (const part of parts) {
    if (part.type === "text") text += part.text;
    if (part.type === "answer") whole = part.answer;
  }
  expect(whole?.text).toBe(text);
  return text;
}

describe("obtainAnswer", () => {
  it("calls a model, stores the answer, and serves it from then on", async () => {
    const { obtain, nextCall, calls, settle } = world();
    const call = nextCall();
    const first = obtain();
    (await call).sendText("hello");
    (await call).finish();
    expect(await textOf(await first)).toBe("hello");
    await settle();
    const again = await obtain({ form: "stream" });
    expect([again.cached, await textOf(again), calls.length]).toEqual(["memory", "hello", 1]);
  });

  it.each(["length", "other-model"] as const)(
    "does not store an answer that is truncated or not from the preferred model: %s",
    async (reason) => {
      const { obtain, nextCall, calls, settle } = world();
      for (let times = 0; times < 2; times++) {
        const call = nextCall();
        const obtaining = obtain();
        if (reason === "other-model") Object.assign((await call).candidate, FALLBACK);
        (await call).sendText("x");
        (await call).finish(reason === "length" ? "length" : "stop");
        await textOf(await obtaining);
        await settle();
      }
      expect(calls).toHaveLength(2);
    },
  );

  it("gives streaming followers the leader's text as it comes, earlier text first, and others the whole answer", async () => {
    const { obtain, nextCall, calls } = world();
    const call = nextCall();
    const leader = await obtain({ form: "stream" });
    const leaderParts = leader.parts[Symbol.asyncIterator]();
    (await call).sendText("a");
    await leaderParts.next();
    const live = await obtain({ form: "stream" });
    const liveParts = live.parts[Symbol.asyncIterator]();
    expect(await liveParts.next()).toMatchObject({ value: { text: "a" } });
    const whole = obtain();
    (await call).sendText("b");
    expect(await leaderParts.next()).toMatchObject({ value: { text: "b" } });
    expect(await liveParts.next()).toMatchObject({ value: { text: "b" } });
    (await call).finish();
    await leaderParts.next();
    expect(await liveParts.next()).toMatchObject({
      value: { type: "answer", answer: { text: "ab", cost_nanousd: expect.any(Number) } },
    });
    expect([live.cached, await textOf(await whole), calls.length]).toEqual(["flight", "ab", 1]);
  });

  it("shares no call with an execution whose stream may restart, but serves it what is stored", async () => {
    const { obtain, nextCall, calls, settle } = world();
    const said: Promise<string>[] = [];
    for (const restarts of [true, true, false]) {
      const call = nextCall();
      const obtaining = obtain({ form: "stream", call: restarts ? { restarts: () => true } : {} });
      (await call).sendText("hello");
      said.push(obtaining.then(textOf));
    }
    for (const call of calls) call.finish();
    expect([await Promise.all(said), calls.length]).toEqual([["hello", "hello", "hello"], 3]);
    await settle();
    expect((await obtain({ form: "stream", call: { restarts: () => true } })).cached).toBe("memory");
  });

  it("fails all followers with the leader's error if it concerns them too, and then starts a new flight", async () => {
    const { obtain, nextCall, calls, settle } = world();
    const call = nextCall();
    const leader = obtain();
    await call;
    const followers = [obtain(), obtain({ form: "stream" })];
    (await call).fail(overloaded());
    for (const each of [leader, ...followers]) {
      await expect(each).rejects.toMatchObject({ code: "provider_overloaded", retryAfterMs: 2_000 });
    }
    await settle();
    const next = nextCall();
    const later = obtain();
    (await next).finish();
    expect((await later).cached).toBeNull();
    expect(calls).toHaveLength(2);
  });

  it("makes a follower the leader when the leader's own deadline passes", async () => {
    const { obtain, nextCall, calls } = world();
    const leaderDeadline = new AbortController();
    const call = nextCall();
    const leader = obtain({ call: { signal: leaderDeadline.signal } });
    await call;
    const followers = [obtain(), obtain({ form: "stream" }), obtain()];
    const second = nextCall();
    leaderDeadline.abort();
    (await call).fail(new AppError("timeout", "late", { retryable: true }));
    await expect(leader).rejects.toMatchObject({ code: "timeout" });
    const elected = await second;
    elected.sendText("late but whole");
    elected.finish();
    const texts = await Promise.all(followers.map(async (each) => textOf(await each)));
    expect([texts, calls.length]).toEqual([Array(3).fill("late but whole"), 2]);
  });

  it("ends a follower's waiting at its own deadline, without ending the flight", async () => {
    const { obtain, nextCall } = world();
    const call = nextCall();
    const leader = obtain();
    await call;
    const followerDeadline = new AbortController();
    const follower = obtain({ call: { signal: followerDeadline.signal } });
    await obtain({ key: null, policy: { ...POLICY, only_if_cached: true } }).catch(() => undefined);
    followerDeadline.abort(new AppError("timeout", "mine", { retryable: true }));
    await expect(follower).rejects.toMatchObject({ detail: "mine" });
    (await call).finish();
    expect((await leader).cached).toBeNull();
  });

  it("calls a model alone when the flight's object cannot be reached", async () => {
    const { obtain, nextCall, unreachable, faults } = world();
    unreachable.next = true;
    const call = nextCall();
    const obtaining = obtain();
    (await call).finish();
    expect([(await obtaining).cached, faults.length]).toEqual([null, 1]);
  });

  it("shares no answer that may not be stored, or that must come from a new call", async () => {
    const { obtain, nextCall, calls } = world();
    for (const change of [{ key: null }, { policy: { ...POLICY, read: false } }]) {
      const [first, second] = [nextCall(), nextCall()];
      const both = [obtain(change), obtain(change)];
      (await first).finish();
      (await second).finish();
      expect((await Promise.all(both)).map(({ cached }) => cached)).toEqual([null, null]);
    }
    expect(calls).toHaveLength(4);
  });

  it("fails with 504 for only-if-cached when no answer is stored", async () => {
    const { obtain, calls } = world();
    await expect(obtain({ policy: { ...POLICY, only_if_cached: true } })).rejects.toMatchObject({ status: 504 });
    expect(calls).toEqual([]);
  });

  it("serves a stale answer when the provider fails, if the prompt allows it", async () => {
    const { obtain, nextCall, answers, clock, settle } = world();
    answers.store("ten/key", answer("old"), 3_600);
    await settle();
    clock.now += DAY + 1_000;
    const failing = async (policy: CachePolicy, error: AppError) => {
      // The flight before has ended.
      await settle();
      const call = nextCall();
      const obtaining = obtain({ policy });
      (await call).fail(error);
      return obtaining;
    };
    const lenient = { ...POLICY, stale_if_error_ms: 3_600_000 };
    const stale = await failing(lenient, overloaded());
    expect([stale.stale, stale.cached, await textOf(stale)]).toEqual([true, "memory", "old"]);
    await expect(failing(POLICY, overloaded())).rejects.toMatchObject({ code: "provider_overloaded" });
    await expect(failing(lenient, new AppError("provider_error", "bad request"))).rejects.toThrow("bad request");
  });
});
