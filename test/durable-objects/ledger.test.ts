import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { Execution } from "../../src/domain/executions/execution.ts";
import { newId } from "../../src/domain/id.ts";
import { fromRecord, toEntry } from "../../src/domain/ledger/entry.ts";
import { DAY_MS, HOUR_MS } from "../../src/domain/ledger/periods.ts";
import type { UsageGroup } from "../../src/domain/usage/usage.ts";
import { LedgerBook } from "../../src/storage/ledger/ledger-book.ts";
import { idsOfDay } from "../../src/storage/ledger/stored-record.ts";
import { LedgerUpkeep } from "../../src/storage/ledger/ledger-upkeep.ts";
import { recorded } from "../support/recorded.ts";

const SETTINGS = { recentDays: 7, archiveDays: 0, maxBytes: 1e9 };

const stubOf = (tenant: string) => env.LEDGER.getByName(`${tenant}/0`);
type Stub = ReturnType<typeof stubOf>;

/** An execution that started when its id was made. */
function startedAt(ms: number, changes: Partial<Execution> = {}): Execution {
  return recorded({ id: newId("exe", ms), created_at: ms, ...changes });
}

/** Makes the days of an object quiet for long, so that those that are over may be archived. */
async function letTimePass(stub: Stub): Promise<void> {
  await runInDurableObject(stub, async (_ledger, { storage }) => {
    storage.sql.exec("update days set touched_at = 0");
  });
  await evictDurableObject(stub);
}

/** Rings the alarm until no day is on its way into the archive. */
async function archive(stub: Stub): Promise<void> {
  for (let rings = 0; rings < 20; rings++) {
    await runDurableObjectAlarm(stub);
    const open = await runInDurableObject(stub, async (_ledger, { storage }) =>
      Number(storage.sql.exec("select count(*) as n from days where state in ('sealed', 'copied')").one()["n"]),
    );
    if (open === 0) return;
  }
  throw new Error("a day stays sealed");
}

/** Does something with a book over the object's storage, at a time of the test's choice. */
async function withBook<T>(stub: Stub, name: string, work: (book: LedgerBook) => Promise<T>): Promise<T> {
  return runInDurableObject(stub, async (_ledger, { storage }) =>
    work(new LedgerBook({ storage, bucket: env.LEDGER_ARCHIVE, name })),
  );
}

/** How many records are in the database of an object. */
async function heldIn(stub: Stub, name: string): Promise<number> {
  return withBook(stub, name, async ({ days, records }) =>
    days
      .all()
      .reduce((sum, { day }) => sum + records.newestIn(day, idsOfDay(day), { records: 1_000 }).records.length, 0),
  );
}

async function totals(stub: Stub, from: number, to: number, group_by: UsageGroup[] = []) {
  const { rows } = await stub.usage({ from, to, group_by, limit: 100 });
  return rows.map(({ executions, cost_nanousd, groups }) => [...Object.values(groups), executions, cost_nanousd]);
}

describe("a ledger object", () => {
  it("writes one row for a call, whatever users, models and prompts it has", async () => {
    const stub = stubOf("ten_rows");
    const now = Date.now();
    const written = await withBook(stub, "ten_rows/0", async (book) => {
      await book.append([toEntry(startedAt(now))], now);
      const before = book.sql.rowsWritten;
      const block = Array.from({ length: 50 }, (_, at) =>
        startedAt(now, { end_user: `u${at}`, model: `m${at}`, prompt_name: `p${at}` }),
      );
      await book.append(block.map(toEntry), now);
      return book.sql.rowsWritten - before;
    });
    expect(written).toBe(1);
  });

  it("counts the open hour the same after an eviction", async () => {
    const stub = stubOf("ten_evicted");
    const now = Date.now();
    await stub.append([startedAt(now, { cost_nanousd: 5 }), startedAt(now - 1, { cost_nanousd: 7 })].map(toEntry));
    const before = await totals(stub, now - 1, now + 1);
    await evictDurableObject(stub);
    expect(await totals(stub, now - 1, now + 1)).toEqual(before);
    expect(before).toEqual([[2, 12]]);
    // The edge of a query divides an hour exactly.
    expect(await totals(stub, now - 1, now)).toEqual([[1, 7]]);
  });

  it("moves a day that is over to R2, deletes it here, and answers from there", async () => {
    const stub = stubOf("ten_archived");
    const then = Date.now() - 20 * DAY_MS;
    const old = Array.from({ length: 12 }, (_, at) =>
      startedAt(then + at, { cost_nanousd: 1, output: `answer ${at}` }),
    );
    const fresh = startedAt(Date.now());
    await stub.append([...old, fresh].map(toEntry));
    expect(await heldIn(stub, "ten_archived/0")).toBe(13);
    await letTimePass(stub);
    await archive(stub);
    expect(await heldIn(stub, "ten_archived/0")).toBe(1);
    const day = new Date(then).toISOString().slice(0, 10);
    const { objects } = await env.LEDGER_ARCHIVE.list({ prefix: "ten_archived/" });
    expect(objects.map(({ key }) => key)).toEqual([`ten_archived/${day}/0/0.ndjson.gz`]);
    const { records } = await stub.find(old.map(({ id }) => id));
    expect(records.map(fromRecord)).toEqual(old);
    const { ids } = await stub.list({ limit: 4, before: fresh.id, prompt: "greet" });
    expect(ids).toEqual(
      old
        .map(({ id }) => id)
        .toReversed()
        .slice(0, 5),
    );
  });

  it("keeps a day in its database where it does not know its name, and so whose blocks they are", async () => {
    const stub = stubOf("ten_nameless");
    const then = Date.now();
    const old = startedAt(then);
    await withBook(stub, "ten_nameless/0", async (book) => book.append([toEntry(old)], then));
    const later = then + 30 * DAY_MS;
    const nameless = withBook(stub, "", async (book) => new LedgerUpkeep(book, SETTINGS).work(later));
    await expect(nameless).rejects.toThrow("without a name");
    expect(await heldIn(stub, "ten_nameless/0")).toBe(1);
    const { records } = await withBook(stub, "ten_nameless/0", async (book) => {
      await new LedgerUpkeep(book, SETTINGS).work(later);
      return book.find([old.id]);
    });
    expect(records.map(fromRecord)).toEqual([old]);
  });

  it("sums its open hours for good before it archives their records", async () => {
    const stub = stubOf("ten_idle");
    const name = "ten_idle/0";
    const then = Date.now();
    await withBook(stub, name, async (book) => book.append([startedAt(then), startedAt(then)].map(toEntry), then));
    const later = then + 30 * DAY_MS;
    for (let rings = 0; rings < 3; rings++) {
      await withBook(stub, name, async (book) => new LedgerUpkeep(book, SETTINGS).work(later));
    }
    expect(await heldIn(stub, name)).toBe(0);
    const query = { from: then - HOUR_MS, to: then + HOUR_MS, group_by: [], limit: 1 };
    const { rows } = await withBook(stub, name, async (book) => book.usage(query, later));
    expect(rows).toMatchObject([{ executions: 2 }]);
  });

  it("deletes records past their time from R2, and does not count them anew", async () => {
    const stub = stubOf("ten_deleted");
    const name = "ten_deleted/0";
    const then = Date.now();
    const old = startedAt(then);
    await withBook(stub, name, async (book) => book.append([toEntry(old)], then));
    const later = then + 60 * DAY_MS;
    let next: number | null = later;
    for (let rings = 0; next !== null && next <= later; rings++) {
      expect(rings).toBeLessThan(10);
      next = await withBook(stub, name, async (book) =>
        new LedgerUpkeep(book, { ...SETTINGS, archiveDays: 30 }).work(later),
      );
    }
    expect((await env.LEDGER_ARCHIVE.list({ prefix: "ten_deleted/" })).objects).toEqual([]);
    const query = { from: then - DAY_MS, to: then + DAY_MS, group_by: [], limit: 1 };
    const { rows, found } = await withBook(stub, name, async (book) => {
      await book.append([toEntry(old)], later);
      return { ...book.usage(query, later), found: await book.find([old.id]) };
    });
    expect([rows[0]?.executions, found.records]).toEqual([1, []]);
  });

  it("knows an archived execution when it is delivered again, and takes a late end of an unknown one", async () => {
    const stub = stubOf("ten_late");
    const then = Date.now() - 20 * DAY_MS;
    const [known, ended] = [startedAt(then, { cost_nanousd: 3 }), startedAt(then + 1, { cost_nanousd: 5 })];
    const unknown: Execution = { ...ended, status: "unknown", cost_nanousd: 900 };
    await stub.append([known, unknown].map(toEntry));
    await letTimePass(stub);
    await archive(stub);
    expect(await totals(stub, then - DAY_MS, then + DAY_MS)).toEqual([[2, 903]]);
    await stub.append([known, known, unknown].map(toEntry));
    expect(await totals(stub, then - DAY_MS, then + DAY_MS)).toEqual([[2, 903]]);
    await stub.append([toEntry(ended)]);
    await stub.append([toEntry(ended)]);
    expect(await totals(stub, then - DAY_MS, then + DAY_MS)).toEqual([[2, 8]]);
    const { records } = await stub.find([ended.id]);
    expect(records.map(fromRecord)).toEqual([ended]);
    expect((await stub.list({ limit: 10, status: "succeeded" })).ids).toEqual([ended.id, known.id]);
  });

  it("takes all executions of a block or none", async () => {
    const stub = stubOf("ten_whole");
    const now = Date.now();
    const [good, bad] = [toEntry(startedAt(now)), toEntry(startedAt(now + 1))];
    const refused = await stub.append([good, { ...bad, record: null as unknown as string }]).then(
      () => "taken",
      (error: unknown) => String(error),
    );
    expect(refused).toMatch(/constraint/i);
    expect((await stub.find([good.id])).records).toEqual([]);
    expect(await totals(stub, now, now + 2)).toEqual([[0, 0]]);
    await stub.append([good]);
    expect(await totals(stub, now, now + 2)).toEqual([[1, 1]]);
  });

  it("lists what is older than its sums, whatever the list asks for", async () => {
    const now = Date.now();
    const wanted = startedAt(now - 1_200 * DAY_MS, { prompt_name: "p1200" });
    const { ids } = await withBook(stubOf("ten_old"), "ten_old/0", async (book) => {
      await book.append([wanted, startedAt(now - 1_150 * DAY_MS), startedAt(now)].map(toEntry), now);
      // The sums of days that long ago are deleted.
      await new LedgerUpkeep(book, { ...SETTINGS, recentDays: 2_000 }).work(now);
      return book.list({ prompt: "p1200", limit: 10 }, now);
    });
    expect(ids).toEqual([wanted.id]);
  });

  it("understands the sums of older versions, which had rows of their own, and moves them into blocks", async () => {
    const stub = stubOf("ten_older");
    const name = "ten_older/0";
    const now = Date.now();
    const day = Math.floor(now / DAY_MS) - 30;
    const at = day * DAY_MS + 5 * HOUR_MS;
    const late = startedAt(at + 7, { prompt_name: "old", cost_nanousd: 4 });
    const answers = await withBook(stub, name, async (book) => {
      await book.append([toEntry(startedAt(now))], now);
      for (const [unit, start] of [
        ["hour", at / HOUR_MS],
        ["hour", at / HOUR_MS + 1],
        ["day", day],
      ] as const) {
        const sums =
          unit === "day" ? [5, 0, 0, 50, 15, 35] : start === day * 24 + 5 ? [2, 0, 0, 20, 6, 14] : [3, 0, 0, 30, 9, 21];
        const line = [0, 1, 2, 3, 4, 5, 2, 6, 2, ...sums, 0, 0, 0, 0, 0, 0];
        const values = ["old", 1, null, "gpt-4o", "openai", "key_1", []];
        const part = { first: at, last: at + HOUR_MS, width: 9, values, lines: [line] };
        book.sql.run("insert into rollups values (?, 'plain', ?, 0, ?)", unit, start, JSON.stringify(part));
      }
      const ask = (group_by: UsageGroup[]) => {
        const query = { from: day * DAY_MS, to: (day + 1) * DAY_MS, group_by, limit: 10 };
        const rows = book.usage(query, now).rows.map((row) => [row.executions, row.cost_nanousd]);
        return rows.toSorted(([, a = 0], [, b = 0]) => a - b);
      };
      const before = [ask([]), ask(["hour"])];
      await book.append([toEntry(late)], now);
      const changed = [ask([]), ask(["hour"])];
      await new LedgerUpkeep(book, SETTINGS).work(now);
      const left = book.sql.run("select count(*) as n from rollups");
      return { before, changed, moved: [ask([]), ask(["hour"])], left };
    });
    expect(answers.before).toEqual([
      [[5, 35]],
      [
        [2, 14],
        [3, 21],
      ],
    ]);
    const changed = [
      [[6, 39]],
      [
        [3, 18],
        [3, 21],
      ],
    ];
    expect(answers.changed).toEqual(changed);
    expect(answers.moved).toEqual(changed);
    expect(answers.left).toEqual([{ n: 0 }]);
  });
});
