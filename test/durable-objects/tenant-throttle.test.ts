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

  it("has branches, which grant no more than it has together and store nothing", async () => {
    const branches = ["weur-0", "enam-1"].map((name) => stubOf(`ten_large/${name}`));
    const answers = await Promise.all(branches.map(async (branch) => branch.branchAsk(LIMITS, wanting(80))));
    const granted = answers.reduce((sum, answer) => sum + answer.granted, 0);
    expect(granted).toBeGreaterThanOrEqual(80);
    expect(granted).toBeLessThanOrEqual(105);
  });

  it("refuses as a root what only a branch does, and as a branch what only a root does", async () => {
    await runInDurableObject(stubOf("ten_roles"), async (throttle) => {
      await expect(throttle.branchAsk(LIMITS, wanting(1))).rejects.toThrow("no branch");
    });
    await runInDurableObject(stubOf("ten_roles/weur-0"), (throttle) => {
      expect(() => throttle.ask(LIMITS, wanting(1))).toThrow("no throttle");
    });
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
