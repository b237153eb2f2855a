import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { newId } from "../../src/domain/id.ts";
import { toEntry } from "../../src/domain/ledger/entry.ts";
import type { InsightSubject } from "../../src/domain/ledger/insight-messages.ts";
import { HOUR_MS, hourOf } from "../../src/domain/ledger/periods.ts";
import { LedgerBook } from "../../src/storage/ledger/ledger-book.ts";
import { LedgerUpkeep } from "../../src/storage/ledger/ledger-upkeep.ts";
import { recorded } from "../support/recorded.ts";
import { seriesOf } from "../support/series-of.ts";

const BASE = Date.parse("2026-11-01T00:00:00Z");
const HOUR = hourOf(BASE);
const SUBJECT: InsightSubject = { kind: "prompt", name: "greet" };
const SETTINGS = { recentDays: 7, archiveDays: 0, maxBytes: 1e9 };

/** An execution of the prompt `greet` that started at a time. */
function executionAt(at: number, changes: Parameters<typeof recorded>[0] = {}) {
  return recorded({ id: newId("exe", at), created_at: at, prompt_name: "greet", latency_ms: 800, ...changes });
}

/** Works with the book of an object of its own. */
async function withBook<T>(name: string, work: (book: LedgerBook, reopen: () => LedgerBook) => Promise<T>): Promise<T> {
  return runInDurableObject(env.LEDGER.getByName(name), async (_ledger, { storage }) => {
    const reopen = () => new LedgerBook({ storage, bucket: env.LEDGER_ARCHIVE, name });
    return work(reopen(), reopen);
  });
}

/** The executions and errors of the prompt by the hour since the first one. */
function hoursOf(book: LedgerBook, now: number, hours = 48) {
  const { hours: parts } = book.insights({ from: HOUR, to: HOUR + hours, subjects: [SUBJECT] }, now);
  const [series] = seriesOf(parts);
  return [...(series?.cells ?? [])]
    .map(([hour, { executions, errors }]) => [hour - HOUR, executions, errors])
    .toSorted(([a = 0], [b = 0]) => a - b);
}

describe("the insights of a ledger object", () => {
  it("are the same before and after an hour is packed, and after an eviction", async () => {
    await withBook("ten_insights_packed/0", async (book, reopen) => {
      const error = { code: "timeout", detail: "" } as const;
      const first = [executionAt(BASE), executionAt(BASE + 1), executionAt(BASE + 2, { status: "failed", error })];
      await book.append(first.map(toEntry), BASE);
      expect(hoursOf(book, BASE)).toEqual([[0, 3, 1]]);
      expect(hoursOf(reopen(), BASE)).toEqual([[0, 3, 1]]);
      const later = BASE + 2 * HOUR_MS;
      await book.append([toEntry(executionAt(later))], later);
      book.packHours(later);
      expect(hoursOf(book, later)).toEqual([
        [0, 3, 1],
        [2, 1, 0],
      ]);
      expect(hoursOf(reopen(), later)).toEqual(hoursOf(book, later));
    });
  });

  it("count what comes after its hour was packed, and a known end in place of an unknown one", async () => {
    await withBook("ten_insights_late/0", async (book) => {
      const later = BASE + 30 * HOUR_MS;
      const cut = executionAt(BASE, { status: "unknown" });
      await book.append([toEntry(cut), toEntry(executionAt(BASE + 1))], BASE);
      await book.append([toEntry(executionAt(later))], later);
      expect(hoursOf(book, later)).toEqual([
        [0, 1, 0],
        [30, 1, 0],
      ]);
      await book.append([toEntry({ ...cut, status: "succeeded" })], later);
      await book.append([toEntry({ ...cut, status: "succeeded" })], later);
      expect(hoursOf(book, later)[0]).toEqual([0, 2, 0]);
    });
  });

  it("count an entry of an older version by its record", async () => {
    await withBook("ten_insights_older/0", async (book) => {
      const { insight: _notTold, ...old } = toEntry(executionAt(BASE));
      await book.append([old], BASE);
      expect(hoursOf(book, BASE)).toEqual([[0, 1, 0]]);
    });
  });

  it("tell how many executions each prompt and model had", async () => {
    await withBook("ten_insights_totals/0", async (book) => {
      const models = ["gpt-4o-mini", "gpt-4o-mini", "gpt-6-sol"];
      await book.append(
        models.map((model) => toEntry(executionAt(BASE, { model }))),
        BASE,
      );
      expect(book.insights({ from: HOUR, to: HOUR + 1 }, BASE).totals).toEqual([
        { kind: "prompt", name: "greet", executions: 3 },
        { kind: "model", name: "gpt-4o-mini", executions: 2 },
        { kind: "model", name: "gpt-6-sol", executions: 1 },
      ]);
    });
  });

  it("are deleted with the hours that they belong to", async () => {
    await withBook("ten_insights_deleted/0", async (book) => {
      const later = BASE + 100 * 24 * HOUR_MS;
      await book.append([toEntry(executionAt(BASE))], BASE);
      book.giveFeedback({ id: newId("exe", BASE), score: 1, comment: null, rated: rated() }, BASE);
      const upkeep = new LedgerUpkeep(book, SETTINGS);
      for (let step = 0; step < 10; step++) await upkeep.work(later);
      expect(book.sql.run("select * from rollup_blocks where kind = 'insights'")).toEqual([]);
      expect(book.sql.run("select * from feedback_days")).toEqual([]);
    });
  });
});

const rated = () => ({ prompt: "greet", version: 2, model: "gpt-4o-mini", created_at: BASE });

describe("the feedback of a ledger object", () => {
  const ratingsOf = (book: LedgerBook) => {
    const { hours } = book.insights({ from: HOUR, to: HOUR + 1, subjects: [SUBJECT] }, BASE);
    return seriesOf(hours)[0]?.ratings;
  };
  const sums = { hour: HOUR, version: 2, model: "gpt-4o-mini" };

  it("counts in the hour of its execution, and a score in place of another one", async () => {
    await withBook("ten_ratings/0", async (book, reopen) => {
      const [a, b] = [newId("exe", BASE), newId("exe", BASE)];
      book.giveFeedback({ id: a, score: 1, comment: null, rated: rated() }, BASE + 5 * HOUR_MS);
      book.giveFeedback({ id: b, score: 0.2, comment: null, rated: rated() }, BASE + 6 * HOUR_MS);
      expect(ratingsOf(book)).toEqual([{ ...sums, count: 2, sum: 1.2, squares: 1.04 }]);
      expect(book.giveFeedback({ id: a, score: 0, comment: null, rated: rated() }, BASE + 7 * HOUR_MS)).toBe(1);
      expect(ratingsOf(reopen())).toEqual([{ ...sums, count: 2, sum: 0.2, squares: 0.04 }]);
    });
  });

  it("takes no score out that an older version stored and did not count", async () => {
    await withBook("ten_old_ratings/0", async (book) => {
      const id = newId("exe", BASE);
      book.sql.run("insert into feedback values (?, 1, null, ?)", id, BASE);
      for (const score of [0.5, 0.25]) book.giveFeedback({ id, score, comment: null, rated: rated() }, BASE + HOUR_MS);
      expect(ratingsOf(book)).toEqual([]);
    });
  });
});
