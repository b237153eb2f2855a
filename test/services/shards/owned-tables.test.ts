import { describe, expect, it } from "vitest";
import { LocalD1 } from "../../../load/harness/local-d1.ts";
import { OWNED_TABLES, TABLES_OF_SHARDS } from "../../../src/storage/resharding/owned-tables.ts";
import { deleteStatement, readKeys, readRows, writeStatements } from "../../../src/storage/resharding/stored-rows.ts";

describe("the tables that move with their buckets", () => {
  const local = new LocalD1();
  const db = local as unknown as D1Database;

  it("are all tables but those of the shard itself, so that no row is left behind", async () => {
    const { results } = await db.prepare("select name from sqlite_master where type = 'table'").all<{ name: string }>();
    const names = results.map(({ name }) => name).filter((name) => !/^(?:sqlite|d1)_/.test(name));
    expect([...OWNED_TABLES.map(({ name }) => name), ...TABLES_OF_SHARDS].toSorted()).toEqual(names.toSorted());
  });

  it("stand before their parents, and have the columns and the keys that the databases have", async () => {
    const order = OWNED_TABLES.map(({ name }) => name);
    for (const { name, parent, columns, key } of OWNED_TABLES) {
      const place = parent ? order.indexOf(parent.table) : order.length;
      expect(place).toBeGreaterThan(order.indexOf(name));
      const { results } = await db.prepare(`pragma table_info(${name})`).all<{ name: string; pk: number }>();
      expect([name, columns.toSorted()]).toEqual([name, results.map((column) => column.name).toSorted()]);
      const primary = results.filter(({ pk }) => pk > 0).toSorted((a, b) => a.pk - b.pk);
      expect([name, key]).toEqual([name, primary.map((column) => column.name)]);
    }
  });

  it("are copied as they are: NULs, fractions, long texts, quotes and nothing at all", async () => {
    const table = OWNED_TABLES.find(({ name }) => name === "executions");
    if (!table) throw new Error("there is no table executions");
    const empty = Object.fromEntries(table.columns.map((column) => [column, null]));
    const counts = {
      prompt_tokens: 1,
      completion_tokens: 2,
      latency_ms: 3,
      attempts: 1,
      created_at: 9_007_199_254_740_991,
    };
    const base = { ...empty, key_id: "k", status: "succeeded", prompt_name: "p", prompt_version: 1, ...counts };
    const flags = { output_truncated: 0, cached_tokens: 0, usage_estimated: 0 };
    const texts = ["a\0b", `'"\\ \n \u2028 ü 😀`, "x".repeat(200_000), "", null];
    const rows = texts.map((output, index) => ({
      ...base,
      ...flags,
      id: `exe_${index}`,
      tenant_id: "ten_1",
      output,
      feedback_score: 0.1 + 0.2,
    }));
    await db.batch(writeStatements(db, table, rows));
    const keys = (await readKeys(db, table, { after: null, limit: 10 })).map(({ key }) => key);
    const read = [];
    for await (const part of readRows(db, table, keys)) read.push(...part);
    expect(read.map((row) => ({ ...row }))).toEqual(rows.map((row) => ({ ...row })));
    await deleteStatement(db, table, keys).run();
    expect(await readKeys(db, table, { after: null, limit: 10 })).toEqual([]);
  });
});
