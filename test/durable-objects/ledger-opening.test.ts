import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { newId } from "../../src/domain/id.ts";
import { toEntry } from "../../src/domain/ledger/entry.ts";
import type { UsageQuery } from "../../src/domain/ledger/ledger-messages.ts";
import { HOUR_MS } from "../../src/domain/ledger/periods.ts";
import { LedgerBook } from "../../src/storage/ledger/ledger-book.ts";
import { recorded } from "../support/recorded.ts";

const NOW = Date.parse("2026-03-01T12:30:00Z");
const DAY: UsageQuery = { from: NOW - 12 * HOUR_MS, to: NOW + HOUR_MS, group_by: [], limit: 10 };

function executionsOf(count: number, status: "succeeded" | "unknown" = "succeeded") {
  return Array.from({ length: count }, (_, at) => {
    const created_at = NOW - count + at;
    return recorded({
      id: newId("exe", created_at),
      tenant_id: "ten_opening",
      created_at,
      status,
      end_user: `u${at % 3}`,
    });
  });
}

/** A book over a new object, and what opens it again as after an eviction. */
async function withBook(work: (book: LedgerBook, reopen: () => LedgerBook) => Promise<void>): Promise<void> {
  const stub = env.LEDGER.getByName(`ten_opening_${crypto.randomUUID()}/0`);
  await runInDurableObject(stub, async (_ledger, { storage }) => {
    const open = () => {
      const packAt = { rows: 4, characters: 1e6 };
      return new LedgerBook({ storage, bucket: env.LEDGER_ARCHIVE, name: "ten_opening/0", packAt, openStep: 100 });
    };
    await work(open(), open);
  });
}

describe("a ledger object after an eviction", () => {
  it("sums its open hours over many appends, none of which waits for all of them", async () => {
    await withBook(async (book, reopen) => {
      const before = executionsOf(1_000);
      for (let at = 0; at < before.length; at += 20) await book.append(before.slice(at, at + 20).map(toEntry), NOW);
      const evicted = reopen();
      const later = executionsOf(12);
      const wasOpen: boolean[] = [];
      for (const execution of later) {
        await evicted.append([toEntry(execution)], NOW);
        wasOpen.push(evicted.rollups.isOpen);
      }
      expect(wasOpen).toEqual([...Array.from({ length: 10 }, () => false), true, true]);
      expect(evicted.usage(DAY, NOW).rows).toMatchObject([{ executions: 1_012 }]);
    });
  });

  it("counts once what is delivered again, or corrected, while they are being summed", async () => {
    await withBook(async (book, reopen) => {
      const unknown = executionsOf(600, "unknown");
      for (let at = 0; at < unknown.length; at += 20) await book.append(unknown.slice(at, at + 20).map(toEntry), NOW);
      const evicted = reopen();
      // The newest is read first and the oldest last, so these are in what is read and what is not.
      const ended = [unknown[0], unknown[300], unknown[599]].flatMap((each) =>
        each ? [{ ...each, status: "succeeded" as const }] : [],
      );
      for (const execution of [...ended, ...ended]) await evicted.append([toEntry(execution)], NOW);
      expect(evicted.rollups.isOpen).toBe(false);
      const byUser: UsageQuery = { ...DAY, group_by: ["user", "key"] };
      expect(evicted.usage(byUser, NOW).rows).toEqual(reopen().usage(byUser, NOW).rows);
      expect(evicted.usage(DAY, NOW).rows).toMatchObject([{ executions: 600 }]);
    });
  });

  it("answers a question with all of them at once", async () => {
    await withBook(async (book, reopen) => {
      for (const execution of executionsOf(300)) await book.append([toEntry(execution)], NOW);
      const evicted = reopen();
      await evicted.append(executionsOf(1).map(toEntry), NOW);
      expect([evicted.rollups.isOpen, evicted.usage(DAY, NOW).rows[0]?.executions]).toEqual([false, 301]);
    });
  });
});
