import { describe, expect, it } from "vitest";
import { BREAKER } from "../../../src/domain/gate/authority/breaker.ts";
import type { Lane } from "../../../src/domain/lane.ts";
import { callsIn, gateWithDisk, keyOf, reportOf, requestOf } from "./support.ts";

const NOW = 1_000_000;
const MINUTE = 60_000;
/** A limit small enough that its burst is one call. */
const SLOW = [keyOf("a", { rpm: 20 })];

/** Asks for all that there is every 100 ms, and uses nothing of it. */
function drain(gate: ReturnType<typeof gateWithDisk>, from: number, until: number, keys = SLOW): number {
  let calls = 0;
  for (let now = from; now < until; now += 100)
    calls += callsIn(gate.ask(requestOf(keys, { patience_ms: 0 }), now).reply);
  return calls;
}

describe("the gate's limits", () => {
  it("lease no more than the limit in a minute plus the time in which a permit may be used", () => {
    const gate = gateWithDisk();
    expect(drain(gate, NOW, NOW + MINUTE + 5_000)).toBe(20);
    expect(drain(gate, NOW + MINUTE + 5_000, NOW + MINUTE + 8_500)).toBeGreaterThan(0);
  });

  it("lease nothing twice after an eviction, and allow no new burst", () => {
    const gate = gateWithDisk();
    const before = drain(gate, NOW, NOW + 40_000);
    gate.restart();
    expect(before + drain(gate, NOW + 40_000, NOW + MINUTE + 5_000)).toBeLessThanOrEqual(20);
    const burst = gateWithDisk();
    burst.ask(requestOf([keyOf("a", { rpm: 6_000 })]), NOW);
    burst.restart();
    expect(callsIn(burst.ask(requestOf([keyOf("a", { rpm: 6_000 })], { patience_ms: 0 }), NOW + 1).reply)).toBe(0);
  });

  it("keep the slots of a lease without reports until its calls must have ended, and no longer", () => {
    const gate = gateWithDisk();
    const keys = [keyOf("a", { max_concurrency: 2 })];
    expect(callsIn(gate.ask(requestOf(keys, { waiting: 2 }), NOW).reply)).toBeGreaterThanOrEqual(2);
    gate.restart();
    const refused = (at: number) => gate.ask(requestOf(keys, { patience_ms: 0 }), at).reply?.leases.length === 0;
    // 4 s of life, 3 s of transit, 10 s of call.
    expect(refused(NOW + 16_900)).toBe(true);
    expect(gate.view(keys, NOW + 18_050).concurrency.used).toBe(0);
    expect(refused(NOW + 18_100)).toBe(false);
  });

  it("count a report once, however often and in whatever order it comes", () => {
    const gate = gateWithDisk();
    const keys = [keyOf("a", { rpm: 600, max_concurrency: 5 })];
    const { reply } = gate.ask(requestOf(keys, { waiting: 5 }), NOW);
    const id = reply?.leases[0]?.id ?? "";
    const late = reportOf(id, { ended: 2, slots_back: 2 });
    const last = reportOf(id, { ended: 3, requests_back: 1, slots_back: 4 });
    for (const report of [last, late, last, last]) gate.settle({ reports: [report] }, NOW + 500);
    expect(gate.view(keys, NOW + 500).keys[0]).toMatchObject({ requests: { used: 4 }, concurrency: { used: 1 } });
  });

  it("gain no permits from a clock that is set back or a holder that gives back too much", () => {
    const gate = gateWithDisk();
    const keys = [keyOf("a", { rpm: 60 })];
    const { reply } = gate.ask(requestOf(keys, { waiting: 3 }), NOW);
    const id = reply?.leases[0]?.id ?? "";
    gate.settle({ reports: [reportOf(id, { requests_back: 1_000, tokens_back: 1_000, slots_back: 1_000 })] }, NOW + 10);
    expect(gate.view(keys, NOW + 10).keys[0]).toMatchObject({ requests: { used: 0 }, concurrency: { used: 0 } });
    const used = drain(gate, NOW + 10, NOW + 20_000, keys);
    expect(used + drain(gate, NOW - 100_000, NOW, keys)).toBeLessThanOrEqual(60);
  });

  it("have room again as soon as a call spent fewer tokens than it reserved", () => {
    const gate = gateWithDisk();
    const keys = [keyOf("a", { tpm: 1_000 })];
    const wanted = { first_tokens: 900, mean_tokens: 900, patience_ms: 0 };
    const { reply } = gate.ask(requestOf(keys, wanted), NOW);
    const id = reply?.leases[0]?.id ?? "";
    expect(gate.ask(requestOf(keys, wanted), NOW + 50).reply?.leases).toEqual([]);
    gate.settle({ reports: [reportOf(id, { ended: 1, reserved: 900, spent: 50, slots_back: 1 })] }, NOW + 100);
    expect(gate.view(keys, NOW + 100).keys[0]?.tokens).toEqual({ limit: 1_000, used: 50 });
    expect(gate.ask(requestOf(keys, wanted), NOW + 4_000).reply?.leases).toHaveLength(1);
  });
});

describe("the gate's keys", () => {
  const pair = [keyOf("a"), keyOf("b")];
  const failed = (key: string) => ({ kind: "failed", key, model: "m" }) as const;

  it("open a breaker after three failures, and without checks pass one probe at a time until two passed", () => {
    const gate = gateWithDisk();
    const keys = [keyOf("a")];
    const ask = (at: number) => gate.ask(requestOf(keys, { patience_ms: 0 }), at).reply;
    ask(NOW);
    gate.settle({ outcomes: [failed("a"), failed("a"), failed("a")] }, NOW);
    expect(ask(NOW + 10)?.refusal?.reason).toBe("unavailable");
    const probeAt = NOW + BREAKER.silence_ms;
    expect(ask(probeAt - 1)?.leases).toEqual([]);
    const probe = ask(probeAt)?.leases[0];
    expect(probe).toMatchObject({ probe: true, requests: 1 });
    expect(ask(probeAt + 1)?.leases).toEqual([]);
    const pass = { kind: "passed", key: "a", model: "m", calls: 1, latency_ms: 5, ttft_ms: 5 } as const;
    const over = (lease = "") => ({ reports: [reportOf(lease, { ended: 1, slots_back: 1 })], outcomes: [pass] });
    gate.settle(over(probe?.id), probeAt + 2);
    const second = ask(probeAt + 3)?.leases[0];
    expect(second?.probe).toBe(true);
    gate.settle(over(second?.id), probeAt + 4);
    expect(ask(probeAt + 5)?.leases[0]?.probe).toBe(false);
  });

  it("cool down one by one, for as long as the provider asks", () => {
    const gate = gateWithDisk();
    const limited = { kind: "limited", key: "a", model: "m", retry_after_ms: 7_000 } as const;
    gate.ask(requestOf(pair), NOW);
    gate.settle({ outcomes: [limited] }, NOW);
    gate.restart();
    const keyAt = (at: number) => gate.ask(requestOf(pair, { avoid: ["b"], patience_ms: 0 }), at).reply?.leases[0]?.key;
    expect(gate.ask(requestOf(pair), NOW + 1).reply?.leases[0]?.key).toBe("b");
    expect([keyAt(NOW + 6_999), keyAt(NOW + 7_000)]).toEqual([undefined, "a"]);
  });

  it("rest for one model only where the limit is the model's own", () => {
    const gate = gateWithDisk();
    const limited = { kind: "limited", key: "a", model: "m", retry_after_ms: 7_000, of_model: true } as const;
    gate.ask(requestOf(pair), NOW);
    gate.settle({ outcomes: [limited] }, NOW);
    const keyOfModel = (model: string, at: number) =>
      gate.ask(requestOf(pair, { avoid: ["b"], patience_ms: 0, model }), at).reply?.leases[0]?.key;
    expect([keyOfModel("m", NOW + 1), keyOfModel("other", NOW + 2)]).toEqual([undefined, "a"]);
    const [seen] = gate.view(pair, NOW + 2).keys;
    expect(seen).toMatchObject({ status: "ok", breakers: [{ model: "m", state: "closed", cool_in_ms: 6_998 }] });
    const pass = { kind: "passed", key: "a", model: "m", calls: 1, latency_ms: 1, ttft_ms: 1 } as const;
    gate.settle({ outcomes: [pass] }, NOW + 3);
    expect([keyOfModel("m", NOW + 6_999), keyOfModel("m", NOW + 7_000)]).toEqual([undefined, "a"]);
  });

  it("are parked when refused until they are replaced, with the reason, and reported once", () => {
    const gate = gateWithDisk();
    gate.ask(requestOf(pair), NOW);
    gate.settle({ outcomes: [{ kind: "refused", key: "a", model: "m", status: "credentials" }] }, NOW);
    expect(gate.view(pair, NOW + 1).keys[0]).toMatchObject({ status: "parked", parked_for: "credentials" });
    gate.settle({ outcomes: [{ kind: "refused", key: "a", model: "m", status: "credentials" }] }, NOW + 1);
    expect(gate.parked).toEqual([{ name: "a", status: "credentials" }]);
    const replaced = [keyOf("a", { version: 2 }), keyOf("b")];
    expect(gate.view(replaced, NOW + 2).keys[0]).toMatchObject({ status: "ok", parked_for: null });
    gate.settle({ outcomes: [{ kind: "refused", key: "a", model: "m", status: "quota" }] }, NOW + 3);
    expect(gate.parked.slice(1)).toEqual([{ name: "a", status: "quota" }]);
  });

  it.each([
    ["least_busy", "first"],
    ["fastest", "second"],
    ["weighted", "third"],
  ] as const)("are chosen by the configured strategy: %s", (strategy, expected) => {
    const gate = gateWithDisk({ strategy, random: () => 0.5 });
    const keys = [keyOf("first"), keyOf("second"), keyOf("third", { weight: 8 })];
    expect(gate.view(keys, NOW).strategy).toBe(strategy);
    expect(gate.ask(requestOf(keys), NOW).reply?.leases[0]?.key).toBe(expected);
  });
});

describe("the gate's lanes", () => {
  it("are served by their weights, and none starves", () => {
    // Concurrency is plenty, so that what lanes compete for is the rate.
    const gate = gateWithDisk({ concurrency: { execution: 1_000, test: 50 } });
    const keys = [keyOf("a", { rpm: 600 })];
    gate.ask(requestOf(keys, { waiting: 600, patience_ms: 0 }), NOW);
    const served = { high: 0, standard: 0, batch: 0 };
    const open = new Map<string, keyof typeof served>();
    for (const lane of ["batch", "standard", "high"] as const) {
      for (let each = 0; each < 60; each++) open.set(gate.ask(requestOf(keys, { lane }), NOW).ticket, lane);
    }
    for (let now = NOW; now < NOW + 6_000; now += 50) gate.wake(now);
    for (const [ticket, lane] of open) served[lane] += callsIn(gate.replyTo(ticket));
    // Their weights are 8, 4 and 1, and the high lane does not wait for a round.
    expect(served.high).toBeGreaterThan(served.standard);
    expect(served.standard).toBeGreaterThan(served.high / 4);
    expect(served.standard).toBeGreaterThan(served.batch);
    expect(served.batch).toBeGreaterThan(0);
  });

  it("do not keep the high lane back for those that wait for slots of a purpose which has none left", () => {
    const gate = gateWithDisk({ concurrency: { execution: 1_000, test: 10 } });
    const keys = [keyOf("a", { rpm: 6_000 })];
    gate.ask(requestOf(keys, { waiting: 10, purpose: "test" }), NOW);
    gate.ask(requestOf(keys, { waiting: 5, purpose: "test" }), NOW);
    const served = Array.from(
      { length: 200 },
      (_, at) => gate.ask(requestOf(keys, { lane: "high" }), NOW + at * 20).reply,
    );
    expect(served.filter((reply) => callsIn(reply) > 0)).toHaveLength(200);
  });

  it("do not make the high lane wait for a round: it gets a permit as soon as there is one", () => {
    const gate = gateWithDisk();
    drain(gate, NOW, NOW + 100);
    const standard = gate.ask(requestOf(SLOW), NOW + 2_500).ticket;
    const high = gate.ask(requestOf(SLOW, { lane: "high" }), NOW + 2_500).ticket;
    // A permit comes every 3.3 s, and a round a second after the last.
    gate.wake(NOW + 3_400);
    expect(callsIn(gate.replyTo(high))).toBeGreaterThan(0);
    expect(gate.replyTo(standard)).toBeUndefined();
  });

  it("lose no share to callers without patience, who take what nobody waits for", () => {
    for (const lane of ["batch", "standard", "high"] as const) {
      const gate = gateWithDisk({ concurrency: { execution: 1_000, test: 50 } });
      const keys = [keyOf("a", { rpm: 600 })];
      gate.ask(requestOf(keys, { waiting: 600, patience_ms: 0 }), NOW);
      const ask = (more: object, now: number) => gate.ask(requestOf(keys, more), now);
      const waiting = Array.from({ length: 200 }, () => ask({ lane: "standard" }, NOW).ticket);
      let taken = 0;
      for (let now = NOW; now < NOW + 9_000; now += 10) {
        taken += callsIn(ask({ lane, patience_ms: 0 }, now).reply);
        if (now % 50 === 0) gate.wake(now);
      }
      const served = waiting.reduce((sum, ticket) => sum + callsIn(gate.replyTo(ticket)), 0);
      // The weights are 8, 4 and 1; within a lane, those who wait come first.
      const most = { high: 2.5, standard: 0.05, batch: 0.3 };
      expect([lane, served > 20, taken <= served * most[lane]]).toEqual([lane, true, true]);
    }
  });

  it("take at once what is idle, up to half of all concurrency", () => {
    const gate = gateWithDisk();
    const keys = [keyOf("a")];
    const slots = (lane: Lane, waiting: number) =>
      gate.ask(requestOf(keys, { lane, waiting }), NOW).reply?.leases[0]?.slots;
    expect([slots("batch", 40), slots("standard", 40)]).toEqual([40, 20]);
    expect(gate.view(keys, NOW).lanes).toMatchObject({ batch: { in_flight: 40 }, standard: { in_flight: 20 } });
  });

  it("widen beyond that where callers wait although the keys have room", () => {
    const gate = gateWithDisk();
    const keys = [keyOf("a")];
    expect(gate.ask(requestOf(keys, { waiting: 50 }), NOW).reply?.leases).toHaveLength(1);
    const { ticket } = gate.ask(requestOf(keys, { waiting: 30 }), NOW + 1);
    expect(gate.replyTo(ticket)).toBeUndefined();
    for (let now = NOW; now < NOW + 500; now += 50) gate.wake(now);
    expect(callsIn(gate.replyTo(ticket))).toBeGreaterThan(0);
  });

  it("never widen past what the keys allow", () => {
    const gate = gateWithDisk();
    const keys = [keyOf("a", { max_concurrency: 25 })];
    for (let now = NOW; now < NOW + 5_000; now += 50) gate.ask(requestOf(keys, { waiting: 500 }), now);
    expect(gate.view(keys, NOW + 5_000).lanes.standard.in_flight).toBeLessThanOrEqual(25);
  });

  it("keep a request until its last caller's patience ends, and then answer without a refusal", () => {
    const gate = gateWithDisk();
    drain(gate, NOW, NOW + 1_000);
    const { ticket } = gate.ask(requestOf(SLOW, { waiting: 3, patience_ms: 50, stay_ms: 900 }), NOW + 1_000);
    gate.wake(NOW + 1_400);
    expect(gate.replyTo(ticket)).toBeUndefined();
    gate.wake(NOW + 2_500);
    expect(gate.replyTo(ticket)).toMatchObject({ leases: [], refusal: null });
  });

  it("shed batch first when more callers wait than can be served in time, and say when to retry", () => {
    const gate = gateWithDisk();
    const keys = [keyOf("a", { rpm: 60 })];
    drain(gate, NOW, NOW + 5_000, keys);
    const standard = gate.ask(requestOf(keys, { waiting: 12 }), NOW + 5_000).ticket;
    const batch = gate.ask(requestOf(keys, { waiting: 400, lane: "batch" }), NOW + 5_000).ticket;
    gate.wake(NOW + 6_100);
    expect(gate.replyTo(batch)?.refusal?.reason).toBe("limited");
    expect(gate.replyTo(batch)?.wait_ms).toBeGreaterThan(0);
    expect(gate.replyTo(standard)?.refusal ?? null).toBeNull();
  });

  it("shed the same part of every Worker's callers, and the newest where each has one", () => {
    const gate = gateWithDisk();
    const keys = [keyOf("a", { rpm: 60 })];
    drain(gate, NOW, NOW + 5_000, keys);
    // The first takes what there is, and the second waits.
    for (let first = 0; first < 2; first++) gate.ask(requestOf(keys), NOW + 5_000);
    const many = [300, 100].map((waiting) => gate.ask(requestOf(keys, { waiting }), NOW + 5_000).ticket);
    const single = Array.from({ length: 4 }, () => gate.ask(requestOf(keys), NOW + 5_000).ticket);
    gate.wake(NOW + 6_100);
    const [large = 0, small = 0] = many.map((ticket) => gate.replyTo(ticket)?.refusal?.callers);
    expect(small).toBeGreaterThan(50);
    expect(Math.abs(large / small - 3)).toBeLessThan(0.1);
    const shed = single.map((ticket) => gate.replyTo(ticket)?.refusal?.callers ?? 0);
    expect(shed).toEqual(shed.toSorted((a, b) => a - b));
  });
});
