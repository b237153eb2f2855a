import { readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { readMigrations } from "../scripts/migrate.ts";
import type { Recording } from "./compatibility/recording.ts";

const { statements, shards } = JSON.parse(
  readFileSync("test/fixtures/previous-version/recording.json", "utf8"),
) as Recording;

/** A shard with the schema of this version, which is migrated before the previous one is gone. */
function migrated(): DatabaseSync {
  const database = new DatabaseSync(":memory:");
  for (const migration of readMigrations("migrations")) {
    for (const statement of migration.statements) database.exec(statement);
  }
  return database;
}

/** Why the shard does not take some SQL; null where it does. */
function faultOf(work: () => unknown): string | null {
  try {
    work();
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

describe("a shard that is migrated while the previous version still runs", () => {
  it("takes every statement of that version", () => {
    const database = migrated();
    expect(statements.length).toBeGreaterThan(50);
    for (const sql of statements) expect([sql, faultOf(() => database.prepare(sql))]).toEqual([sql, null]);
  });

  it("takes every row that that version inserts, with the columns that it knows", () => {
    const database = migrated();
    for (const [table, rows] of shards.flatMap((tables) => Object.entries(tables))) {
      for (const row of rows) {
        const [columns, values] = [Object.keys(row), Object.values(row) as (string | number | null)[]];
        const into = `insert or replace into "${table}" (${columns.join(", ")})`;
        const insert = () => database.prepare(`${into} values (${columns.map(() => "?").join(", ")})`).run(...values);
        expect([into, faultOf(insert)]).toEqual([into, null]);
      }
    }
  });
});
