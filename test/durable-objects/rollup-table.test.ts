import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { LedgerSql } from "../../src/storage/ledger/ledger-sql.ts";
import { RollupTable } from "../../src/storage/ledger/rollup-table.ts";

describe("the stored rollups", () => {
  it("keep no rows of hours that late records moved to others", async () => {
    const seen = await runInDurableObject(env.LEDGER.getByName("ten_late_hours/0"), async (_ledger, { storage }) => {
      const sql = new LedgerSql(storage);
      const table = new RollupTable(sql);
      // An hour of ten thousand users has about a megabyte, in parts.
      const users = Array.from({ length: 5 }, () => JSON.stringify("u".repeat(200_000)));
      const big = { plain: [], users, insights: [] };
      for (const hour of [0, 1]) table.add("hour", hour, big);
      for (let late = 0; late < 20; late++) table.replace("hour", late % 2, big);
      const [rows] = sql.run<{ n: number }>("select count(*) as n from rollup_blocks");
      return { rows: rows?.n, parts: [0, 1].map((hour) => table.read("hour", hour).users.length) };
    });
    expect(seen.parts).toEqual([5, 5]);
    expect(seen.rows).toBeLessThanOrEqual(4);
  });
});
