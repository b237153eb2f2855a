import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { RUN_CRONS, SWEEP_CRON } from "../../src/domain/crons.ts";
import { handleScheduled } from "../../src/scheduled.ts";
import { QueryCount } from "../../src/storage/query-count.ts";

const SHARDS = 4;
/** Of 1,000 that an invocation has, the most shards leave a third to what is due. */
const MOST_OF_A_SHARD = 25;

/** Runs that other files left open are due for ever. */
const OPEN = ["test_runs", "experiments", "chain_runs", "promotions", "shard_moves"];

beforeAll(async () => {
  for (const shard of [env.DB_SHARD_0, env.DB_SHARD_1, env.DB_SHARD_2, env.DB_SHARD_3]) {
    await shard.batch(OPEN.map((table) => shard.prepare(`delete from ${table} where ended_at is null`)));
  }
});

describe("an invocation of the cron", () => {
  it.each([SWEEP_CRON, ...RUN_CRONS])(
    "of %s makes few statements for each shard where nothing is due",
    async (cron) => {
      const idle = { ...env };
      const ring = async () => handleScheduled({ cron } as ScheduledController, idle);
      // What other files left is taken up once, and then leased or done.
      await ring();
      await ring();
      const queries = new QueryCount();
      await queries.during(ring);
      expect(queries.queries).toBeGreaterThan(SHARDS);
      expect(queries.queries).toBeLessThan(SHARDS * MOST_OF_A_SHARD);
    },
  );
});
