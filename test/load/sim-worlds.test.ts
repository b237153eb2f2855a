import { describe, expect, it, vi } from "vitest";
import { databaseLoads } from "../../load/sim/bottlenecks.ts";
import { planOutage, planRecords, type ScalePlan } from "../../load/sim/scale-plan.ts";
import { simulateFailover } from "../../load/sim/simulate-failover.ts";
import { simulateRecords } from "../../load/sim/simulate-records.ts";
import type { FinishedJob } from "../../load/sim/world-jobs.ts";
import { runJobs } from "../../load/sim/world-pool.ts";

/** A load whose records take a second to simulate: 500 requests a second of 500 small tenants. */
const RECORDS: ScalePlan = { ...planRecords(1), per_s: 500, users: 1_000, small: 500 };
const CURRENT = { beyond_lag: 0, missed_own: 0, too_old: 0 };
vi.setConfig({ testTimeout: 60_000 });

/** One shard, of which 240 isolates read. */
const FULL: ScalePlan = { ...RECORDS, per_s: 3_000, shards: 1, warm_s: 1, seconds: 1 };

describe("the simulated databases", () => {
  it("answer most reads from replicas, none of them too old or without the caller's own write", async () => {
    const { databases, failed } = await simulateRecords({ ...RECORDS, seconds: 8 }, 1);
    expect(databases).toMatchObject(CURRENT);
    expect(databases.own_reads).toBeGreaterThan(3);
    expect(databases.replica).toBeGreaterThan(2 * databases.primary);
    expect(failed).toBe(0);
  });

  it("find replicas that answer from whatever state they have", async () => {
    const plan = { ...RECORDS, seconds: 8, publish_every: 20 };
    expect((await simulateRecords(plan, 1)).databases).toMatchObject(CURRENT);
    const { databases } = await simulateRecords(plan, 1, { careless_replicas: true });
    expect(databases.missed_own).toBeGreaterThan(0);
    expect(databases.beyond_lag).toBeGreaterThan(0);
  });

  it("are asked by a data centre as if it were one isolate", async () => {
    const primaryOf = async (plan: ScalePlan) => {
      const loads = databaseLoads(await simulateRecords(plan, 1));
      return loads.find(({ name }) => name === "D1 primary")?.used ?? 0;
    };
    const together = await primaryOf(FULL);
    expect(await primaryOf({ ...FULL, shares_bookmarks: false })).toBeGreaterThan(3 * together);
  });

  it("read nothing from replicas where they are not allowed to be behind", async () => {
    const { databases } = await simulateRecords({ ...RECORDS, max_lag_ms: 0 }, 1);
    expect(databases).toMatchObject({ ...CURRENT, replica: 0 });
    expect(databases.primary).toBeGreaterThan(100);
  });
});

describe("a data centre that is gone for a while", () => {
  it("breaks no limit while what its branch had stays charged at the root", async () => {
    const outage = { lost: "branch", from_s: 3, lasts_s: 12 } as const;
    const plan = { ...planOutage("branch", 1), per_s: 60, users: 120, small: 5, warm_s: 2, seconds: 16, outage };
    const { broken, lent, half_back_s, seen } = await simulateFailover(plan, 1);
    expect(broken).toMatchObject({ over_limit: 0, overshoot_nanousd: 0, lost: 0 });
    expect(lent).toBeGreaterThan(0);
    // A call may last for a minute here.
    expect(half_back_s).toBeGreaterThan(60);
    expect(seen.get("large, users there/until rerouted")?.errors.get("unreachable")).toBeGreaterThan(0);
    const elsewhere = seen.get("large, users elsewhere/gone");
    expect((elsewhere?.answered ?? 0) / (elsewhere?.sent ?? 1)).toBeGreaterThan(0.8);
  });
});

describe("worlds in processes of their own", () => {
  it("say the same for the same seed, however many processes there are", async () => {
    const plan = { ...RECORDS, seconds: 1 };
    const jobs = [3, 4, 3].map((seed) => ({ kind: "records", plan, seed }) as const);
    const told = async (processes: number) =>
      (await runJobs(jobs, { processes, onFinished: () => undefined })).map(({ figures }: FinishedJob) => figures);
    const [first, second, again] = await told(1);
    expect(again).toEqual(first);
    expect(second).not.toEqual(first);
    expect(await told(2)).toEqual([first, second, again]);
  });

  it("end with the fault of a world that cannot be simulated", async () => {
    const job = { kind: "failover", plan: { ...RECORDS, name: "no outage" }, seed: 1 } as const;
    await expect(runJobs([job], { processes: 1, onFinished: () => undefined })).rejects.toThrow("no outage");
  });
});
