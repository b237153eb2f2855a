import { describe, expect, it } from "vitest";
import { LANES } from "../../src/domain/lane.ts";
import { type Scenario, simulate } from "../../load/proofs/gate-sim/simulate.ts";
import { createStrictProvider } from "../../load/proofs/gate-sim/strict-provider.ts";
import { keyOf } from "../domain/gate/support.ts";

/** A small scenario with every fault. `npm run prove -- gate-sim` runs the large scenarios. */
const HOSTILE: Scenario = {
  name: "small",
  workers: 20,
  keys: [keyOf("a", { rpm: 900, tpm: 2_000_000, max_concurrency: 60 }), keyOf("b", { rpm: 300 })],
  concurrency: 70,
  seconds: 130,
  offered_per_s: 40,
  lanes: { high: 0.1, standard: 0.7, batch: 0.2 },
  patience_ms: 30_000,
  latency_ms: [200, 3_000],
  tokens: [200, 1_200],
  aborted: 0.05,
  long: 0.1,
  skew_ms: 30_000,
  loss: 0.02,
  crash_every_ms: 3_000,
  evict_every_ms: 7_000,
  saturates: "thin",
  most_gate_calls: 4,
};

describe("the gate under simulated Workers", () => {
  it.each([1, 2, 3])("breaks no limit and starves no lane, whatever is lost, crashed or evicted (seed %i)", (seed) => {
    const { over_limit, lanes, long, crashes, evictions } = simulate(HOSTILE, seed);
    expect(over_limit).toBe(0);
    expect(crashes).toBeGreaterThan(10);
    expect(evictions).toBeGreaterThan(5);
    for (const { served, max_wait } of [...LANES.map((lane) => lanes[lane]), long]) {
      expect(served).toBeGreaterThan(0);
      expect(max_wait).toBeLessThanOrEqual(HOSTILE.patience_ms);
    }
  });

  it("serves callers whose calls may last longer as often as the others of their isolates", () => {
    const slots = {
      keys: [keyOf("a", { max_concurrency: 10 })],
      workers: 2,
      lanes: { high: 0, standard: 1, batch: 0 },
    };
    const calm = { ...HOSTILE, ...slots, loss: 0, aborted: 0, crash_every_ms: Infinity, evict_every_ms: Infinity };
    const { lanes, long } = simulate({ ...calm, offered_per_s: 12 }, 1);
    const [all, own] = [lanes.standard, long].map(({ asked, served }) => served / asked);
    expect(all).toBeLessThan(0.7);
    expect(own).toBeGreaterThan((all ?? 1) / 2);
  });

  it("wastes little of a limit when nothing goes wrong", () => {
    const calm = { ...HOSTILE, keys: [keyOf("a", { rpm: 1_200 })], aborted: 0, loss: 0, crash_every_ms: Infinity };
    const { over_limit, utilisation } = simulate({ ...calm, evict_every_ms: Infinity, seconds: 185 }, 4);
    expect(over_limit).toBe(0);
    expect(utilisation).toBeGreaterThan(0.93);
    expect(utilisation).toBeLessThanOrEqual(1.01);
  });

  it("keeps the slots of aborted calls while the provider may count them, and no longer", () => {
    const keys = [keyOf("a", { max_concurrency: 60 })];
    const calm = { ...HOSTILE, keys, loss: 0, crash_every_ms: Infinity, evict_every_ms: Infinity, aborted: 0.1 };
    const { over_limit, utilisation } = simulate({ ...calm, offered_per_s: 80, latency_ms: [1_000, 9_000] }, 8);
    expect(over_limit).toBe(0);
    expect(utilisation).toBeGreaterThan(0.85);
  });

  it("comes out the same for the same seed", () => {
    const short = { ...HOSTILE, seconds: 20 };
    expect(simulate(short, 5)).toEqual(simulate(short, 5));
    expect(simulate(short, 5).lanes).not.toEqual(simulate(short, 6).lanes);
  });

  it("would see a limit broken: the provider counts exactly", () => {
    const provider = createStrictProvider([keyOf("a", { rpm: 1, tpm: 5, max_concurrency: 1 })], Infinity);
    provider.begin("a", 5, 0);
    provider.begin("a", 1, 59_999);
    provider.end("a");
    provider.end("a");
    expect(provider.seen("a").over).toEqual({ requests: 1, tokens: 1, concurrency: 1 });
    provider.begin("a", 4, 119_999);
    expect(provider.seen("a").over.requests).toBe(1);
    const together = createStrictProvider([keyOf("a"), keyOf("b")], 1);
    together.begin("a", 1, 0);
    together.begin("b", 1, 0);
    expect([together.seen("a").over.concurrency, together.seen("b").over.concurrency]).toEqual([0, 1]);
  });
});
