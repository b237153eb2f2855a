import { describe, expect, it } from "vitest";
import { BREAKER } from "../../../src/domain/gate/authority/breaker.ts";
import { callsIn, gateWithDisk, keyOf, reportOf, wishOf } from "./support.ts";

const NOW = 1_000_000;
const MINUTE = 60_000;
/** A limit small enough that its burst is one call. */
const SLOW = [keyOf("a", { rpm: 20 })];

/** Asks for all there is, every 100 ms, and uses none of it. */
function drain(gate: ReturnType<typeof gateWithDisk>, from: number, until: number, keys = SLOW): number {
  let calls = 0;
  for (let now = from; now < until; now += 100) calls += callsIn(gate.ask(wishOf(keys, { patience_ms: 0 }), now).reply);
  return calls;
}

describe("the gate's limits", () => {
  it("lends no more than the limit in a minute and the time in which a permit may still be used", () => {
    const gate = gateWithDisk();
    expect(drain(gate, NOW, NOW + MINUTE + 5_000)).toBe(20);
    expect(drain(gate, NOW + MINUTE + 5_000, NOW + MINUTE + 8_500)).toBeGreaterThan(0);
  });

  it("lends nothing twice after an eviction, and gives no new burst", () => {
    const gate = gateWithDisk();
    const before = drain(gate, NOW, NOW + 40_000);
    gate.restart();
    expect(before + drain(gate, NOW + 40_000, NOW + MINUTE + 5_000)).toBeLessThanOrEqual(20);
    const burst = gateWithDisk();
    burst.ask(wishOf([keyOf("a", { rpm: 6_000 })]), NOW);
    burst.restart();
    expect(callsIn(burst.ask(wishOf([keyOf("a", { rpm: 6_000 })], { patience_ms: 0 }), NOW + 1).reply)).toBe(0);
  });

  it("keeps the concurrency of a lease that is never heard of until its calls must be over, and no longer", () => {
    const gate = gateWithDisk();
    const keys = [keyOf("a", { max_concurrency: 2 })];
    expect(callsIn(gate.ask(wishOf(keys, { waiting: 2 }), NOW).reply)).toBeGreaterThanOrEqual(2);
    gate.restart();
    const refused = (at: number) => gate.ask(wishOf(keys, { patience_ms: 0 }), at).reply?.leases.length === 0;
    // 4 s of life, 3 s on the way, 10 s of call.
    expect(refused(NOW + 16_900)).toBe(true);
    expect(gate.view(keys, NOW + 18_050).concurrency.used).toBe(0);
    expect(refused(NOW + 18_100)).toBe(false);
  });

  it("counts a report once, however often and in whatever order it comes", () => {
    const gate = gateWithDisk();
    const keys = [keyOf("a", { rpm: 600, max_concurrency: 5 })];
    const { reply } = gate.ask(wishOf(keys, { waiting: 5 }), NOW);
    const id = reply?.leases[0]?.id ?? "";
    const late = reportOf(id, { ended: 2, slots_back: 2 });
    const last = reportOf(id, { ended: 3, requests_back: 1, slots_back: 4 });
    for (const report of [last, late, last, last]) gate.tell({ reports: [report] }, NOW + 500);
    expect(gate.view(keys, NOW + 500).keys[0]).toMatchObject({ requests: { used: 4 }, concurrency: { used: 1 } });
  });

  it("does not let a clock that is set back, or a holder that claims too much, make permits", () => {
    const gate = gateWithDisk();
    const keys = [keyOf("a", { rpm: 60 })];
    const { reply } = gate.ask(wishOf(keys, { waiting: 3 }), NOW);
    const id = reply?.leases[0]?.id ?? "";
    gate.tell({ reports: [reportOf(id, { requests_back: 1_000, tokens_back: 1_000, slots_back: 1_000 })] }, NOW + 10);
    expect(gate.view(keys, NOW + 10).keys[0]).toMatchObject({ requests: { used: 0 }, concurrency: { used: 0 } });
    const used = drain(gate, NOW + 10, NOW + 20_000, keys);
    expect(used + drain(gate, NOW - 100_000, NOW, keys)).toBeLessThanOrEqual(60);
  });

  it("makes room as soon as more tokens were reserved than spent", () => {
    const gate = gateWithDisk();
    const keys = [keyOf("a", { tpm: 1_000 })];
    const wish = { first_tokens: 900, mean_tokens: 900, patience_ms: 0 };
    const { reply } = gate.ask(wishOf(keys, wish), NOW);
    const id = reply?.leases[0]?.id ?? "";
    expect(gate.ask(wishOf(keys, wish), NOW + 50).reply?.leases).toEqual([]);
    gate.tell({ reports: [reportOf(id, { ended: 1, reserved: 900, spent: 50, slots_back: 1 })] }, NOW + 100);
    expect(gate.view(keys, NOW + 100).keys[0]?.tokens).toEqual({ limit: 1_000, used: 50 });
    expect(gate.ask(wishOf(keys, wish), NOW + 4_000).reply?.leases).toHaveLength(1);
  });
});

describe("the gate's keys", () => {
  const pair = [keyOf("a"), keyOf("b")];
  const failed = (key: string) => ({ kind: "failed", key, model: "m" }) as const;

  it("opens a breaker after three failures, and where no check is heard of lets one probe at a time through until two passed", () => {
    const gate = gateWithDisk();
    const keys = [keyOf("a")];
    const ask = (at: number) => gate.ask(wishOf(keys, { patience_ms: 0 }), at).reply;
    ask(NOW);
    gate.tell({ outcomes: [failed("a"), failed("a"), failed("a")] }, NOW);
    expect(ask(NOW + 10)?.refusal?.reason).toBe("unavailable");
    const probeAt = NOW + BREAKER.silence_ms;
    expect(ask(probeAt - 1)?.leases).toEqual([]);
    const probe = ask(probeAt)?.leases[0];
    expect(probe).toMatchObject({ probe: true, requests: 1 });
    expect(ask(probeAt + 1)?.leases).toEqual([]);
    const pass = { kind: "passed", key: "a", model: "m", calls: 1, latency_ms: 5, ttft_ms: 5 } as const;
    const over = (lease = "") => ({ reports: [reportOf(lease, { ended: 1, slots_back: 1 })], outcomes: [pass] });
    gate.tell(over(probe?.id), probeAt + 2);
    const second = ask(probeAt + 3)?.leases[0];
    expect(second?.probe).toBe(true);
    gate.tell(over(second?.id), probeAt + 4);
    expect(ask(probeAt + 5)?.leases[0]?.probe).toBe(false);
  });

  it("cools the key that was limited and not the provider, for as long as it was told", () => {
    const gate = gateWithDisk();
    const limited = { kind: "limited", key: "a", model: "m", retry_after_ms: 7_000 } as const;
    gate.ask(wishOf(pair), NOW);
    gate.tell({ outcomes: [limited] }, NOW);
    gate.restart();
    const keyAt = (at: number) => gate.ask(wishOf(pair, { avoid: ["b"], patience_ms: 0 }), at).reply?.leases[0]?.key;
    expect(gate.ask(wishOf(pair), NOW + 1).reply?.leases[0]?.key).toBe("b");
    expect([keyAt(NOW + 6_999), keyAt(NOW + 7_000)]).toEqual([undefined, "a"]);
  });

  it("parks a key that is refused until it is replaced, shows why, and reports it once", () => {
    const gate = gateWithDisk();
    gate.ask(wishOf(pair), NOW);
    gate.tell({ outcomes: [{ kind: "refused", key: "a", model: "m", status: "credentials" }] }, NOW);
    expect(gate.view(pair, NOW + 1).keys[0]).toMatchObject({ status: "parked", parked_for: "credentials" });
    gate.tell({ outcomes: [{ kind: "refused", key: "a", model: "m", status: "credentials" }] }, NOW + 1);
    expect(gate.parked).toEqual([{ name: "a", status: "credentials" }]);
    const replaced = [keyOf("a", { version: 2 }), keyOf("b")];
    expect(gate.view(replaced, NOW + 2).keys[0]).toMatchObject({ status: "ok", parked_for: null });
    gate.tell({ outcomes: [{ kind: "refused", key: "a", model: "m", status: "quota" }] }, NOW + 3);
    expect(gate.parked.slice(1)).toEqual([{ name: "a", status: "quota" }]);
  });

  it.each([
    ["least_busy", "first"],
    ["fastest", "second"],
    ["weighted", "third"],
  ] as const)("chooses by the strategy that it is set to: %s", (strategy, expected) => {
    const gate = gateWithDisk({ strategy, random: () => 0.5 });
    const keys = [keyOf("first"), keyOf("second"), keyOf("third", { weight: 8 })];
    expect(gate.view(keys, NOW).strategy).toBe(strategy);
    expect(gate.ask(wishOf(keys), NOW).reply?.leases[0]?.key).toBe(expected);
  });
});

describe("the gate's lanes", () => {
  it("serves the important first, and none of the others never", () => {
    const gate = gateWithDisk();
    const keys = [keyOf("a", { rpm: 1_200 })];
    drain(gate, NOW, NOW + 6_000, keys);
    const served = { high: 0, standard: 0, batch: 0 };
    const open = new Map<string, keyof typeof served>();
    for (const lane of ["batch", "standard", "high"] as const) {
      for (let each = 0; each < 60; each++) open.set(gate.ask(wishOf(keys, { lane }), NOW + 6_000).ticket, lane);
    }
    for (let now = NOW + 6_000; now < NOW + 9_000; now += 50) gate.wake(now);
    for (const [ticket, lane] of open) served[lane] += callsIn(gate.answer(ticket));
    expect(served.high).toBeGreaterThan(served.standard);
    expect(served.standard).toBeGreaterThan(served.batch);
    expect(served.batch).toBeGreaterThan(0);
  });

  it("lets the high lane wait for no round: what there is goes to it as soon as there is something", () => {
    const gate = gateWithDisk();
    drain(gate, NOW, NOW + 100);
    const standard = gate.ask(wishOf(SLOW), NOW + 2_500).ticket;
    const high = gate.ask(wishOf(SLOW, { lane: "high" }), NOW + 2_500).ticket;
    // A permit comes every 3.3 s, a round a second after the last.
    gate.wake(NOW + 3_400);
    expect(callsIn(gate.answer(high))).toBeGreaterThan(0);
    expect(gate.answer(standard)).toBeUndefined();
  });

  it("widens a lane whose callers wait although the keys have room", () => {
    const gate = gateWithDisk();
    const keys = [keyOf("a")];
    expect(gate.ask(wishOf(keys, { waiting: 20 }), NOW).reply?.leases).toHaveLength(1);
    const { ticket } = gate.ask(wishOf(keys, { waiting: 30 }), NOW + 1);
    expect(gate.answer(ticket)).toBeUndefined();
    for (let now = NOW; now < NOW + 500; now += 50) gate.wake(now);
    expect(callsIn(gate.answer(ticket))).toBeGreaterThan(0);
  });

  it("never widens a lane past what the keys allow", () => {
    const gate = gateWithDisk();
    const keys = [keyOf("a", { max_concurrency: 25 })];
    for (let now = NOW; now < NOW + 5_000; now += 50) gate.ask(wishOf(keys, { waiting: 500 }), now);
    expect(gate.view(keys, NOW + 5_000).lanes.standard.in_flight).toBeLessThanOrEqual(25);
  });

  it("keeps a wish until its last caller's patience ends, then sends the Worker back, and calls no fit key unfit", () => {
    const gate = gateWithDisk();
    drain(gate, NOW, NOW + 1_000);
    const { ticket } = gate.ask(wishOf(SLOW, { waiting: 3, patience_ms: 50, stay_ms: 900 }), NOW + 1_000);
    gate.wake(NOW + 1_400);
    expect(gate.answer(ticket)).toBeUndefined();
    gate.wake(NOW + 2_500);
    expect(gate.answer(ticket)).toMatchObject({ leases: [], refusal: null });
  });

  it("turns batch away first when more wait than can be served in time, and says when to come again", () => {
    const gate = gateWithDisk();
    const keys = [keyOf("a", { rpm: 60 })];
    drain(gate, NOW, NOW + 5_000, keys);
    const standard = gate.ask(wishOf(keys, { waiting: 12 }), NOW + 5_000).ticket;
    const batch = gate.ask(wishOf(keys, { waiting: 400, lane: "batch" }), NOW + 5_000).ticket;
    gate.wake(NOW + 6_100);
    expect(gate.answer(batch)?.refusal?.reason).toBe("limited");
    expect(gate.answer(batch)?.wait_ms).toBeGreaterThan(0);
    expect(gate.answer(standard)?.refusal ?? null).toBeNull();
  });

  it("turns the same part of every Worker's callers away, and where each has one, those who came last", () => {
    const gate = gateWithDisk();
    const keys = [keyOf("a", { rpm: 60 })];
    drain(gate, NOW, NOW + 5_000, keys);
    // One takes what there is, and one waits.
    for (let first = 0; first < 2; first++) gate.ask(wishOf(keys), NOW + 5_000);
    const many = [300, 100].map((waiting) => gate.ask(wishOf(keys, { waiting }), NOW + 5_000).ticket);
    const single = Array.from({ length: 4 }, () => gate.ask(wishOf(keys), NOW + 5_000).ticket);
    gate.wake(NOW + 6_100);
    const [large = 0, small = 0] = many.map((ticket) => gate.answer(ticket)?.refusal?.callers);
    expect(small).toBeGreaterThan(50);
    expect(Math.abs(large / small - 3)).toBeLessThan(0.1);
    const turned = single.map((ticket) => gate.answer(ticket)?.refusal?.callers ?? 0);
    expect(turned).toEqual(turned.toSorted((a, b) => a - b));
  });
});
