import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { Execution } from "../../src/domain/executions/execution.ts";
import { newId } from "../../src/domain/id.ts";
import { fromRecord, toEntry } from "../../src/domain/ledger/entry.ts";
import { DAY_MS, dayOf, HOUR_MS, hourOf } from "../../src/domain/ledger/periods.ts";
import { newIdIn } from "../../src/domain/ledger/shares.ts";
import { LedgerShare } from "../../src/storage/ledger/ledger-share.ts";
import { idsOfDay } from "../../src/storage/ledger/stored-record.ts";
import { intentOf } from "../support/intent.ts";
import { recorded } from "../support/recorded.ts";

const NOW = Date.parse("2026-11-03T10:00:00Z");
const TODAY = dayOf(NOW);

/** The tables of the version before, as far as it made them by itself. */
const OLD_TABLES = [
  "create table days (day integer primary key, state text not null, touched_at integer)",
  "create table meta (name text primary key, value integer not null) without rowid",
  "create table intents (slot integer primary key, tenant_id text not null, due_at integer not null, intents text not null)",
  "create table late (id text primary key, record text not null) without rowid",
];

function executionAt(ms: number, changes: Partial<Execution> = {}): Execution {
  return recorded({ id: newId("exe", ms), created_at: ms, ...changes });
}

const unknownOf = (end: Execution): Execution => ({ ...end, status: "unknown", cost_nanousd: 900 });

/** What an object of the version before has: a live day, a sealed one with late records, intents. */
function storeOld(sql: SqlStorage, tenant: string) {
  const yesterday = NOW - DAY_MS;
  const sealed = [executionAt(yesterday), unknownOf(executionAt(yesterday + 1)), executionAt(yesterday + 2)];
  const late = [{ ...sealed[1], status: "succeeded", cost_nanousd: 3 } as Execution, executionAt(yesterday + 3)];
  const [settled, open] = [newIdIn(0, NOW), newIdIn(0, NOW)];
  const live = [unknownOf(executionAt(NOW)), executionAt(NOW + 1, { id: settled })];
  for (const table of OLD_TABLES) sql.exec(table);
  for (const [name, some] of [
    ["day_20261102", sealed],
    ["day_20261103", live],
  ] as const) {
    sql.exec(`create table ${name} (id text primary key, record text not null) without rowid`);
    for (const { id, record } of some.map(toEntry)) sql.exec(`insert into ${name} values (?, ?)`, id, record);
  }
  for (const { id, record } of late.map(toEntry)) sql.exec("insert into late values (?, ?)", id, record);
  sql.exec("insert into days values (?, 'sealed', ?), (?, 'live', ?)", TODAY - 1, yesterday, TODAY, NOW);
  sql.exec("insert into meta values ('packed', ?)", hourOf(NOW));
  for (const [slot, id] of [settled, open].entries()) {
    const values = [slot, tenant, NOW + 600_000 + slot, JSON.stringify([intentOf(id, NOW)])];
    sql.exec("insert into intents values (?, ?, ?, ?)", ...values);
  }
  return { sealed, late, live, open };
}

function shareOver(storage: DurableObjectStorage, name: string, clock: { now: number; alarm: number | null }) {
  const share = new LedgerShare({
    name,
    storage,
    bucket: env.LEDGER_ARCHIVE,
    settings: { recentDays: 7, archiveDays: 0, maxBytes: 1e9 },
    now: () => clock.now,
    setAlarm: async (at) => void (clock.alarm = at),
    ledgerOf: () => ({ append: async () => undefined, widen: async () => undefined }),
    onFault: (_event, error) => {
      throw error;
    },
  });
  share.restoreAlarm(clock.alarm);
  return share;
}

const find = async ({ book }: LedgerShare, ids: string[]) => (await book.find(ids)).records.map(fromRecord);
const byId = (executions: Execution[]) => executions.toSorted((a, b) => (a.id < b.id ? -1 : 1));
const tablesOf = (sql: SqlStorage) =>
  sql
    .exec<{ name: string }>(
      "select name from sqlite_master where name in ('intents', 'late') or name like 'day!_%' escape '!'",
    )
    .toArray()
    .map(({ name }) => name);

describe("an object of the version before the journal", () => {
  it("keeps its records, its open intents and its days' way to R2, and loses its tables on it", async () => {
    const [tenant, name] = ["ten_legacy", "ten_legacy/0"];
    await runInDurableObject(env.LEDGER.getByName(name), async (_ledger, { storage }) => {
      // The object has made its tables when it was opened for the test.
      await storage.deleteAll();
      const { sealed, late, live, open } = storeOld(storage.sql, tenant);
      const clock = { now: NOW + 60_000, alarm: NOW + 600_000 };
      const reopen = () => shareOver(storage, name, clock);
      const expected = byId([sealed[0], ...late, sealed[2], ...live] as Execution[]);
      const ids = expected.map(({ id }) => id);
      let share = reopen();
      expect(await find(share, ids)).toEqual(expected);
      expect((await share.book.list({ limit: 50 }, clock.now)).ids).toEqual(ids.toReversed());
      const held = share.book.records.newestIn(TODAY - 1, idsOfDay(TODAY - 1), { records: 10 });
      expect(held.records.map(({ record }) => fromRecord(record))).toEqual(expected.slice(0, 4).toReversed());
      const unknown = await share.book.list({ status: "unknown", limit: 50 }, clock.now);
      expect(unknown.ids).toEqual([live[0]?.id]);
      const usage = share.usage({ from: NOW, to: NOW + HOUR_MS, group_by: [], limit: 1 });
      expect([usage.rows[0]?.executions, usage.first_due]).toEqual([2, NOW + 600_001]);

      // What the tables have is known, and what is new about it goes to the journal.
      const end = { ...live[0], status: "succeeded", cost_nanousd: 5 } as Execution;
      const arriving = executionAt(NOW + 2);
      await share.append([...sealed, ...live, ...late, end, arriving].map(toEntry));
      share = reopen();
      const now = byId([...expected.filter(({ id }) => id !== end.id), end, arriving]);
      const nowIds = now.map(({ id }) => id);
      expect(await find(share, nowIds)).toEqual(now);
      const rows = share.usage({ from: NOW, to: NOW + HOUR_MS, group_by: [], limit: 1 }).rows[0];
      expect([rows?.executions, rows?.cost_nanousd]).toEqual([3, 7]);

      for (const until of [NOW + HOUR_MS, NOW + 10 * DAY_MS]) {
        while (clock.alarm !== null && clock.alarm <= until) {
          clock.now = Math.max(clock.now, clock.alarm);
          clock.alarm = null as never;
          share = reopen();
          await share.ring();
        }
        clock.now = until;
        share = reopen();
        expect(await find(share, nowIds)).toEqual(now);
        expect((await find(share, [open]))[0]?.status).toBe("unknown");
        expect((await share.book.list({ limit: 50 }, clock.now)).ids).toEqual(
          [...nowIds, open].toSorted().toReversed(),
        );
      }
      expect(share.book.days.all().map(({ state }) => state)).toEqual(["archived", "archived"]);
      expect(tablesOf(storage.sql)).toEqual([]);
      expect(share.book.sql.meta("legacy")).toBe(0);
    });
  });
});
