import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { ObjectSql } from "../../load/proofs/world/object-sql.ts";
import { newId } from "../../src/domain/id.ts";
import { toEntry } from "../../src/domain/ledger/entry.ts";
import { newIdIn } from "../../src/domain/ledger/shares.ts";
import { LedgerShare } from "../../src/storage/ledger/ledger-share.ts";
import { intentOf } from "../support/intent.ts";
import { recorded } from "../support/recorded.ts";

const NOW = Date.parse("2026-11-03T10:00:00Z");

function openShare(storage: ObjectSql): LedgerShare {
  return new LedgerShare({
    name: "ten/0",
    storage,
    bucket: { put: async () => undefined, get: async () => null, delete: async () => undefined },
    settings: { recentDays: 7, archiveDays: 0, maxBytes: 1e9 },
    now: () => NOW,
    setAlarm: async () => undefined,
    ledgerOf: () => ({ append: async () => undefined, widen: async () => undefined }),
    onFault: (_event, error) => {
      throw error;
    },
  });
}

/** Bytes that are in use once all garbage is gone. */
function bytesInUse(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage().heapUsed;
}

/** An execution with a long output that compresses well, as those of few documents do. */
const longAt = (id: string) => toEntry(recorded({ id, created_at: NOW, output: `${id} `.repeat(1_000) }));

describe("the memory of a ledger object", () => {
  it("does not hold the records of the open hours", async () => {
    const storage = new ObjectSql();
    const before = openShare(storage);
    for (let at = 0; at < 1_200; at++) await before.append([longAt(newId("exe", NOW + at))]);
    const bytes = bytesInUse();
    const share = openShare(storage);
    share.usage({ from: NOW, to: NOW + 1, group_by: [], limit: 1 });
    // Of 48 MB it may keep some blocks that were read last.
    expect((bytesInUse() - bytes) / 1e6).toBeLessThan(25);
    expect(share.book.rollups.isOpen).toBe(true);
  });

  it("holds few records while it looks which of many intents are settled", async () => {
    const storage = new ObjectSql();
    const before = openShare(storage);
    const ids = Array.from({ length: 1_200 }, () => newIdIn(0, NOW));
    for (let at = 0; at < ids.length; at += 40) {
      const intents = ids.slice(at, at + 40).map((id) => intentOf(id, NOW));
      await before.intend({ tenant_id: "ten", due_at: NOW + 1, intents });
    }
    // One of each block ends last, so that none of their rows is used again.
    const last = ids.filter((_, at) => at % 40 === 0);
    for (const id of ids.filter((each) => !last.includes(each))) await before.append([longAt(id)]);
    await before.append(last.map((id) => toEntry(recorded({ id, created_at: NOW }))));
    const { book } = openShare(storage);
    const bytes = bytesInUse();
    const { exec } = storage.sql;
    let [reads, most] = [0, 0];
    storage.sql.exec = ((...args: Parameters<typeof exec>) => {
      if (reads++ % 20 === 0) most = Math.max(most, bytesInUse() - bytes);
      return exec(...args);
    }) as typeof exec;
    expect(book.intents.firstDue()).toBe(null);
    expect(reads).toBeGreaterThan(100);
    expect(most / 1e6).toBeLessThan(25);
  });
});
