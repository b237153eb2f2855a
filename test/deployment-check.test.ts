import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checkDatabases } from "../scripts/deployment-check.ts";
import { WranglerFailed } from "../scripts/wrangler.ts";

const MIGRATIONS = ["0000_a.sql", "0001_b.sql"];
const CONFIG = readFileSync("wrangler.toml", "utf8").replaceAll(/database_id = "0+-/g, 'database_id = "1-');

/** An account whose databases have these migrations; null where nothing was ever applied. */
async function check(applied: (database: string) => string[] | null, config = CONFIG) {
  const asked: string[] = [];
  const checked = checkDatabases(
    async (args) => {
      const [, , database = ""] = args;
      asked.push(database);
      const names = applied(database);
      if (!names) throw new WranglerFailed(args, "no such table: d1_migrations: SQLITE_ERROR [code: 7500]");
      return JSON.stringify([{ results: names.map((name) => ({ name })), success: true, meta: {} }]);
    },
    config,
    MIGRATIONS,
  );
  return checked.then(
    () => asked.toSorted(),
    (error: unknown) => String(error),
  );
}

describe("a deployment", () => {
  it("is made where every database has the migrations of the checkout, or more", async () => {
    const all = await check(() => [...MIGRATIONS, "0002_of_newer_code.sql"]);
    expect(all).toEqual(["pbt-edge-0", "pbt-edge-1", "pbt-edge-2", "pbt-edge-3"]);
  });

  it("is refused where one of them lacks a migration, which it names", async () => {
    const lacking = await check((database) => (database === "pbt-edge-2" ? ["0000_a.sql"] : MIGRATIONS));
    expect(lacking).toMatch(/^Error: pbt-edge-2 lacks 0001_b\.sql, .*npm run provision/);
    expect(await check(() => null)).toMatch(/lacks 0000_a\.sql, 0001_b\.sql/);
  });

  it("is refused where a database was not created", async () => {
    const told = await check(() => MIGRATIONS, readFileSync("wrangler.toml", "utf8"));
    expect(told).toMatch(/pbt-edge-0 was not created yet.*npm run provision/);
  });
});
