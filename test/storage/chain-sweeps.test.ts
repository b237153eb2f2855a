import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import type { ChainRun } from "../../src/domain/chains/chain-run.ts";
import { newId } from "../../src/domain/id.ts";
import { decodeCursor } from "../../src/domain/page.ts";
import { ChainRunRepository } from "../../src/storage/chains/chain-runs.ts";
import { createShards } from "../../src/storage/shards.ts";

const NOW = 1_795_000_000_000;
// One shard, because limits hold for each.
const shards = createShards({ DB_SHARD_0: env.DB_SHARD_0 });
const runs = new ChainRunRepository(shards);

function runOf(tenant_id: string, created_at: number): ChainRun {
  const plan = { definition: { inputs: {}, steps: [] }, inputs: {}, deadline_at: NOW };
  const of = { key_id: "key_1", chain_name: "c", chain_version: 1, chain_label: null, lane: "high" } as const;
  return { id: newId("run", created_at), tenant_id, ...of, plan, status: "running", created_at, ended_at: null };
}

beforeEach(async () => {
  await env.DB_SHARD_0.batch([
    env.DB_SHARD_0.prepare("delete from chain_items"),
    env.DB_SHARD_0.prepare("delete from chain_runs"),
  ]);
});

describe("the sweep of runs of chains", () => {
  it("finds the lines that wait longest first, and none whose window is full", async () => {
    const windows = { high: 2, standard: 2, batch: 2 };
    const open = async (tenant: string, since: number, until = since) => {
      const run = runOf(tenant, since);
      await runs.create(run, 100, until === since ? null : { token: "t", until });
    };
    await open("ten_late", NOW - 1_000);
    await open("ten_full", NOW - 9_000);
    for (const at of [1, 2]) await open("ten_full", NOW - at, NOW + 30_000);
    await open("ten_half", NOW - 5_000);
    await open("ten_half", NOW - 1, NOW + 30_000);
    await open("ten_busy", NOW - 7_000, NOW + 30_000);
    const found = async (limit: number) =>
      (await runs.idleLines(NOW, windows, limit)).map(({ tenant_id }) => tenant_id);
    expect(await found(10)).toEqual(["ten_half", "ten_late"]);
    expect(await found(1)).toEqual(["ten_half"]);
  });

  it("deletes old runs by so many items at a time, and a run with its last one", async () => {
    const old = runOf("ten_a", NOW - 10_000);
    const other = runOf("ten_a", NOW - 10_001);
    for (const run of [old, other]) await runs.create(run, 100, { token: "t", until: NOW });
    for (let item = 0; item < 5; item++) await runs.save(old, "t", { step: "a", item, executions: [] }, true);
    for (const run of [old, other]) await runs.end(run, "succeeded", NOW - 5_000);
    const sweep = async () => runs.deleteEnded(NOW, { runs: 10, items: 3 });
    expect([await sweep(), (await runs.items(old)).length]).toEqual([1, 2]);
    expect(await runs.find(old)).toBeDefined();
    expect([await sweep(), (await runs.items(old)).length, await runs.find(old)]).toEqual([1, 0, undefined]);
    expect(await sweep()).toBe(0);
  });
});

describe("the list of runs of chains", () => {
  it("reads no plans, which a page would have hundreds of megabytes of", async () => {
    const run = runOf("ten_list", NOW);
    await runs.create(run, 100, null);
    const { id, chain_name, chain_version, chain_label, status, created_at, ended_at } = run;
    const listed = { id, chain_name, chain_version, chain_label, status, created_at, ended_at };
    expect(await runs.list("ten_list", { limit: 5 })).toEqual({ data: [listed], next_cursor: null });
  });

  it("looks for what a filter wants among so many runs for a page, and goes on from there", async () => {
    const oldest = { ...runOf("ten_list", NOW - 20_000), status: "failed", chain_name: "rare" } as const;
    await runs.create(oldest, 100, null);
    await env.DB_SHARD_0.prepare(
      `insert into chain_runs (id, tenant_id, key_id, chain_name, chain_version, lane, plan, status, lease_until, created_at)
       select 'run_' || printf('9%07d', value), tenant_id, key_id, 'c', 1, lane, plan, 'running', lease_until, created_at
       from chain_runs, (with recursive n(value) as (select 1 union all select value + 1 from n where value < 10001) select value from n)`,
    ).run();
    for (const filter of [{ status: "failed" }, { chain: "rare" }, { chain: "rare", status: "failed" }] as const) {
      const first = await runs.list("ten_list", { limit: 5, ...filter });
      expect([first.data, decodeCursor("runs", first.next_cursor ?? "")]).toEqual([[], "run_90000002"]);
      const next = await runs.list("ten_list", { limit: 5, ...filter, before: "run_90000002" });
      expect([next.data.map(({ id }) => id), next.next_cursor]).toEqual([[oldest.id], null]);
    }
    const full = await runs.list("ten_list", { limit: 2, status: "running" });
    expect([full.data.length, decodeCursor("runs", full.next_cursor ?? "")]).toEqual([2, "run_90010000"]);
  });
});
