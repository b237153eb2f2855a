/**
 * The runtime with a clock that a proof moves on, and routes that fill a tenant's ledger:
 * `PUT /aged/fill` appends executions of an hour through the Worker's own repository,
 * `PUT /aged/clock` moves the clock and lets the ledger objects do what is due, and
 * `GET /aged/sizes`, `GET /aged/usage` and `GET /aged/list` measure.
 */
import worker, { Ledger as RealLedger } from "../../../src/index.ts";
import type { Execution } from "../../../src/domain/executions/execution.ts";
import { newId } from "../../../src/domain/id.ts";
import { LEDGER_SHARES } from "../../../src/domain/ledger/ledger-messages.ts";
import { parseUsageGroups } from "../../../src/domain/usage/usage.ts";
import { ExecutionRepository } from "../../../src/storage/executions/executions.ts";
import { createShards } from "../../../src/storage/shards.ts";

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

/** What a ledger stores in all. */
export interface LedgerSizes {
  databaseBytes: number;
  archivedRecords: number;
  archivedBytes: number;
  blocks: number;
}

const BLOCK = 500;
const HOUR_MS = 3_600_000;
const USERS = 10_000;
const ANSWER = "An answer of the length that a short summary has. ".repeat(8);

/** The time is moved by the proof, and goes on between its moves. */
const realNow = Date.now.bind(Date);
let ahead = 0;
Date.now = () => realNow() + ahead;

/** The ledger object, whose alarm the proof rings: the engine's own knows the real time only. */
export class Ledger extends RealLedger {
  async ring(): Promise<number> {
    await this.alarm();
    const { sql } = this.ctx.storage;
    return Number(sql.exec("select count(*) as n from days where state = 'sealed'").one()["n"]);
  }

  sizes(): LedgerSizes {
    const { sql } = this.ctx.storage;
    const blocks = sql.exec("select count(*) as n, sum(records) as records, sum(bytes) as bytes from blocks").one();
    return {
      databaseBytes: sql.databaseSize,
      archivedRecords: Number(blocks["records"] ?? 0),
      archivedBytes: Number(blocks["bytes"] ?? 0),
      blocks: Number(blocks["n"]),
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

/** Executions of 20 prompts, 3 keys, 4 models and 10,000 users; one in 20,000 failed. */
function executionAt(tenant_id: string, created_at: number, n: number): Execution {
  const isCheap = n % 4 < 3;
  const [prompt_tokens, completion_tokens] = [200 + (n % 700), 50 + (n % 150)];
  return {
    id: newId("exe", created_at),
    tenant_id,
    key_id: `key_01900000-0000-7000-8000-00000000000${n % 3}`,
    status: n % 20_000 === 7 ? "failed" : "succeeded",
    prompt_name: `support/prompt-${n % 20}`,
    prompt_version: 1 + (n % 2),
    prompt_label: "production",
    prompt_tags: n % 20 < 10 ? ["support", "chat"] : ["batch"],
    lane: n % 10 === 0 ? "batch" : "standard",
    provider: isCheap ? "openai" : "anthropic",
    model: ["gpt-6-luna", "gpt-6-sol", "gpt-4o-mini", "claude-haiku-5-5"][n % 4] ?? null,
    output: `${n}: ${ANSWER}`,
    output_truncated: false,
    finish_reason: "stop",
    prompt_tokens,
    completion_tokens,
    cached_tokens: 0,
    usage_estimated: false,
    cost_nanousd: prompt_tokens * 150 + completion_tokens * 600,
    price_table: "proof",
    latency_ms: 900 + (n % 800),
    attempts: 1,
    error: null,
    end_user: `user-${(n * 7919) % USERS}`,
    metadata: { ticket: String(n) },
    created_at,
    cached: null,
    saved_nanousd: null,
  };
}

async function fill(env: Env, { tenant, hourStart, count, first }: FillRequest): Promise<Response> {
  const executions = repositoryOf(env);
  for (let at = 0; at < count; at += BLOCK) {
    const size = Math.min(BLOCK, count - at);
    const rows = Array.from({ length: size }, (_, n) => {
      const created = hourStart + Math.floor(((at + n) * HOUR_MS) / count);
      return executionAt(tenant, created, first + at + n);
    });
    await executions.recordAll(rows);
  }
  return Response.json({ count });
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
  const group_by = parseUsageGroups(searchParams.get("group_by") ?? undefined);
  const { rows, rows_read } = await executions.usage(tenant, { from, to, group_by, limit: 10_000 });
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
