import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { Execution } from "../../src/domain/executions/execution.ts";
import { newId } from "../../src/domain/id.ts";
import { toEntry } from "../../src/domain/ledger/entry.ts";
import { DAILY_EXTRACTS } from "../../src/domain/ledger/extract.ts";
import { DAY_MS, dayOf, HOUR_MS } from "../../src/domain/ledger/periods.ts";
import { Rollup, unpackRollup } from "../../src/domain/ledger/rollup.ts";
import { USAGE_SUMS, type UsageGroup } from "../../src/domain/usage/usage.ts";
import { LedgerBook } from "../../src/storage/ledger/ledger-book.ts";
import { recorded } from "../support/recorded.ts";

/** Twenty days: two whole blocks of eight and their edges, wherever they begin. */
const DAYS = 20;
const START = Math.floor(Date.parse("2026-11-01T00:00:00Z") / DAY_MS) * DAY_MS;
const NOW = START + DAYS * DAY_MS + HOUR_MS;

function startedAt(ms: number, changes: Partial<Execution> = {}): Execution {
  return recorded({ id: newId("exe", ms), created_at: ms, ...changes });
}

/** Works with new books over the storage of one object, which know only what is stored. */
async function withBooks<T>(name: string, work: (book: () => LedgerBook) => Promise<T>): Promise<T> {
  return runInDurableObject(env.LEDGER.getByName(name), async (_ledger, { storage }) =>
    work(() => new LedgerBook({ storage, bucket: env.LEDGER_ARCHIVE, name })),
  );
}

/** Two executions a day by two models, the second one of each for another user. */
async function fill(book: LedgerBook): Promise<void> {
  for (let day = 0; day <= DAYS; day++) {
    const at = START + day * DAY_MS + HOUR_MS;
    const some = ["m1", "m2"].map((model, n) => startedAt(at + n, { model, end_user: `u${n}`, cost_nanousd: 10 }));
    await book.append(some.map(toEntry), at);
  }
  packDays(book);
}

/** Packs the days that are over, as an alarm does in steps. */
function packDays({ rollups }: LedgerBook): void {
  while (!rollups.packDays());
}

function costs(book: LedgerBook, group_by: UsageGroup[], from = START, to = START + DAYS * DAY_MS) {
  const { rows } = book.usage({ from, to, group_by, limit: 100 }, NOW);
  return rows.map(({ groups, cost_nanousd }) => [...Object.values(groups), cost_nanousd].join(" ")).toSorted();
}

describe("the extracts of a ledger object", () => {
  it("count what comes late for a day that was read before", async () => {
    const seen = await withBooks("ten_extract_late/0", async (book) => {
      const first = book();
      await fill(first);
      const before = costs(first, ["model"]);
      const late = startedAt(START + 3 * DAY_MS, { model: "m1", end_user: null, cost_nanousd: 7 });
      await first.append([toEntry(late)], NOW);
      return { before, memory: costs(first, ["model"]), stored: costs(book(), ["model"]) };
    });
    expect(seen.before).toEqual(["m1 200", "m2 200"]);
    expect(seen.memory).toEqual(["m1 207", "m2 200"]);
    expect(seen.stored).toEqual(seen.memory);
  });

  it("are dropped by the database when older code, which knows none, changes a packed day", async () => {
    const seen = await withBooks("ten_extract_old/0", async (book) => {
      await fill(book());
      const groupings: UsageGroup[][] = [["model"], ["user"], ["day", "model"]];
      const before = groupings.map((by) => costs(book(), by));
      // What the older code does: it replaces the rollups of the hour and of the day.
      const { sql, rollups } = book();
      const late = { ...toEntry(startedAt(START + 3 * DAY_MS, { model: "m1", cost_nanousd: 7 })), sign: 1 as const };
      const { table } = rollups;
      const day = dayOf(START + 3 * DAY_MS);
      for (const [unit, start] of [["hour", day * 24] as const, ["day", day] as const]) {
        const rollup = unpackRollup(table.read(unit, start));
        rollup.apply(late);
        table.replace(unit, start, rollup.pack());
      }
      const [names] = sql.run<{ n: number }>("select count(*) as n from extract_names");
      return { before, after: groupings.map((by) => costs(book(), by)), names: names?.n };
    });
    expect(seen.names).toBeGreaterThan(0);
    expect(seen.before[0]).toEqual(["m1 200", "m2 200"]);
    expect(seen.after[0]).toEqual(["m1 207", "m2 200"]);
    expect(seen.after[1]?.join()).not.toBe(seen.before[1]?.join());
    expect(seen.after[2]).toContain("2026-11-04 m1 17");
  });

  it("are made for dimensions without one when they are first asked for, and read from then on", async () => {
    const seen = await withBooks("ten_extract_first/0", async (book) => {
      await fill(book());
      const query = { from: START, to: START + DAYS * DAY_MS, group_by: ["model", "key"] as UsageGroup[], limit: 100 };
      const [first, second] = [book().usage(query, NOW), book().usage(query, NOW)];
      const { sql } = book();
      const stored = sql.run<{ n: number }>("select count(*) as n from extracts where name = 'model,key'")[0]?.n;
      return { first, second, stored };
    });
    expect(seen.stored).toBeGreaterThan(0);
    expect(seen.second.rows).toEqual(seen.first.rows);
    expect(seen.second.rows.map(({ executions }) => executions)).toEqual([DAYS, DAYS]);
    expect(seen.second.rows_read).toBeLessThan(seen.first.rows_read);
  });

  it("go when their rollups go, those of users before the others", async () => {
    const left = await withBooks("ten_extract_gone/0", async (book) => {
      const kept = book();
      await fill(kept);
      for (const by of [["user"], ["model"], ["hour"]] satisfies UsageGroup[][]) costs(kept, by);
      const count = (condition: string) =>
        kept.sql.run<{ n: number }>(`select count(*) as n from extracts where start < 1e9 and ${condition}`)[0]?.n;
      const before = count("name = 'user'");
      const end = dayOf(NOW) + 100;
      kept.rollups.table.deleteBefore("day", "users", end);
      const users = [before, count("name = 'user'"), count("name = 'model,provider' and unit = 'block'")];
      kept.rollups.table.deleteBefore("hour", "plain", end * 24);
      kept.rollups.table.deleteBefore("day", "plain", end);
      return { users, all: count("true") };
    });
    expect(left.users[0]).toBeGreaterThan(0);
    expect(left.users[1]).toBe(0);
    expect(left.users[2]).toBeGreaterThan(0);
    expect(left.all).toBe(0);
  });

  it("with more lines than are worth a copy are not stored, and sum up the same", async () => {
    const [users, hours] = [4_200, 24];
    const seen = await withBooks("ten_extract_large/0", async (book) => {
      const { rollups, sql } = book();
      const rollup = new Rollup();
      for (let n = 0; n < users; n++) rollup.apply({ ...toEntry(startedAt(START, { end_user: `u${n}` })), sign: 1 });
      const packed = rollup.pack();
      for (let hour = 0; hour < hours; hour++) rollups.table.add("hour", START / HOUR_MS + hour, packed);
      const day = dayOf(START);
      const read = () => [...rollups.extracts.read("hours", ["user"], { from: day, to: day + 1 })];
      const stored = () => sql.run<{ n: number }>("select count(*) as n from extracts where start = ?", day)[0]?.n;
      const large = { pieces: read(), stored: stored() };
      rollups.table.replace("hour", START / HOUR_MS, new Rollup().pack());
      return { large, smaller: read(), stored: stored() };
    });
    const { pieces } = seen.large;
    const executions = pieces.flatMap(({ sums }) => sums[USAGE_SUMS.indexOf("executions")] ?? []);
    expect(executions.reduce((sum, count) => sum + count, 0)).toBe(users * hours);
    expect(seen.large.stored).toBe(0);
    expect(Math.max(...pieces.map(({ size }) => size))).toBeLessThan(25_000);
    expect(seen.smaller.reduce((sum, { size }) => sum + size, 0)).toBe(users * (hours - 1));
    expect(seen.stored).toBeGreaterThan(0);
  });

  it("are not made for a query that is refused for too many groups", async () => {
    const made = await withBooks("ten_extract_refused/0", async (book) => {
      await fill(book());
      const asked = book();
      const group_by: UsageGroup[] = ["day", "prompt", "model", "key"];
      const { rows } = asked.usage({ from: START, to: START + DAYS * DAY_MS, group_by, limit: 3 }, NOW);
      const names = asked.sql.run<{ n: number }>("select count(*) as n from extracts where name = 'prompt,model,key'");
      return { rows: rows.length, stored: names[0]?.n };
    });
    expect(made).toEqual({ rows: 4, stored: 1 });
  });

  it("are no more than thirty-two, whatever is asked for", async () => {
    const names = await withBooks("ten_extract_many/0", async (book) => {
      const asked = book();
      await fill(asked);
      const of: UsageGroup[] = ["prompt", "version", "label", "model", "provider", "key", "tag", "lane"];
      for (let mask = 1; mask < 256; mask++) {
        const group_by = of.filter((_, at) => (mask >> at) % 2 === 1);
        expect(asked.usage({ from: START, to: NOW, group_by, limit: 100 }, NOW).rows.length).toBeGreaterThan(0);
      }
      return asked.sql.run<{ n: number }>("select count(distinct name) as n from extracts")[0]?.n;
    });
    expect(names).toBe(32);
  });

  it("of each day have their place, whatever was asked for on the first one", async () => {
    const names = await withBooks("ten_extract_place/0", async (book) => {
      const asked = book();
      const noon = START + 12 * HOUR_MS;
      await asked.append([toEntry(startedAt(noon))], noon);
      const of: UsageGroup[] = ["prompt", "version", "label", "model", "provider", "key", "tag", "lane"];
      const now = noon + 5 * HOUR_MS;
      asked.rollups.pack(now);
      for (let mask = 1; mask < 256; mask++) {
        const group_by = of.filter((_, at) => (mask >> at) % 2 === 1);
        if (group_by.length > 2) asked.usage({ from: START, to: now, group_by, limit: 100 }, now);
      }
      const nextDay = START + DAY_MS + HOUR_MS;
      await asked.append([toEntry(startedAt(nextDay))], nextDay);
      packDays(asked);
      return asked.sql.run<{ name: string }>("select name from extract_names").map(({ name }) => name);
    });
    expect(names).toEqual(expect.arrayContaining(DAILY_EXTRACTS.map((columns) => columns.join())));
    expect(names).toHaveLength(32);
  });
});
