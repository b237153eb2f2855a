import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { ObjectSql } from "../../load/proofs/world/object-sql.ts";
import { newId } from "../../src/domain/id.ts";
import { toEntry } from "../../src/domain/ledger/entry.ts";
import { LedgerShare } from "../../src/storage/ledger/ledger-share.ts";
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
    ledgerOf: () => ({ append: async () => undefined }),
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
});
