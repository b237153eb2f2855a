import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { newId } from "../../src/domain/id.ts";
import { toEntry } from "../../src/domain/ledger/entry.ts";
import { DAY_MS, HOUR_MS } from "../../src/domain/ledger/periods.ts";
import type { UsageGroup } from "../../src/domain/usage/usage.ts";
import { LedgerBook } from "../../src/storage/ledger/ledger-book.ts";
import { recorded } from "../support/recorded.ts";

const NAME = "ten_ninety/0";

/** Does something with a book that knows only what is stored. */
async function withBook<T>(work: (book: LedgerBook) => Promise<T>): Promise<T> {
  return runInDurableObject(env.LEDGER.getByName(NAME), async (_ledger, { storage }) =>
    work(new LedgerBook({ storage, bucket: env.LEDGER_ARCHIVE, name: NAME })),
  );
}

describe("a ledger object of 90 days", () => {
  it("reads at most a row a day for 90 days of usage by the hour, and a row for eight days of other usage", async () => {
    const end = Math.floor(Date.now() / DAY_MS) * DAY_MS - DAY_MS;
    await withBook(async (book) => {
      for (let hours = 90 * 24; hours >= 0; hours -= 6) {
        const at = end - hours * HOUR_MS;
        const some = Array.from({ length: 4 }, (_, n) =>
          recorded({
            id: newId("exe", at + n),
            created_at: at + n,
            end_user: `u${n}`,
            status: hours === 600 ? "failed" : "succeeded",
          }),
        );
        await book.append(some.map(toEntry), at);
        // As an alarm does, in steps.
        while (!book.rollups.packDays());
      }
    });
    // Each book reads what is stored, as nothing is in its memory.
    const read = async (group_by: UsageGroup[]) =>
      withBook(async (book) => {
        const query = { from: end - 90 * DAY_MS + 5 * HOUR_MS, to: end + 5 * HOUR_MS, group_by, limit: 1_000 };
        return book.usage(query, end + HOUR_MS);
      });
    // The first query makes the extracts of the two days that it needs in part.
    expect((await read(["prompt", "day"])).rows_read).toBeLessThanOrEqual(1_000 / 8);
    const { rows, rows_read } = await read(["prompt", "day"]);
    await read(["hour"]);
    const hourly = await read(["hour"]);
    const listed = await withBook(async (book) => book.list({ status: "failed", limit: 50 }, end + HOUR_MS));
    console.log(`usage of 90 days: ${rows_read} rows, ${hourly.rows_read} by the hour`);
    console.log(`the 4 failed executions of 1,444: ${listed.rows_read} rows`);
    expect(rows.reduce((sum, row) => sum + row.executions, 0)).toBe(90 * 4 * 4);
    expect(hourly.rows).toHaveLength(90 * 4);
    expect(hourly.rows.reduce((sum, row) => sum + row.executions, 0)).toBe(90 * 4 * 4);
    // Eight objects read at most 1,000 rows together.
    expect(rows_read).toBeLessThanOrEqual(90 / 8 + 2 + 8);
    expect(hourly.rows_read).toBeLessThanOrEqual(90 + 8);
    expect(listed.ids).toHaveLength(4);
    // A day's row, and the look for ids from elsewhere, for each day; then the hours of two days and
    // the records. SQLite counts the row where a look ends, too. A new book reads the journal first.
    expect(listed.rows_read).toBeLessThanOrEqual(91 * 3 + 2 * 24 + 2 * 4 + 64);
  });
});
