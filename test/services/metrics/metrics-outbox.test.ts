import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { MetricsFlush } from "../../../src/domain/metrics/metrics-messages.ts";
import { FLUSH_MS, MetricsShare } from "../../../src/domain/metrics/metrics-share.ts";
import { FlushSchedule } from "../../../src/services/metrics/flush-schedule.ts";
import { MetricsOutbox } from "../../../src/services/metrics/metrics-outbox.ts";

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

/** How the object takes a flush: well, not at all, or with a reply that is lost. */
type Fate = "taken" | "lost" | "unheard" | "silent";

/** An isolate's outbox before a share, whose flushes meet the fates in their order, then are taken. */
function world(fates: Fate[] = []) {
  const share = new MetricsShare(null);
  const flushes: MetricsFlush[] = [];
  const taken: object[] = [];
  const faults: string[] = [];
  const state = { isBusy: false, isCutOff: false, works: 0, lastId: 0 };
  const now = () => Date.now();
  const schedule = new FlushSchedule({
    now,
    sleep: async (ms) => new Promise((resolve) => void (state.isCutOff || setTimeout(resolve, ms))),
    defer: (work) => {
      state.works += 1;
      void work;
    },
  });
  const outbox = new MetricsOutbox({
    now,
    schedule,
    nextId: () => (state.lastId += 1),
    onFault: (event) => faults.push(event),
    isolate: "a",
    object: () => ({
      async flush(flush) {
        flushes.push(flush);
        const fate = fates.shift() ?? "taken";
        if (fate === "silent") return new Promise(() => undefined);
        if (fate === "unheard") throw new Error("unreachable");
        const flushed = share.flush(structuredClone(flush), Date.now());
        if (fate === "lost") throw new Error("the reply was lost");
        return flushed;
      },
    }),
    gauges: () => ({ active: { standard: state.isBusy ? 1 : 0 } }),
    hasGauges: () => state.isBusy,
    onTaken: (delta) => taken.push(delta),
  });
  const count = (requests: number) => {
    outbox.counts.of("throttled", []).add("requests", requests);
    outbox.plan();
    schedule.drive();
  };
  const counted = () => share.read(Date.now()).counted["throttled"]?.["[]"]?.[0] ?? 0;
  return { share, outbox, flushes, taken, faults, state, count, counted };
}

describe("an outbox of metrics", () => {
  it("flushes all that was counted within 5 s in one call, and is idle after that", async () => {
    const { outbox, flushes, state, count, counted } = world();
    for (let n = 0; n < 100; n++) count(1);
    expect(state.works).toBe(1);
    await vi.advanceTimersByTimeAsync(4_999);
    expect(flushes).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect([flushes.length, counted(), outbox.isIdle]).toEqual([1, 100, true]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(flushes.length).toBe(1);
  });

  it("flushes every 250 ms once the object says that somebody watches", async () => {
    const { share, flushes, count } = world();
    share.watch("page", false, Date.now());
    count(1);
    await vi.advanceTimersByTimeAsync(FLUSH_MS.otherwise);
    for (let tick = 0; tick < 8; tick++) {
      share.watch("page", false, Date.now());
      count(1);
      await vi.advanceTimersByTimeAsync(FLUSH_MS.watched);
    }
    expect(flushes.length).toBe(9);
  });

  it.each<Fate>(["lost", "unheard", "silent"])(
    "sends a flush that was %s again under its id, and it counts once",
    async (fate) => {
      const { flushes, faults, count, counted } = world([fate]);
      count(3);
      await vi.advanceTimersByTimeAsync(FLUSH_MS.otherwise);
      count(4);
      await vi.advanceTimersByTimeAsync(30_000);
      expect(flushes.map(({ id }) => id)).toEqual([1, 1, 2]);
      expect(flushes[1]?.delta).toEqual(flushes[0]?.delta);
      expect([counted(), faults]).toEqual([7, ["metrics_unanswered"]]);
    },
  );

  it("holds no more than two flushes while the object is down", async () => {
    const { flushes, outbox, taken, count } = world(Array.from({ length: 20 }, () => "unheard" as const));
    for (let n = 0; n < 20; n++) {
      count(1);
      await vi.advanceTimersByTimeAsync(FLUSH_MS.otherwise);
    }
    expect(new Set(flushes.map(({ id }) => id))).toEqual(new Set([1]));
    expect([taken.length, outbox.counts.read()["throttled"]]).toEqual([1, { "[]": [19] }]);
  });

  it("flushes from the next request where the one with the timer was cut off", async () => {
    const { outbox, flushes, state, count } = world();
    state.isCutOff = true;
    count(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(flushes).toEqual([]);
    state.isCutOff = false;
    count(1);
    await vi.advanceTimersByTimeAsync(0);
    expect([flushes.length, outbox.isIdle]).toEqual([1, true]);
  });

  it("tells what is under way until nothing is, although nothing is counted", async () => {
    const { share, outbox, flushes, state } = world();
    state.isBusy = true;
    outbox.plan();
    await vi.advanceTimersByTimeAsync(3 * FLUSH_MS.otherwise);
    expect([flushes.length, share.read(Date.now()).active.standard]).toEqual([3, 1]);
    state.isBusy = false;
    await vi.advanceTimersByTimeAsync(60_000);
    expect([flushes.length, share.read(Date.now()).active.standard, outbox.isIdle]).toEqual([4, 0, true]);
  });

  it("flushes at once for a read, but not twice at a time", async () => {
    const { outbox, flushes, count, counted } = world(["silent"]);
    count(2);
    const [first, second] = [outbox.flush(), outbox.flush()];
    await second;
    expect(flushes.length).toBe(1);
    await vi.advanceTimersByTimeAsync(2_000);
    await first;
    await outbox.flush();
    await outbox.flush();
    expect([flushes.length, counted(), outbox.isIdle]).toEqual([2, 2, true]);
  });
});
