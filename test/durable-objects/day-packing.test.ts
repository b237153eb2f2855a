import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { Execution } from "../../src/domain/executions/execution.ts";
import { newId } from "../../src/domain/id.ts";
import { toEntry } from "../../src/domain/ledger/entry.ts";
import { ROLLUP_DAYS } from "../../src/domain/ledger/retention.ts";
import { DAY_MS, dayOf, HOUR_MS } from "../../src/domain/ledger/periods.ts";
import type { UsageGroup } from "../../src/domain/usage/usage.ts";
import { LedgerBook } from "../../src/storage/ledger/ledger-book.ts";
import { LedgerUpkeep } from "../../src/storage/ledger/ledger-upkeep.ts";
import { recorded } from "../support/recorded.ts";

const START = Date.parse("2026-11-01T00:00:00Z");
const SETTINGS = { recentDays: 7, archiveDays: 0, maxBytes: 1e9 };

async function withBooks<T>(name: string, work: (open: () => LedgerBook) => Promise<T>): Promise<T> {
  return runInDurableObject(env.LEDGER.getByName(name), async (_ledger, { storage }) =>
    work(() => new LedgerBook({ storage, bucket: env.LEDGER_ARCHIVE, name })),
  );
}

/** Counts what was delivered, beside a book. */
class Counted {
  book: LedgerBook;
  now = START;
  readonly #costs = new Map<string, number>();

  constructor(book: LedgerBook) {
    this.book = book;
  }

  async append(ms: number, changes: Partial<Execution>): Promise<void> {
    const execution = recorded({ id: newId("exe", ms), created_at: ms, ...changes });
    await this.book.append([toEntry(execution)], this.now);
    const key = `${dayOf(ms)} ${execution.model}`;
    this.#costs.set(key, (this.#costs.get(key) ?? 0) + (execution.cost_nanousd ?? 0));
  }

  /** The costs by day and model, as they were delivered. */
  get costs(): Record<string, number> {
    return Object.fromEntries(this.#costs);
  }

  /** The same as usage says it, from the plain sums and from those with users. */
  usage(): Record<string, number>[] {
    return (
      [
        ["day", "model"],
        ["day", "model", "user"],
      ] satisfies UsageGroup[][]
    ).map((group_by) => {
      const query = { from: START - 10 * DAY_MS, to: this.now + 1, group_by, limit: 1_000 };
      const sums: Record<string, number> = {};
      for (const { groups, cost_nanousd } of this.book.usage(query, this.now).rows) {
        const key = `${dayOf(Date.parse(String(groups["day"])))} ${groups["model"]}`;
        sums[key] = (sums[key] ?? 0) + cost_nanousd;
      }
      return sums;
    });
  }
}

describe("the days of a ledger object", () => {
  it("are packed an hour at a time, and the sums are right after each step, whatever comes late", async () => {
    await withBooks("ten_day_steps/0", async (open) => {
      const counted = new Counted(open());
      for (let hour = 0; hour < 48; hour++) {
        counted.now = START + hour * HOUR_MS;
        for (const n of [0, 1]) {
          await counted.append(counted.now + n, { model: `m${n}`, end_user: `u${hour % 5}`, cost_nanousd: hour + 1 });
        }
      }
      counted.now = START + 2 * DAY_MS + HOUR_MS;
      await counted.append(counted.now, { model: "m0", cost_nanousd: 1 });
      expect(counted.book.rollups.hasDayToPack).toBe(true);
      let steps = 0;
      for (let isDone = false; !isDone; steps++) {
        isDone = counted.book.rollups.packDays(1);
        expect(counted.usage()).toEqual([counted.costs, counted.costs]);
        const day = START + (steps > 40 ? DAY_MS : 0);
        // Hours that the sum has, that it lacks, and a day before that has no row yet either.
        if (steps % 9 === 3)
          await counted.append(day + HOUR_MS + steps, { model: "m0", end_user: "u9", cost_nanousd: 100 });
        if (steps % 9 === 5) await counted.append(day + 22 * HOUR_MS + steps, { model: "m1", cost_nanousd: 1_000 });
        if (steps === 22) await counted.append(START - 2 * HOUR_MS, { model: "m1", cost_nanousd: 10_000 });
        if (steps === 18 || steps === 50) counted.book = open();
        expect(counted.usage()).toEqual([counted.costs, counted.costs]);
        expect(steps).toBeLessThan(200);
      }
      expect(steps).toBeGreaterThan(60);
      expect(counted.book.rollups.hasDayToPack).toBe(false);
      counted.book = open();
      expect(counted.book.rollups.packedDay).toBe(dayOf(START) + 2);
      expect(counted.usage()).toEqual([counted.costs, counted.costs]);
    });
  });

  it("leave no extracts behind, not even of days without executions", async () => {
    const left = await withBooks("ten_empty_days/0", async (open) => {
      const book = open();
      const upkeep = new LedgerUpkeep(book, { ...SETTINGS, archiveDays: 30 });
      const end = START + 20 * DAY_MS;
      for (const at of [START, end])
        await book.append([toEntry(recorded({ id: newId("exe", at), created_at: at }))], at);
      let now = end + 2 * DAY_MS;
      await upkeep.work(now);
      for (const by of [["hour"], ["model"], ["user"], ["day"]] satisfies UsageGroup[][]) {
        book.usage({ from: START, to: now, group_by: by, limit: 1_000 }, now);
      }
      const count = () => book.sql.run<{ n: number }>("select count(*) as n from extracts")[0]?.n;
      const before = count();
      for (let rings = 0, next: number | null = now; next !== null; rings++) {
        expect(rings).toBeLessThan(500);
        now = Math.max(now, next);
        expect(now).toBeLessThan(end + (ROLLUP_DAYS.plain.day + 100) * DAY_MS);
        next = await upkeep.work(now);
      }
      return { before, after: count() };
    });
    expect(left.before).toBeGreaterThan(20);
    expect(left.after).toBe(0);
  });
});
