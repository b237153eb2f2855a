import { describe, expect, it } from "vitest";
import { newId } from "../../src/domain/id.ts";
import { type LedgerEntry, toEntry } from "../../src/domain/ledger/entry.ts";
import { DAY_MS, dayOf, HOUR_MS } from "../../src/domain/ledger/periods.ts";
import { newIdIn } from "../../src/domain/ledger/shares.ts";
import { LedgerUpkeep } from "../../src/storage/ledger/ledger-upkeep.ts";
import { intentOf } from "../support/intent.ts";
import { executionAt, NOW, PACK_ROWS, withTrial } from "../support/ledger-trial.ts";
import { recorded } from "../support/recorded.ts";

describe("the journal of a ledger object", () => {
  it("takes one row for a call with what ended and what begins", async () => {
    const written = await withTrial("ten_one_row", async (trial) => {
      await trial.append(executionAt(NOW));
      await trial.intend(NOW + 1_000, intentOf(newIdIn(0, NOW), NOW));
      const { sql } = trial.share.book;
      const before = sql.rowsWritten;
      const block = { tenant_id: trial.tenant, due_at: NOW + 2_000, intents: [intentOf(newIdIn(0, NOW), NOW)] };
      await trial.share.intend(
        block,
        Array.from({ length: 20 }, () => toEntry(executionAt(NOW))),
      );
      return sql.rowsWritten - before;
    });
    expect(written).toBe(1);
  });

  it("counts each once when it is delivered again after its records were packed and the object evicted", async () => {
    await withTrial("ten_packed", async (trial) => {
      const some = Array.from({ length: PACK_ROWS }, (_, at) => executionAt(NOW + at, { cost_nanousd: 2 }));
      for (const each of some) await trial.append(each);
      expect(trial.rows("select count(*) as n from record_blocks")).toBe(1);
      expect(trial.share.book.journal.fresh.size).toBe(0);
      trial.open();
      const last = executionAt(NOW + 1_000, { cost_nanousd: 2 });
      await trial.append(...some, last);
      expect(trial.totals()).toEqual([PACK_ROWS + 1, 2 * PACK_ROWS + 2]);
      trial.open();
      expect(trial.totals()).toEqual([PACK_ROWS + 1, 2 * PACK_ROWS + 2]);
      const ids = [...some, last].map(({ id }) => id);
      expect(await trial.listed()).toEqual(ids.toSorted().toReversed());
      for (const each of some) expect(await trial.find(each.id)).toEqual(each);
    });
  });

  it("uses the rows of packed records again, but not those with open intents", async () => {
    await withTrial("ten_slots", async (trial) => {
      const open = Array.from({ length: 5 }, () => intentOf(newIdIn(0, NOW), NOW));
      // Rows with open intents and with records of others.
      for (const intent of open) {
        const block = { tenant_id: trial.tenant, due_at: NOW + HOUR_MS, intents: [intent] };
        await trial.share.intend(block, [toEntry(executionAt(NOW))]);
      }
      await trial.pack();
      await trial.pack();
      await trial.pack();
      const rows = trial.rows("select count(*) as n from journal");
      expect(rows).toBeLessThanOrEqual(PACK_ROWS + 5);
      for (const evicts of [false, true]) {
        if (evicts) trial.open();
        expect(trial.firstDue).toBe(NOW + HOUR_MS);
        await trial.pack();
      }
      expect(trial.rows("select count(*) as n from journal")).toBe(rows);
      const [ended, ...lost] = open;
      await trial.append(executionAt(NOW, { id: ended?.id ?? "" }));
      await trial.passTo(NOW + HOUR_MS);
      expect(trial.firstDue).toBe(null);
      const statuses = await Promise.all(lost.map(async ({ id }) => (await trial.find(id))?.status));
      expect(statuses).toEqual(["unknown", "unknown", "unknown", "unknown"]);
    });
  });

  it("does not take intents for open again that share a row with records, once R2 alone has them", async () => {
    await withTrial("ten_shared_row", async (trial) => {
      const [first, second] = [newIdIn(0, NOW), newIdIn(0, NOW)];
      await trial.intend(NOW + 480_000, intentOf(first, NOW));
      const block = { tenant_id: trial.tenant, due_at: NOW + 480_000, intents: [intentOf(second, NOW)] };
      await trial.share.intend(block, [toEntry(executionAt(NOW, { id: first }))]);
      await trial.append(executionAt(NOW, { id: second }));
      await trial.passTo(NOW + 10 * DAY_MS);
      expect(trial.share.book.days.all().map(({ state }) => state)).toEqual(["archived"]);
      trial.open();
      expect(trial.firstDue).toBe(null);
      expect(trial.totals()[0]).toBe(2);
    });
  });

  it("keeps records that are too long for one row, and the intents that come with them", async () => {
    await withTrial("ten_long", async (trial) => {
      const long = Array.from({ length: 4 }, () => executionAt(NOW, { output: crypto.randomUUID().repeat(30_000) }));
      const block = { tenant_id: trial.tenant, due_at: NOW + 1_000, intents: [intentOf(newIdIn(0, NOW), NOW)] };
      const longest = executionAt(NOW, { output: "x".repeat(1_890_000) });
      await trial.share.intend(block, [...long, longest].map(toEntry));
      trial.open();
      expect(trial.firstDue).toBe(NOW + 1_000);
      for (const each of [...long, longest]) expect(await trial.find(each.id)).toEqual(each);
      expect(trial.totals()).toEqual([5, 5]);
    });
  });

  it("counts items of a batch once whose ids were made a day earlier", async () => {
    await withTrial("ten_items", async (trial) => {
      await trial.append(executionAt(NOW));
      const accepted = NOW;
      await trial.passTo(NOW + 26 * HOUR_MS);
      const items = Array.from({ length: 3 * PACK_ROWS }, () =>
        recorded({ id: newId("exe", accepted), created_at: trial.now, cost_nanousd: 3 }),
      );
      for (const [at, item] of items.entries()) {
        await trial.append(item, items[Math.floor(at / 2)] ?? item);
        if (at % 50 === 0) trial.open();
      }
      trial.open();
      await trial.append(...items);
      expect(trial.totals()).toEqual([items.length + 1, 3 * items.length + 1]);
      expect((await trial.listed()).length).toBe(items.length + 1);
    });
  });

  it("counts nothing wrong after a read of the open hours that failed", async () => {
    await withTrial("ten_half_open", async (trial) => {
      const some = [executionAt(NOW), executionAt(NOW + 1)];
      await trial.append(...some);
      await trial.pack();
      const { storage } = trial;
      let fails = false;
      trial.storage = {
        transactionSync: (work) => storage.transactionSync(work),
        sql: {
          databaseSize: 0,
          exec: ((...args: Parameters<typeof storage.sql.exec>) => {
            if (fails && args[0].startsWith("select body from record_blocks")) throw new Error("fault");
            return storage.sql.exec(...args);
          }) as typeof storage.sql.exec,
        },
      };
      const before = trial.totals();
      trial.open();
      fails = true;
      expect(() => trial.totals()).toThrow("fault");
      fails = false;
      expect(trial.totals()).toEqual(before);
      await trial.append(...some);
      expect(trial.totals()).toEqual(before);
    });
  });

  it("keeps no text of a record whose day is deleted", async () => {
    await withTrial("ten_forgotten", async (trial) => {
      await trial.append(executionAt(NOW, { output: "a secret" }));
      await trial.passTo(NOW + 10 * DAY_MS);
      const { book } = trial.share;
      expect(book.days.all().map(({ state }) => state)).toEqual(["archived"]);
      const upkeep = new LedgerUpkeep(book, { recentDays: 7, archiveDays: 9, maxBytes: 1e9 });
      for (let step = 0; step < 5; step++) await upkeep.work(trial.now + DAY_MS);
      expect(book.days.all()).toEqual([]);
      expect(trial.rows("select count(*) as n from journal where records like '%a secret%'")).toBe(0);
    });
  });

  it("sees what an older version wrote between two of its own stays", async () => {
    await withTrial("ten_rolled_back", async (trial) => {
      await trial.intend(NOW + 1_000, intentOf(newIdIn(0, NOW), NOW));
      const { sql } = trial.share.book;
      const record = toEntry(executionAt(NOW + 1));
      sql.run("create table day_20261103 (id text primary key, record text not null) without rowid");
      sql.run("insert into day_20261103 values (?, ?)", record.id, record.record);
      sql.run("insert into days (day, state, touched_at) values (?, 'live', ?)", dayOf(NOW), NOW);
      sql.run("create table late (id text primary key, record text not null) without rowid");
      sql.run("create table intents (slot integer primary key, tenant_id text, due_at integer, intents text)");
      const values = [0, trial.tenant, NOW + 500, JSON.stringify([intentOf(newIdIn(0, NOW), NOW)])];
      sql.run("insert into intents values (?, ?, ?, ?)", ...values);
      trial.open();
      expect(trial.firstDue).toBe(NOW + 500);
      expect((await trial.find(record.id))?.id).toBe(record.id);
      trial.open();
      expect(trial.totals()[0]).toBe(1);
      await trial.passTo(NOW + 2_000);
      expect(trial.totals()[0]).toBe(3);
    });
  });

  it("is whole after a crash at any statement of any call", async () => {
    await withTrial("ten_crash", async (trial) => {
      const { storage } = trial;
      let left = Infinity;
      trial.storage = {
        transactionSync: (work) => storage.transactionSync(work),
        sql: {
          databaseSize: 0,
          exec: ((...args: Parameters<typeof storage.sql.exec>) => {
            if (left-- <= 0) throw new Error("crash");
            return storage.sql.exec(...args);
          }) as typeof storage.sql.exec,
        },
      };
      let [count, crashes] = [0, 0];
      /** Repeats a call after a crash at its first statement, its second and so on. */
      const withCrashes = async (call: () => Promise<void>) => {
        for (let statements = 0; ; statements++) {
          if (statements > 2_000) throw new Error("the call never succeeds");
          left = statements;
          const isDone = await call().then(
            () => true,
            () => false,
          );
          left = Infinity;
          crashes += isDone ? 0 : 1;
          trial.open();
          if (isDone) return;
        }
      };
      for (let call = 0; call < PACK_ROWS + 4; call++) {
        trial.now += 60_000;
        const [id, next] = [newIdIn(0, trial.now), newIdIn(0, trial.now)];
        const block = { tenant_id: trial.tenant, due_at: trial.now, intents: [intentOf(id, trial.now)] };
        const ended: LedgerEntry[] = [toEntry(executionAt(trial.now, { id: next, cost_nanousd: 5 }))];
        const isWatched = call % 9 === 0 || call >= PACK_ROWS - 2;
        const record = async () => trial.share.intend(block, ended).then(() => undefined);
        await (isWatched ? withCrashes(record) : record());
        if (isWatched) await withCrashes(async () => trial.append(executionAt(trial.now, { id, cost_nanousd: 1 })));
        else await trial.append(executionAt(trial.now, { id, cost_nanousd: 1 }));
        count += 2;
        expect([...trial.totals(), trial.firstDue]).toEqual([count, 3 * count, null]);
      }
      expect(crashes).toBeGreaterThan(100);
      const listed = await trial.listed();
      expect(listed).toHaveLength(count);
      crashes = 0;
      for (const later of [2 * DAY_MS, 10 * DAY_MS, 10 * DAY_MS + 1]) {
        trial.now = NOW + later;
        await withCrashes(async () => trial.share.ring());
        expect([...trial.totals(), trial.firstDue]).toEqual([count, 3 * count, null]);
        expect(await trial.listed()).toEqual(listed);
      }
      expect(crashes).toBeGreaterThan(50);
      expect(trial.share.book.days.all().map(({ state }) => state)).toEqual(["archived"]);
      expect(trial.rows("select count(*) as n from record_blocks")).toBe(0);
    });
  });

  it("does not take back that later days are deleted when an older one is", async () => {
    const seen = await withTrial("ten_deleted_days", async ({ share }) => {
      const { days } = share.book;
      days.forget(dayOf(NOW));
      days.forget(dayOf(NOW) - 5);
      days.reload();
      return [days.isDeleted(dayOf(NOW)), days.isDeleted(dayOf(NOW) + 1)];
    });
    expect(seen).toEqual([true, false]);
  });
});
