import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { COUNTED_STATEMENTS, COUNTED_TABLES } from "../load/counted-statements.ts";

it("the engine counts written rows as npm run bill does", async () => {
  for (const sql of COUNTED_TABLES) await env.DB_SHARD_0.prepare(sql).run();
  const counted: [string, number][] = [];
  for (const [sql] of COUNTED_STATEMENTS) {
    const { meta } = await env.DB_SHARD_0.prepare(sql).run();
    counted.push([sql, meta.rows_written]);
  }
  for (const table of ["bill_t", "bill_w", "bill_i"]) await env.DB_SHARD_0.prepare(`drop table ${table}`).run();
  expect(counted).toEqual(COUNTED_STATEMENTS);
});
