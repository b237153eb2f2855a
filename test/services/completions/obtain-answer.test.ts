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
    const leader = ask({ call: { signal: own.signal } });
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
    const follower = ask({ call: { signal: impatient.signal } });
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
