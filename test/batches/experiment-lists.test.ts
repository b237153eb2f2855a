import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { sql } from "drizzle-orm";
import { createShards } from "../../src/storage/shards.ts";
import { newId } from "../../src/domain/id.ts";
import { openExperimentWorld } from "../support/experiment-world.ts";
import { saying } from "../support/test-world.ts";

const { DB_SHARD_0, DB_SHARD_1, DB_SHARD_2, DB_SHARD_3 } = env;
const SHARDS = { DB_SHARD_0, DB_SHARD_1, DB_SHARD_2, DB_SHARD_3 };
const MINUTE_MS = 60_000;
const SUBJECTS = [{ version: 1 }, { version: 2, model: "gpt-4o" }];
const many = Array.from({ length: 30 }, (_, n) => ({ n }));

describe("the list of comparisons", () => {
  it("shows what is compared, and what each had found by its end, newest first", async () => {
    const { world, services, compare, read } = openExperimentWorld();
    const done = await compare({ subjects: SUBJECTS, tests: [saying(1), saying(2)], judge: true, max_cost_usd: 1 });
    world.now += MINUTE_MS;
    const cancelled = await compare({ subjects: SUBJECTS, inputs: many });
    const key = { tenant_id: world.tenant, id: cancelled.comparison.id };
    await services.cancelComparison(key);
    world.now += MINUTE_MS;
    const running = await compare({ subjects: SUBJECTS, inputs: many, repeat: 2, prompt: "q" });
    const list = async (query: object = {}) => services.listComparisons(world.tenant, { limit: 10, ...query });
    const { data, next_cursor } = await list();
    expect([data.map(({ id, status }) => [id, status]), next_cursor]).toEqual([
      [
        [running.comparison.id, "running"],
        [cancelled.comparison.id, "cancelled"],
        [done.comparison.id, "completed"],
      ],
      null,
    ]);
    const { summary } = await read(done.comparison.id);
    const { total, cost_nanousd } = summary;
    expect(data[2]).toMatchObject({
      prompt: "p",
      head: { subjects: [{ version: 1 }, { version: 2, model: "gpt-4o" }], inputs: 2, judged: true, repeat: 1 },
      counts: { total, done: total, cost_nanousd, subjects: [{ pass_rate: 1 }, { pass_rate: 1 }], pairs: [{}] },
    });
    expect(data[1]).toMatchObject({ head: { total: 60, judged: false }, counts: { total: 60, done: 0 } });
    expect(data[0]).toMatchObject({ prompt: "q", head: { total: 120, repeat: 2 }, counts: null, ended_at: null });
    const ids = async (query: object) => (await list(query)).data.map(({ id }) => id);
    expect(await ids({ prompt: "q" })).toEqual([running.comparison.id]);
    expect(await ids({ status: "completed" })).toEqual([done.comparison.id]);
    expect(await ids({ prompt: "p", status: "running" })).toEqual([]);
    const first = await list({ limit: 2 });
    expect(await ids({ limit: 2, cursor: first.next_cursor })).toEqual([done.comparison.id]);
    await expect(list({ cursor: "x" })).rejects.toMatchObject({ code: "validation_error" });
    const other = newId("ten", world.now);
    expect(await services.listComparisons(other, { limit: 2 })).toEqual({ data: [], next_cursor: null });
  });

  it("leaves out what was deleted for its age", async () => {
    const { world, services, compare } = openExperimentWorld();
    await compare({ subjects: SUBJECTS, tests: [saying(1)] });
    world.now += 91 * 24 * 60 * MINUTE_MS;
    await services.sweepExperiments();
    expect((await services.listComparisons(world.tenant, { limit: 1 })).data).toEqual([]);
    const left = "select count(*) as left from experiment_heads where tenant_id = ?";
    for (const db of Object.values(SHARDS)) {
      expect(await db.prepare(left).bind(world.tenant).first()).toEqual({ left: 0 });
    }
  });

  it("reads no plan, and no more heads than it shows, with each filter alone", async () => {
    const planOf = async (filter: string) => {
      const query = `explain query plan select * from experiment_heads
        where tenant_id = 't' and kind = 'comparison' ${filter} and run_id < 'cmp_~' order by run_id desc limit 3`;
      const { results } = await env.DB_SHARD_0.prepare(query).all<{ detail: string }>();
      return results.map(({ detail }) => detail);
    };
    const uses = (index: string) => [expect.stringContaining(`USING INDEX experiment_heads_${index} (tenant_id=?`)];
    expect(await planOf("")).toEqual(uses("by_tenant"));
    expect(await planOf("and prompt = 'p'")).toEqual(uses("by_prompt"));
    expect(await planOf("and status = 'running'")).toEqual(uses("by_status"));
  });
});

describe("the lists of comparisons and optimisations", () => {
  it("have what was started before they were kept: the migration writes what starting one does", async () => {
    const { world, compare, optimize } = openExperimentWorld();
    await compare({ subjects: SUBJECTS, tests: [saying(1)], judge: true, max_cost_usd: 1 });
    await compare({ subjects: SUBJECTS, inputs: many });
    await optimize({ tests: [saying(1)] });
    const db = createShards(SHARDS).of(world.tenant);
    const kept = await headsOf(world.tenant);
    expect(kept.length).toBe(3);
    await db.run(sql`delete from experiment_heads where tenant_id = ${world.tenant}`);
    const writing = env.MIGRATIONS.flatMap(({ queries }) => queries).filter(
      (query) => query.includes("INSERT INTO `experiment_heads`") && !query.includes("CREATE TRIGGER"),
    );
    expect(writing.length).toBe(4);
    for (const query of writing) {
      await db.run(sql.raw(query.replace("INSERT", "INSERT OR IGNORE")));
    }
    expect(await headsOf(world.tenant)).toEqual(kept);
  });

  it("have what code from before they were kept starts and ends, while it still runs", async () => {
    const { world, compare, optimize } = openExperimentWorld();
    await compare({ subjects: SUBJECTS, inputs: many, judge: true, max_cost_usd: 1 });
    await compare({ subjects: SUBJECTS, inputs: many });
    await optimize({ tests: [saying(1)] });
    const db = createShards(SHARDS).of(world.tenant);
    const kept = await headsOf(world.tenant);
    const columns = sql.raw("id, tenant_id, key_id, plan, status, token, lease_until, starts, created_at");
    const isOurs = sql`tenant_id = ${world.tenant}`;
    await db.run(sql`create table older as select ${columns} from experiments where ${isOurs}`);
    await db.run(sql`delete from experiment_heads where ${isOurs}`);
    await db.run(sql`delete from experiments where ${isOurs}`);
    await db.run(
      sql`insert into experiments (${columns}) select ${columns} from older where true on conflict do nothing`,
    );
    await db.run(sql`drop table older`);
    expect(await headsOf(world.tenant)).toEqual(kept);
    await db.run(sql`update experiments set status = 'cancelled', ended_at = 7 where ${isOurs} and ended_at is null`);
    expect(await headsOf(world.tenant)).toEqual(kept.map((head) => ({ ...head, status: "cancelled", ended_at: 7 })));
  });
});

/** The heads of a tenant's experiments, oldest first. */
async function headsOf(tenant: string): Promise<object[]> {
  const rows = await createShards(SHARDS)
    .of(tenant)
    .all<{ head: string }>(
      sql`select run_id, kind, prompt, status, head, created_at, ended_at from experiment_heads
        where tenant_id = ${tenant} order by run_id`,
    );
  return rows.map(({ head, ...row }) => ({ ...row, head: JSON.parse(head) as object }));
}

describe("the list of optimisations", () => {
  it("says what each cost and published by its end, by prompt and status", async () => {
    const { world, services, optimize, readOptimization, resume } = openExperimentWorld();
    const { optimization } = await optimize({ tests: [saying(1)], min_saving: 0 });
    await resume(optimization.id);
    const { optimization: done, cost_nanousd } = await readOptimization(optimization.id);
    const list = async (query: object = {}) => services.listOptimizations(world.tenant, { limit: 10, ...query });
    const { data } = await list({ prompt: "p", status: done.status });
    const { goal, min_saving, margin, prompt } = done.plan;
    expect(data).toMatchObject([
      {
        id: done.id,
        prompt: prompt.name,
        head: { version: prompt.version, goal, min_saving, margin },
        counts: { cost_nanousd, published: null },
      },
    ]);
    expect((await list({ prompt: "q" })).data).toEqual([]);
    expect((await list({ status: "cancelled" })).data).toEqual([]);
  });
});
