import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { newId } from "../../src/domain/id.ts";
import { decodeCursor } from "../../src/domain/page.ts";
import { AuditRepository } from "../../src/storage/audit/audit-repository.ts";
import { actAs } from "../../src/storage/audit/author.ts";
import { audited, type AuditNote } from "../../src/storage/audit/audited.ts";
import { auditEntries, tenants } from "../../src/storage/schema.ts";
import { newMove } from "../../src/services/prompts/label-records.ts";
import { only, openPromotionWorld } from "../support/promotion-world.ts";
import { countedShards } from "../support/counted-shards.ts";
import { shards } from "../support/shards.ts";

const NOW = 1_795_000_000_000;
const DAY_MS = 86_400_000;
const repository = new AuditRepository(shards);

function entryAt(tenant_id: string, at: number) {
  const about = { tenant_id, actor: "root", action: "alias.set", object: "alias:x", request_id: null, detail: {} };
  return { id: newId("aud", at), ...about };
}

const ids = async (tenantId: string) => (await repository.list(tenantId, { limit: 100 })).data.map(({ id }) => id);

describe("the audit log", () => {
  it("deletes entries from before a time, and keeps the others", async () => {
    const tenant = newId("ten", NOW);
    // Earlier than those of all other tests.
    const [old, kept] = [entryAt(tenant, DAY_MS - 1), entryAt(tenant, DAY_MS)];
    await repository.add(tenant, [old, kept]);
    await repository.add(tenant, [old]);
    expect(await ids(tenant)).toEqual([kept.id, old.id]);
    expect(await repository.deleteBefore(DAY_MS)).toBe(1);
    expect(await ids(tenant)).toEqual([kept.id]);
    expect(await repository.deleteBefore(DAY_MS)).toBe(0);
  });

  it("deletes many in steps, the oldest first, and goes on in the next call", async () => {
    const tenant = newId("ten", NOW);
    const db = shards.of(tenant);
    await db.run(sql`
      with recursive n(i) as (select 0 union all select i + 1 from n where i < 10499)
      insert into audit_entries (id, tenant_id, actor, action, object, detail)
      select 'aud_00000000-' || printf('%04x', i), ${tenant}, 'root', 'alias.set', 'alias:x', '{}' from n`);
    expect(await repository.deleteBefore(DAY_MS)).toBe(10_000);
    expect((await ids(tenant)).at(-1)).toBe("aud_00000000-28a0");
    expect(await repository.deleteBefore(DAY_MS)).toBe(500);
  });

  it("reads so many entries for a page of what a filter matches, and the next one goes on from there", async () => {
    const tenant = newId("ten", NOW);
    await shards.of(tenant).run(sql`
      with recursive n(i) as (select 0 union all select i + 1 from n where i < 24999)
      insert into audit_entries (id, tenant_id, actor, action, object, detail)
      select 'aud_019fffff-' || printf('%04x', i), ${tenant}, iif(i % 12000 = 3, 'key_1', 'root'), 'alias.set', 'alias:x',
        '{}' from n`);
    const counted = countedShards();
    const audit = new AuditRepository(counted.shards);
    const found: string[][] = [];
    for (
      let cursor: string | null = "", before: string | undefined;
      cursor !== null;
      before = decodeCursor("audit", cursor)
    ) {
      const page = await audit.list(tenant, { limit: 5, actor: "key_1", ...(before !== undefined && { before }) });
      found.push(page.data.map(({ id }) => id));
      expect((await counted.count()).rows_read).toBeLessThanOrEqual(20_100);
      if ((cursor = page.next_cursor) === null) break;
    }
    expect(found).toEqual([["aud_019fffff-5dc3"], ["aud_019fffff-2ee3"], ["aud_019fffff-0003"]]);
    await audit.list(tenant, { limit: 5 });
    expect((await counted.count()).rows_read).toBeLessThanOrEqual(20);
    await shards.of(tenant).run(sql`delete from audit_entries where tenant_id = ${tenant}`);
  });

  it("has no entry of a change that is rolled back, or that changes no row", async () => {
    const tenant_id = newId("ten", NOW);
    const db = shards.of(tenant_id);
    const row = { id: tenant_id, name: "acme", wrapped_data_key: "w", created_at: NOW, epoch: 0 };
    const note: AuditNote = { tenant_id, action: "tenant.created", object: `tenant:${tenant_id}` };
    const change = db.insert(tenants).values(row).onConflictDoNothing();
    const author = { actor: "root", request_id: "r" };
    const broken = db.insert(auditEntries).select(sql`select null, 'x', 'x', 'x', 'x', 'x', 'x'`);
    const fails = actAs(author, async () => db.batch([...audited(db, note, change), broken]));
    await expect(fails).rejects.toThrow("NOT NULL constraint failed");
    expect(await ids(tenant_id)).toEqual([]);
    await actAs(author, async () => db.batch(audited(db, note, change)));
    await actAs(author, async () => db.batch(audited(db, note, change)));
    expect((await repository.list(tenant_id, { limit: 5 })).data).toMatchObject([{ ...author, object: note.object }]);
  });

  it("names the system for a split that goes back by itself", async () => {
    const { world, key, deps, publish, move } = openPromotionWorld();
    for (const version of [1, 2]) await publish(`name: greet\ndescription: v${version}\ntemplate: hi\n`);
    await move(only(1));
    const back = newMove(world.now, "automatic_rollback", only(2), { key_id: null, reason: "worse" });
    await deps.labels.move(key, back, { gated: true });
    // Or a sweep of another test would tell of it.
    await deps.labels.setTold(key, back.id);
    const [newest] = (await repository.list(world.tenant, { limit: 1 })).data;
    const detail = { from: only(1), to: only(2), cause: "automatic_rollback", reason: "worse" };
    expect(newest).toMatchObject({ action: "label.rolled_back", actor: "system", request_id: null, detail });
  });
});
