/**
 * The runtime with a clock that a proof moves on, and routes that fill a tenant's ledger:
 * `PUT /aged/fill` delivers executions of an hour to the Worker's own consumer of the usage queue,
 * `PUT /aged/clock` moves the clock and lets the ledger objects do what is due, and
 * `GET /aged/sizes`, `GET /aged/usage`, `GET /aged/list` and `GET /aged/insights` measure.
 */
import worker, { Ledger as RealLedger } from "../../../src/index.ts";
import type { Execution } from "../../../src/domain/executions/execution.ts";
import { hourOf } from "../../../src/domain/ledger/periods.ts";
import { LEDGER_SHARES } from "../../../src/domain/ledger/ledger-messages.ts";
import { parseUsageGroups } from "../../../src/domain/usage/usage.ts";
import { ExecutionRepository } from "../../../src/storage/executions/executions.ts";
import { createShards } from "../../../src/storage/shards.ts";
import { executionAt } from "./large-tenant.ts";

export * from "../../../src/index.ts";

/** An hour's executions, and the number of the first one. */
export interface FillRequest {
  tenant: string;
  /** Unix ms. */
  hourStart: number;
  count: number;
  first: number;
}

/** A move of the clock (Unix ms), and the tenant whose objects then do what is due. */
export interface ClockMove {
  to: number;
  tenant?: string;
}

/** What a ledger object stores. */
export interface LedgerSizes {
  databaseBytes: number;
  /** Records in the database, and their bytes: compressed in blocks, or texts in the journal. */
  records: number;
  recordBytes: number;
  /** Bytes of rollups and extracts. */
  rollupBytes: number;
  archivedRecords: number;
  archivedBytes: number;
  blocks: number;
}

/** Messages of one delivery of the queue, and executions of a message of about 100 KB. */
const MESSAGES = 16;
const OF_MESSAGE = 100;
const HOUR_MS = 3_600_000;

/** The time is moved by the proof, and goes on between its moves. */
const realNow = Date.now.bind(Date);
let ahead = 0;
Date.now = () => realNow() + ahead;

/** The ledger object, whose alarm the proof rings: the engine's own knows the real time only. */
export class Ledger extends RealLedger {
  async ring(): Promise<number> {
    await this.alarm();
    const { sql } = this.ctx.storage;
    return Number(sql.exec("select count(*) as n from days where state in ('sealed', 'copied')").one()["n"]);
  }

  sizes(): LedgerSizes {
    const { sql } = this.ctx.storage;
    const sum = (of: string, table: string) => Number(sql.exec(`select sum(${of}) as sum from ${table}`).one()["sum"]);
    const bytes = (column: string, table: string) => sum(`length(cast(${column} as blob))`, table);
    const packed = "(select coalesce(max(value), 0) from meta where name = 'packed_records')";
    const fresh = `(select records from journal where records is not null and seq > ${packed})`;
    return {
      databaseBytes: sql.databaseSize,
      records: sum("records", "record_blocks") + sum("length(records) - length(replace(records, char(10), ''))", fresh),
      recordBytes: bytes("body", "record_blocks") + bytes("records", fresh),
      rollupBytes: bytes("body", "rollup_blocks") + bytes("body", "extracts"),
      archivedRecords: sum("records", "blocks"),
      archivedBytes: sum("bytes", "blocks"),
      blocks: sum("1", "blocks"),
    };
  }
}

function ledgerOf(env: Env, tenant: string, share: number): DurableObjectStub<Ledger> {
  return env.LEDGER.getByName(`${tenant}/${share}`) as unknown as DurableObjectStub<Ledger>;
}

function ledgersOf(env: Env, tenant: string): Array<DurableObjectStub<Ledger>> {
  return Array.from({ length: LEDGER_SHARES }, (_, share) => ledgerOf(env, tenant, share));
}

function repositoryOf(env: Env): ExecutionRepository {
  const { DB_SHARD_0, DB_SHARD_1, DB_SHARD_2, DB_SHARD_3 } = env;
  const shards = createShards({ DB_SHARD_0, DB_SHARD_1, DB_SHARD_2, DB_SHARD_3 });
  return new ExecutionRepository({ shards, ledgerOf: (tenant, share) => env.LEDGER.getByName(`${tenant}/${share}`) });
}

/** Delivers executions as the queue does, and fails where the consumer wants one again. */
async function fill(env: Env, { tenant, hourStart, count, first }: FillRequest): Promise<Response> {
  const step = MESSAGES * OF_MESSAGE;
  for (let at = 0; at < count; at += step) {
    const executions = Array.from({ length: Math.min(step, count - at) }, (_, n) => {
      const created = hourStart + Math.floor(((at + n) * HOUR_MS) / count);
      return executionAt(tenant, created, first + at + n);
    });
    const messages = Array.from({ length: Math.ceil(executions.length / OF_MESSAGE) }, (_, n) =>
      messageOf(executions.slice(n * OF_MESSAGE, (n + 1) * OF_MESSAGE)),
    );
    await worker.queue({ queue: "pbt-edge-usage", messages } as unknown as Parameters<typeof worker.queue>[0], env);
  }
  return Response.json({ count });
}

function messageOf(executions: Execution[]) {
  const retry = () => {
    throw new Error("The consumer did not take a message.");
  };
  return { id: "", attempts: 1, body: { type: "executions", executions }, ack() {}, retry };
}

/** Moves the clock, and rings a tenant's objects until no day is on its way to R2. */
async function moveClock(env: Env, { tenant, to }: ClockMove): Promise<Response> {
  ahead = to - realNow();
  if (tenant === undefined) return Response.json({ now: Date.now() });
  await Promise.all(
    ledgersOf(env, tenant).map(async (ledger) => {
      while ((await ledger.ring()) > 0);
    }),
  );
  return Response.json({ now: Date.now() });
}

async function measure(env: Env, { pathname, searchParams }: URL): Promise<Response> {
  const tenant = searchParams.get("tenant") ?? "";
  const executions = repositoryOf(env);
  if (pathname === "/aged/sizes") {
    return Response.json(await Promise.all(ledgersOf(env, tenant).map(async (ledger) => ledger.sizes())));
  }
  if (pathname === "/aged/list") {
    const status = searchParams.get("status") === "failed" ? { status: "failed" as const } : {};
    const { ids, rows_read } = await executions.listIds(tenant, { limit: 50, ...status });
    return Response.json({ found: ids.length, rows_read });
  }
  const [from, to] = [Number(searchParams.get("from")), Number(searchParams.get("to"))];
  if (pathname === "/aged/insights") {
    const { totals, rows_read } = await executions.insights(tenant, { from: hourOf(from), to: hourOf(to) });
    return Response.json({ subjects: totals.length, rows_read });
  }
  const group_by = parseUsageGroups(searchParams.get("group_by") ?? undefined);
  // Objects remember what they were asked for. Nobody else asks with this limit.
  const { rows, rows_read } = await executions.usage(tenant, { from, to, group_by, limit: 10_001 });
  return Response.json({ groups: rows.length, rows_read });
}

export default {
  async fetch(request: Request, env: Env, context: ExecutionContext) {
    const url = new URL(request.url);
    if (!url.pathname.startsWith("/aged/")) return worker.fetch(request, env, context);
    if (request.method === "GET") return measure(env, url);
    if (url.pathname === "/aged/fill") return fill(env, await request.json());
    return moveClock(env, await request.json());
  },
  queue: async (batch: Parameters<typeof worker.queue>[0], env: Env) => worker.queue(batch, env),
  scheduled: async (controller: ScheduledController, env: Env) => worker.scheduled(controller, env),
};
