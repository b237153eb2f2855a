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

describe("a shard that is migrated while the previous version still runs", () => {
  it("takes every statement of that version", () => {
    const database = migrated();
    expect(statements.length).toBeGreaterThan(50);
    for (const sql of statements) expect(() => database.prepare(sql), sql).not.toThrow();
  });

  it("takes every row that that version inserts, with the columns that it knows", () => {
    const database = migrated();
    for (const [table, rows] of shards.flatMap((tables) => Object.entries(tables))) {
      for (const row of rows) {
        const columns = Object.keys(row);
        const sql = `insert or replace into "${table}" (${columns.join(", ")}) values (${columns.map(() => "?").join(", ")})`;
        expect(
          () => database.prepare(sql).run(...(Object.values(row) as (string | number | null)[])),
          sql,
        ).not.toThrow();
      }
    }
  });
});
