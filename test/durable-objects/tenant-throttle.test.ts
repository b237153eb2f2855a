import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";

const LIMITS = { rate_per_s: 1, burst: 100 };
const stubOf = (name: string) => env.TENANT_THROTTLE.getByName(name);
const wanting = (waiting: number) => ({ spent: 0, unspent: 0, waiting, ahead: 0 });

describe("TenantThrottle", () => {
  it("starts full, and grants no more than its burst to all that ask at once", async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, async () => stubOf("ten_burst").ask(LIMITS, wanting(30))),
    );
    const granted = answers.reduce((sum, answer) => sum + answer.granted, 0);
    expect(granted).toBeGreaterThanOrEqual(100);
    // One more for each second that the test may take.
    expect(granted).toBeLessThanOrEqual(105);
    expect(answers.at(-1)?.wait_ms).toBeGreaterThan(0);
  });

  it("grants nothing twice over an eviction, which costs at most a second's requests", async () => {
    const stub = stubOf("ten_evicted");
    expect((await stub.ask(LIMITS, wanting(40))).granted).toBe(40);
    await evictDurableObject(stub);
    const { remaining } = await stubOf("ten_evicted").ask(LIMITS, wanting(0));
    expect(remaining).toBeLessThanOrEqual(61);
    expect(remaining).toBeGreaterThanOrEqual(59);
  });

  it("writes to disk once for the questions of a second", async () => {
    const stub = stubOf("ten_writes");
    const limits = { rate_per_s: 2_000, burst: 5_000 };
    const rows = async () =>
      runInDurableObject(stub, (_throttle, { storage }) => storage.sql.exec("select full_at from bucket").one());
    await stub.ask(limits, wanting(10));
    const first = await rows();
    for (let n = 0; n < 10; n++) await stub.ask(limits, wanting(10));
    expect(await rows()).toEqual(first);
  });
});
