import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { EXECUTION_KEPT_MS } from "../../src/domain/batches/batch.ts";
import { AppError } from "../../src/domain/errors.ts";
import type { ExecutionRequest } from "../../src/domain/executions/execution-options.ts";
import { AuditRepository } from "../../src/storage/audit/audit-repository.ts";
import { BatchDeletions } from "../../src/storage/batches/deletions.ts";
import { createShards } from "../../src/storage/shards.ts";
import { shards } from "../support/shards.ts";
import { items, KEPT_MS, openBatchWorld } from "../support/batch-world.ts";

const SHARDS = [env.DB_SHARD_0, env.DB_SHARD_1, env.DB_SHARD_2, env.DB_SHARD_3];
const MINUTE_MS = 60_000;

/** A world whose rows can be read and whose sweep runs to the end. */
function open() {
  const opened = openBatchWorld();
  const { world, services } = opened;
  const rowsOf = async <T = { n: number }>(sql: string) => {
    const found = await Promise.all(SHARDS.map(async (db) => db.prepare(sql).bind(world.tenant).all<T>()));
    return found.flatMap(({ results }) => results);
  };
  const mine = "batch_id in (select id from batches where tenant_id = ?)";
  const count = async (table: string, where: string) => {
    const counts = await rowsOf(`select count(*) as n from ${table} where ${where}`);
    return counts.reduce((sum, { n }) => sum + n, 0);
  };
  return {
    ...opened,
    rowsOf,
    /** The rows that the tenant has in each table. */
    rows: async () => ({
      batches: await count("batches", "tenant_id = ?"),
      groups: await count("batch_groups", "tenant_id = ?"),
      items: await count("batch_items", mine),
    }),
    inputs: async () => count("batch_items", `variables is not null and ${mine}`),
    request: (n: number): ExecutionRequest => ({
      tenant_id: world.tenant,
      key_id: "key_x",
      lane: "standard",
      variables: { n },
      options: {
        prompt: { name: "t" },
        parameters: {},
        cache_control: { no_store: false, no_cache: false, only_if_cached: false },
      },
    }),
    /** Lets some time pass, and the sweep run. */
    pass: async (ms: number) => {
      world.now += ms;
      return services.sweepBatches();
    },
  };
}

describe("an asynchronous execution that has ended", () => {
  it("has no rows a day later, and stays on record", async () => {
    const { world, services, drain, request, rows, pass, executions } = open();
    const id = await services.acceptExecution(request(1));
    await drain();
    expect(await rows()).toEqual({ batches: 1, groups: 1, items: 1 });
    await pass(EXECUTION_KEPT_MS - MINUTE_MS);
    expect(await services.findAsyncExecution(world.tenant, id)).toMatchObject({ state: "succeeded" });
    await pass(MINUTE_MS);
    expect(await rows()).toEqual({ batches: 0, groups: 0, items: 0 });
    expect(await services.findAsyncExecution(world.tenant, id)).toBeUndefined();
    expect(await executions.find(world.tenant, id)).toMatchObject({ id, status: "succeeded" });
  });

  it("is not run again by a wake-up that comes late", async () => {
    const { world, services, drain, deliver, request, rows, pass } = open();
    const id = await services.acceptExecution(request(1));
    const wakeUps = [...world.sent];
    await drain();
    await pass(2 * EXECUTION_KEPT_MS);
    await deliver(wakeUps);
    const webhook = { type: "webhook" as const, tenant_id: world.tenant, batch_id: id };
    await deliver([{ lane: "webhooks", wakeUp: webhook }]);
    expect(world.calls).toHaveLength(1);
    expect(world.errors).toEqual([]);
    expect(await rows()).toEqual({ batches: 0, groups: 0, items: 0 });
  });

  it("goes with more of them than one transaction deletes, and none that has not ended", async () => {
    const { world, services, request, rows, pass, rowsOf } = open();
    const waiting = await services.acceptExecution(request(1));
    await pass(10 * EXECUTION_KEPT_MS);
    await addEnded(waiting, { executions: 2_500, items: 1 });
    const written = await meterDeletions("execution", world.now);
    console.log(`an execution: ${written / 2_500} rows written for its deletion`);
    expect(written / 2_500).toBe(3);
    await pass(10 * EXECUTION_KEPT_MS);
    expect(await rows()).toEqual({ batches: 1, groups: 1, items: 1 });
    expect(await rowsOf("select id from batches where tenant_id = ?")).toEqual([{ id: waiting }]);
  });
});

describe("a batch that has ended", () => {
  it("keeps only the inputs of failed items, and can be redriven and read as long as it is kept", async () => {
    const { world, services, accept, drain, pass, inputs, results, get } = open();
    world.before = async ({ variables }) => (variables["n"] === 1 ? new AppError("provider_error", "no") : undefined);
    const { id } = await accept(items(3));
    await drain();
    expect(await inputs()).toBe(1);
    await pass(KEPT_MS - MINUTE_MS);
    world.before = async () => undefined;
    await services.redriveBatch(world.tenant, id);
    await services.redriveBatch(world.tenant, id);
    const { data } = await new AuditRepository(shards).list(world.tenant, { limit: 5 });
    expect(data).toMatchObject([{ action: "batch.redriven", object: `batch:${id}`, detail: { items: 1 } }]);
    await drain();
    expect((await get(id)).counts).toMatchObject({ total: 3, succeeded: 3 });
    expect(await inputs()).toBe(0);
    await pass(KEPT_MS - MINUTE_MS);
    expect((await results(id)).map(({ execution }) => execution?.output)).toEqual(["said 0", "said 1", "said 2"]);
  });

  it("keeps no inputs of items that were cancelled", async () => {
    const { world, services, accept, inputs } = open();
    const { id } = await accept(items(3));
    await services.cancelBatch(world.tenant, id);
    expect(await inputs()).toBe(0);
  });

  it("has no rows once it has been kept for its time, and is not found", async () => {
    const { accept, drain, get, pass, rows, results } = open();
    const { id } = await accept([...items(60), { variables: { n: 1 } }]);
    await drain();
    expect(await rows()).toEqual({ batches: 1, groups: 2, items: 61 });
    await pass(KEPT_MS);
    expect(await rows()).toEqual({ batches: 0, groups: 0, items: 0 });
    await expect(get(id)).rejects.toMatchObject({ code: "not_found" });
    await expect(results(id)).rejects.toMatchObject({ code: "not_found" });
  });

  it("stays while its webhook is due", async () => {
    const { world, accept, drain, get, pass, rows } = open();
    world.receive = async () => new Response(null, { status: 500 });
    const { id } = await accept(items(1), { webhook: "http://127.0.0.1:9/hook" });
    await drain();
    await pass(KEPT_MS);
    expect((await get(id)).webhook_due_at).not.toBeNull();
    world.receive = async () => new Response();
    await drain();
    await pass(MINUTE_MS);
    expect(await rows()).toEqual({ batches: 0, groups: 0, items: 0 });
  });

  it("that is larger than a sweep deletes is never seen in part, and goes with the next sweeps", async () => {
    const { world, services, accept, drain, get, pass, rows } = open();
    const { id } = await accept(items(1));
    await drain();
    await addEnded(id, { executions: 0, items: 25_000 });
    const { deleted } = await pass(KEPT_MS);
    expect((await rows()).items).toBe(1_001);
    expect(deleted).toBe(0);
    await expect(get(id)).rejects.toMatchObject({ code: "not_found" });
    await expect(services.redriveBatch(world.tenant, id)).rejects.toMatchObject({ code: "not_found" });
    await pass(MINUTE_MS);
    expect(await rows()).toEqual({ batches: 0, groups: 0, items: 0 });
  });
});

describe("a provider batch", () => {
  it("goes when it has ended and its batch's time is over", async () => {
    const { world, rowsOf, pass } = open();
    const insert = `insert into provider_batches
      (id, tenant_id, batch_id, provider, model, key_name, state, items, next_poll_at, created_at)
      values (?, ?, 'bat_x', 'openai', 'm', 'k', ?, 1, 9e15, ?)`;
    for (const state of ["running", "ended"]) {
      await env.DB_SHARD_0.prepare(insert).bind(`pba_${world.tenant}_${state}`, world.tenant, state, world.now).run();
    }
    const states = "select state from provider_batches where tenant_id = ? order by state";
    await pass(KEPT_MS - 1);
    expect(await rowsOf(states)).toEqual([{ state: "ended" }, { state: "running" }]);
    await pass(1);
    expect(await rowsOf(states)).toEqual([{ state: "running" }]);
    await env.DB_SHARD_0.prepare("delete from provider_batches where tenant_id = ?").bind(world.tenant).run();
  });
});

/** Stores as many executions that have ended, or items of a batch, as rows like those of another. */
async function addEnded(id: string, more: { executions: number; items: number }): Promise<void> {
  const count = Math.max(more.executions, more.items);
  const many = `with recursive c(n) as (select 1 union all select n + 1 from c where n < ${count})`;
  const db = await shardOf(id);
  const item = `insert into batch_items (batch_id, position, group_number, execution_id, state)`;
  const name = "id || '_' || n";
  await db.batch(
    more.executions > 0
      ? [
          db
            .prepare(`${many} ${item} select ${name}, 0, 0, ${name}, 'succeeded' from batches, c where id = ?`)
            .bind(id),
          db
            .prepare(
              `${many} insert into batch_groups (batch_id, number, tenant_id, open, queued, wake_at)
                select ${name}, 0, tenant_id, 0, 0, 0 from batches, c where id = ?`,
            )
            .bind(id),
          db
            .prepare(
              `${many} insert into batches (id, tenant_id, key_id, kind, lane, mode, state, created_at, ended_at)
                select ${name}, tenant_id, key_id, kind, lane, mode, state, created_at, created_at from batches, c
                where id = ?`,
            )
            .bind(id),
        ]
      : [db.prepare(`${many} ${item} select id, n, 0, ${name}, 'succeeded' from batches, c where id = ?`).bind(id)],
  );
}

/** Deletes what ended by a time, and returns the rows that the platform counts as written for it. */
async function meterDeletions(kind: "batch" | "execution", before: number): Promise<number> {
  let written = 0;
  const metered = (database: D1Database) =>
    new Proxy(database, {
      get(of, name) {
        if (name === "prepare") return (query: string) => of.prepare(query);
        return async (statements: D1PreparedStatement[]) => {
          const results = await of.batch(statements);
          written += results.reduce((sum, { meta }) => sum + meta.rows_written, 0);
          return results;
        };
      },
    });
  const shards = createShards(Object.fromEntries(SHARDS.map((db, index) => [`DB_SHARD_${index}`, metered(db)])));
  await new BatchDeletions(shards).deleteEnded(kind, before);
  return written;
}

async function shardOf(id: string): Promise<D1Database> {
  for (const db of SHARDS) {
    if (await db.prepare("select id from batches where id = ?").bind(id).first()) return db;
  }
  throw new Error("no shard has it");
}
