import { describe, expect, it } from "vitest";
import { sumsIn } from "../../../src/domain/metrics/live-totals.ts";
import type { IsolateGauges } from "../../../src/domain/metrics/metrics-messages.ts";
import { FLUSH_MS, mergeReadings, MetricsShare, type StoredShare } from "../../../src/domain/metrics/metrics-share.ts";

const NOON = 1_800_000_000_000;

/** A flush of some requests. */
function flush(id: number, requests: number, isolate = "a", gauges: IsolateGauges = {}) {
  return { isolate, id, delta: { requests: { '["/x","GET","200"]': [requests] } }, gauges };
}

function requestsIn(share: MetricsShare, now = NOON): number {
  return share.read(now).counted["requests"]?.['["/x","GET","200"]']?.[0] ?? 0;
}

/** As it is on disk. */
function stored(snapshot: StoredShare | null): StoredShare {
  return JSON.parse(JSON.stringify(snapshot)) as StoredShare;
}

describe("a share of the metrics", () => {
  it("counts a flush once, however often it is sent, and each isolate's on its own", () => {
    const share = new MetricsShare(null);
    for (const each of [flush(1, 5), flush(1, 5), flush(2, 1), flush(1, 5), flush(1, 7, "b")]) share.flush(each, NOON);
    expect(requestsIn(share)).toBe(13);
  });

  it("asks for flushes every 250 ms while somebody watches, and every 5 s otherwise", () => {
    const share = new MetricsShare(null);
    expect(share.flush(flush(1, 1), NOON)).toEqual({ flush_ms: FLUSH_MS.otherwise });
    share.watch("page", false, NOON);
    expect(share.flush(flush(2, 1), NOON + 4_000)).toEqual({ flush_ms: FLUSH_MS.watched });
    expect(share.flush(flush(3, 1), NOON + 5_001)).toEqual({ flush_ms: FLUSH_MS.otherwise });
  });

  it("adds up what is under way in isolates that were heard of lately", () => {
    const share = new MetricsShare(null);
    share.flush(flush(1, 1, "a", { active: { high: 2, standard: 1 }, ledger_lag_ms: 40 }), NOON);
    share.flush(flush(1, 1, "b", { active: { high: 3 }, ledger_lag_ms: 900 }), NOON + 10_000);
    expect(share.read(NOON + 10_000)).toMatchObject({ active: { high: 5, standard: 1, batch: 0 }, ledger_lag_ms: 900 });
    expect(share.read(NOON + 20_000).active).toEqual({ high: 3, standard: 0, batch: 0 });
  });

  it("takes an isolate that flushes less often for silent later", () => {
    const share = new MetricsShare(null);
    share.flush(flush(1, 1, "a", { active: { standard: 1 }, pause_ms: 50_000 }), NOON);
    expect(share.read(NOON + 149_999).active.standard).toBe(1);
    expect(share.read(NOON + 150_000).active.standard).toBe(0);
  });

  it("has the last minutes by slots of 5 s, each with what came in it", () => {
    const share = new MetricsShare(null);
    share.read(NOON - 10_000);
    share.flush(flush(1, 2), NOON);
    share.flush(flush(2, 3), NOON + 1_000);
    share.flush(flush(3, 4), NOON + 5_000);
    share.flush(flush(4, 1), NOON + 400_000);
    const slots = (at: number) =>
      share.watch("page", true, at)?.slots.map(({ number, increments }) => [number, sumsIn(increments).requests]);
    // The slot that is open is not among them, nor is what is older than five minutes.
    expect(slots(NOON + 400_000)).toEqual([]);
    expect(slots(NOON + 405_000)).toEqual([[(NOON + 400_000) / 5_000, 1]]);
  });

  it("tells a follower the slots that are over once, and totals that only grow", () => {
    const share = new MetricsShare(null);
    share.read(NOON - 10_000);
    share.flush(flush(1, 2), NOON);
    const first = share.watch("page", true, NOON + 5_000);
    expect(first?.slots.map(({ increments }) => sumsIn(increments).requests)).toEqual([2]);
    share.flush(flush(2, 3), NOON + 5_100);
    const next = share.watch("page", false, NOON + 5_200);
    expect([next?.slots, sumsIn(next?.totals ?? []).requests]).toEqual([[], 5]);
  });

  it("keeps no slots for nobody, and begins with the first reader", () => {
    const share = new MetricsShare(null);
    share.flush(flush(1, 2), NOON);
    expect(share.watch("page", true, NOON + 10_000)?.slots).toEqual([]);
    share.flush(flush(2, 3), NOON + 11_000);
    const slots = share.watch("page", true, NOON + 15_000)?.slots;
    expect(slots?.map(({ increments }) => sumsIn(increments).requests)).toEqual([3]);
  });

  it("refuses the 21st follower until one has left", () => {
    const share = new MetricsShare(null);
    for (let n = 0; n < 20; n++) expect(share.watch(`page ${n}`, false, NOON)).not.toBeNull();
    expect(share.watch("page 20", false, NOON)).toBeNull();
    expect(share.watch("page 3", false, NOON + 4_000)).not.toBeNull();
    expect(share.watch("page 20", false, NOON + 5_001)).not.toBeNull();
  });

  it("is not stored while nobody reads it, then once a minute where something is new", () => {
    const share = new MetricsShare(null);
    share.flush(flush(1, 1), NOON);
    expect(share.takeSnapshot(NOON)).toBeNull();
    share.read(NOON);
    expect(share.takeSnapshot(NOON)).not.toBeNull();
    share.flush(flush(2, 1), NOON + 30_000);
    expect(share.takeSnapshot(NOON + 59_999)).toBeNull();
    expect(share.takeSnapshot(NOON + 60_000)).not.toBeNull();
    expect(share.takeSnapshot(NOON + 120_000)).toBeNull();
    share.flush(flush(3, 1), NOON + 25 * 3_600_000);
    expect(share.takeSnapshot(NOON + 25 * 3_600_000)).toBeNull();
  });

  it("goes on from what was stored after an eviction, and knows the flushes that are in it", () => {
    const share = new MetricsShare(null);
    share.flush(flush(1, 5), NOON);
    share.read(NOON);
    const snapshot = stored(share.takeSnapshot(NOON));
    share.flush(flush(2, 3), NOON + 1_000);
    const next = new MetricsShare(snapshot);
    next.flush(flush(1, 5), NOON + 2_000);
    expect(requestsIn(next)).toBe(5);
    // What came after the snapshot is lost, unless its isolate sends it again.
    next.flush(flush(2, 3), NOON + 2_000);
    expect(requestsIn(next)).toBe(8);
  });

  it("is added up with the others of its owner", () => {
    const shares = [flush(1, 2, "a", { active: { batch: 1 } }), flush(1, 3, "b", { ledger_lag_ms: 5 })].map((each) => {
      const share = new MetricsShare(null);
      share.flush(each, NOON);
      return share.read(NOON);
    });
    expect(mergeReadings(shares)).toEqual({
      counted: { requests: { '["/x","GET","200"]': [5] } },
      active: { high: 0, standard: 0, batch: 1 },
      ledger_lag_ms: 5,
    });
  });
});
