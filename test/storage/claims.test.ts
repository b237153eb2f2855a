import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { ItemOutcome } from "../../src/domain/batches/batch-record.ts";
import { newId } from "../../src/domain/id.ts";
import { BatchRepository, type NewItem } from "../../src/storage/batches/batches.ts";
import { BatchClaims } from "../../src/storage/batches/claims.ts";
import { createShards } from "../../src/storage/shards.ts";

const NOW = 1_795_000_000_000;
/** Items in a group, as in production. */
const GROUP = 50;
/** Items of one claim: as many as one invocation runs at a time. */
const CLAIMED = 6;

/** A shard that counts the rows that its transactions read, as D1 counts them for the bill. */
function counted(db: D1Database, count: { rows: number }): D1Database {
  return new Proxy(db, {
    get(of, name) {
      if (name !== "batch") return of[name as "prepare"].bind(of);
      return async (statements: D1PreparedStatement[]) => {
        const results = await of.batch(statements);
        for (const { meta } of results) count.rows += meta.rows_read;
        return results;
      };
    },
  });
}

/** An open batch of `size` items on a shard that counts. */
async function openBatch(size: number) {
  const { DB_SHARD_0, DB_SHARD_1, DB_SHARD_2, DB_SHARD_3 } = env;
  const count = { rows: 0 };
  const all = Object.entries({ DB_SHARD_0, DB_SHARD_1, DB_SHARD_2, DB_SHARD_3 });
  const shards = createShards(Object.fromEntries(all.map(([name, db]) => [name, counted(db, count)])));
  const batches = new BatchRepository(shards);
  const tenant_id = newId("ten", NOW);
  const batch_id = newId("bat", NOW);
  const upload = { id: batch_id, tenant_id, created_at: NOW };
  await batches.begin({ ...upload, key_id: "key_x", kind: "batch" }, 1e9);
  const items = Array.from({ length: size }, (_, position): NewItem => {
    const group = Math.floor(position / GROUP);
    return { position, group, same_as: null, custom_id: null, variables: "{}", execution_id: `exe_${position}` };
  });
  await batches.add(upload, items, 0);
  const settings = {
    lane: "batch" as const,
    mode: "queue" as const,
    request: null,
    asked: null,
    max_cost_nanousd: null,
  };
  await batches.open(upload, { ...settings, webhook_url: null, webhook_secret: null }, NOW);
  const claims = new BatchClaims(shards);
  return { claims, batches, count, key: (group: number) => ({ tenant_id, batch_id, group }) };
}

/**
 * Claims and ends the last group but one of a batch; returns the rows that each claim read. The row
 * just after the last group may be another batch's, or be missing, as their random ids have it.
 */
async function claimGroup(size: number): Promise<number[]> {
  const { claims, batches, count, key } = await openBatch(size);
  const group = key(size / GROUP - 2);
  const read: number[] = [];
  for (let done = 0, now = NOW; done < GROUP; now += 1) {
    const lease = { token: `lease ${now}`, now, until: now + 30_000, limit: CLAIMED };
    count.rows = 0;
    const items = await claims.claim(group, lease);
    read.push(count.rows);
    const outcomes = items.map(({ position }): ItemOutcome => {
      return { position, state: "succeeded", cost_nanousd: 1, error: null };
    });
    await claims.settle(group, lease.token, outcomes, now);
    done += items.length;
  }
  const { counts } = (await batches.find(group.tenant_id, group.batch_id)) ?? {};
  expect(counts).toMatchObject({ queued: size - GROUP, running: 0, succeeded: GROUP });
  return read;
}

describe("a claim", () => {
  it("reads at most two rows for each item of its group, and as many in a large batch as in a small one", async () => {
    const small = await claimGroup(100);
    const large = await claimGroup(2_500);
    expect(large).toEqual(small);
    expect(Math.max(...large)).toBeLessThanOrEqual(2 * GROUP);
  });
});
