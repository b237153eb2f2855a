import { describe, expect, it } from "vitest";
import { AppError } from "../../../src/domain/errors.ts";
import { answerThrottle } from "../../../src/domain/gate/authority/throttle-bucket.ts";
import type { ThrottleQuestion } from "../../../src/domain/gate/protocol/throttle-messages.ts";
import { createThrottle } from "../../../src/services/gate/throttle.ts";

/**
 * The throttle over objects in this process. The clock stands still unless `pass` moves it. A sleep
 * ends at once, and moves the clock only where the object is silent.
 */
function world(limits = { rate_per_s: 10, burst: 50 }, { down = false, silent = false } = {}) {
  let now = 1_000;
  const state = { down, silent };
  const fullAt = new Map<string, number>();
  const asked: [string, ThrottleQuestion][] = [];
  const faults: unknown[] = [];
  const work: Promise<unknown>[] = [];
  const throttle = createThrottle({
    limits,
    now: () => now,
    objectOf: (tenant) => ({
      async ask(limit, question) {
        asked.push([tenant, question]);
        if (state.down) throw new Error("unreachable");
        if (state.silent) return new Promise(() => undefined);
        const settled = answerThrottle(fullAt.get(tenant) ?? 0, limit, question, now);
        fullAt.set(tenant, settled.fullAt);
        return Promise.resolve(settled.answer);
      },
    }),
    defer: (deferred) => work.push(deferred),
    async sleep(ms) {
      await new Promise(setImmediate);
      if (state.silent) now += ms;
    },
    onFault: (event) => faults.push(event),
  });
  const pass = (ms: number) => void (now += ms);
  const many = async (tenant: string, count: number) => {
    const results = await Promise.allSettled(Array.from({ length: count }, async () => throttle(tenant)));
    const errors = results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
    return { passed: results.length - errors.length, errors };
  };
  return { throttle, many, pass, now: () => now, asked, faults, work, state };
}

describe("throttle", () => {
  it("passes a first request before it asks, and returns what is left", async () => {
    const { throttle, asked } = world();
    expect(await throttle("a")).toEqual({ limit: 50, remaining: 49, reset_ms: 100, window_ms: 5_000 });
    expect(asked).toEqual([]);
  });

  it("passes a burst after a few questions, and refuses the rest with the wait and the limit", async () => {
    const { many, pass, asked } = world();
    const { passed, errors } = await many("a", 300);
    expect([passed, errors.length]).toEqual([50, 250]);
    expect(asked.length).toBeLessThan(12);
    const [error] = errors;
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({
      code: "rate_limit_error",
      retryAfterMs: 100,
      limits: { requests: { limit: 50, remaining: 0, window_ms: 5_000 } },
    });
    const before = asked.length;
    pass(99);
    expect((await many("a", 20)).passed).toBe(0);
    expect(asked.length).toBe(before);
    pass(1);
    expect((await many("a", 20)).passed).toBe(1);
  });

  it("counts each tenant by itself", async () => {
    const { many } = world();
    expect((await many("a", 60)).passed).toBe(50);
    expect((await many("b", 60)).passed).toBe(50);
  });

  it("passes everything while the object cannot be reached, asks once a second, and counts again afterwards", async () => {
    const { many, pass, asked, faults, state, work } = world(undefined, { down: true });
    expect((await many("a", 200)).passed).toBe(200);
    expect([asked.length, faults]).toEqual([1, ["throttle_unanswered"]]);
    pass(1_000);
    expect((await many("a", 100)).passed).toBe(100);
    expect(asked.length).toBe(2);
    state.down = false;
    pass(1_000);
    await many("a", 1);
    await Promise.all(work);
    expect((await many("a", 100)).errors.length).toBeGreaterThan(40);
  });

  it("waits at most a second for an answer, even where the request that asked is gone", async () => {
    const { many, now, faults } = world(undefined, { silent: true });
    const began = now();
    expect((await many("a", 30)).passed).toBe(30);
    expect(faults).toEqual(["throttle_unanswered"]);
    expect(now() - began).toBeGreaterThanOrEqual(1_000);
    expect(now() - began).toBeLessThan(1_200);
  });
});
