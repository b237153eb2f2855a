import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { call } from "../support/api.ts";

const shard = env.DB_SHARD_2;
const READY = { status: "ready", checks: { DB_SHARD_0: "ok", DB_SHARD_2: "ok", CACHE: "ok" } };
const DEGRADED = { status: "degraded", checks: { DB_SHARD_0: "ok", DB_SHARD_2: "failed" } };

const run = async (query: string) => shard.prepare(query).run();

/** Calls /ready while the shard is as `change` leaves it, and undoes the change. */
async function readyWhile(change: string, undo: string) {
  await run(change);
  try {
    return await call("GET", "/ready");
  } finally {
    await run(undo);
  }
}

describe("GET /ready", () => {
  it("is a 503 that names the shard until the newest migration has run on it", async () => {
    const newest = "id = (select max(id) from d1_migrations)";
    const reply = await readyWhile(
      `update d1_migrations set name = 'not ' || name where ${newest}`,
      `update d1_migrations set name = substr(name, 5) where ${newest}`,
    );
    expect(reply).toMatchObject({ status: 503, json: DEGRADED });
    expect(await call("GET", "/ready")).toMatchObject({ status: 200, json: READY });
  });

  it("asks one object of each class", async () => {
    const objects = ["PROVIDER_GATE", "TENANT_THROTTLE", "SINGLE_FLIGHT", "IDEMPOTENCY", "EXECUTION_INTENTS"];
    const reply = await call<{ checks: Record<string, string> }>("GET", "/ready");
    expect(reply.json.checks).toMatchObject(Object.fromEntries(objects.map((name) => [name, "ok"])));
  });

  it("is a 503 for a shard on which no migration has run", async () => {
    const reply = await readyWhile(
      "alter table d1_migrations rename to hidden",
      "alter table hidden rename to d1_migrations",
    );
    expect(reply).toMatchObject({ status: 503, json: DEGRADED });
  });

  it("is a 200 with migrations of a newer Worker, which only add", async () => {
    const reply = await readyWhile(
      "insert into d1_migrations (name) values ('9999_newer.sql')",
      "delete from d1_migrations where name = '9999_newer.sql'",
    );
    expect(reply.status).toBe(200);
  });
});
