import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LedgerLease } from "../../../src/domain/gate/authority/ledger-lease.ts";
import { adoptOldRows } from "../../../src/domain/gate/authority/stored-part.ts";
import type { CallOutcome, KeyLimits, Lease } from "../../../src/domain/gate/protocol/messages.ts";
import { callsIn, gateWithDisk, keyOf, NOW, reportOf, requestOf } from "./support.ts";

const SEED = 20_261_126;
const now = { patience_ms: 0 };
const LIMITED = [keyOf("a", { rpm: 500, tpm: 200_000, max_concurrency: 20 })];
const PASSED: CallOutcome = { kind: "passed", key: "a", model: "m", calls: 1, latency_ms: 900, ttft_ms: 300 };

/** A call of an isolate that makes no other: it asks, calls, and reports. */
function callOnce(gate: ReturnType<typeof gateWithDisk>, keys: KeyLimits[], at: number) {
  const tokens = { first_tokens: 500, mean_tokens: 500 };
  const { reply } = gate.ask(requestOf(keys, { ...now, ...tokens, holder: `w${at}` }), at);
  const [lease] = reply?.leases ?? [];
  const report = reportOf(lease?.id ?? "", { ended: 1, reserved: 500, spent: 120, slots_back: 1 });
  gate.settle({ keys, holder: `w${at}`, reports: [report], outcomes: [PASSED] }, at + 2_000);
  return callsIn(reply);
}

/** What counts as used of the key `a`. */
function usedOf(gate: ReturnType<typeof gateWithDisk>, keys: KeyLimits[], at: number) {
  const [key] = gate.view(keys, at).keys;
  return { requests: key?.requests.used ?? 0, tokens: key?.tokens.used ?? 0, slots: key?.concurrency.used ?? 0 };
}

describe("the rows of a gate whose tenant calls rarely", () => {
  it.each([
    ["without limits", [keyOf("a")]],
    ["with limits", LIMITED],
  ])("are one for each call %s, though an eviction is between any two", (_case, keys) => {
    const gate = gateWithDisk();
    for (let call = 0; call < 20; call++) {
      expect(callOnce(gate, keys, NOW + call * 86_000)).toBe(1);
      gate.restart();
    }
    expect(gate.writes).toEqual({ configuration: 1, keys: 0, parts: 20 });
  });

  it("include the return of a slot where the next call would wait for it", () => {
    const gate = gateWithDisk();
    const single = [keyOf("a", { max_concurrency: 1 })];
    for (let call = 0; call < 5; call++) {
      expect(callOnce(gate, single, NOW + call * 3_000)).toBe(1);
      gate.restart();
    }
    expect(gate.writes.parts).toBe(10);
  });

  it("are one for the answers of a round and the leases of each isolate, however many there are", () => {
    const gate = gateWithDisk();
    for (let call = 0; call < 10; call++) gate.ask(requestOf(LIMITED, now), NOW + call * 1_000);
    expect(gate.writes.parts).toBe(10);
    expect(gate.parts.size).toBe(1);
  });
});

describe("what a gate has on disk", () => {
  const keys = [keyOf("a", { rpm: 120, tpm: 40_000, max_concurrency: 12 })];
  const step = fc.record({
    wait: fc.integer({ min: 0, max: 4_000 }),
    holder: fc.constantFrom("w1", "w2", "w3"),
    act: fc.constantFrom("ask", "ask", "end", "return", "overspend", "renew"),
  });

  it("is never less than what is in use, and leaves a quarter of each limit beside that", () => {
    const property = fc.property(fc.array(step, { minLength: 5, maxLength: 40 }), (steps) => {
      const gate = gateWithDisk();
      const held: { lease: Lease; ended: number; spent: number }[] = [];
      let at = NOW;
      for (const { wait, holder, act } of steps) {
        at += wait;
        const more = { ...now, hold_ms: 300_000, holder, waiting: 2, first_tokens: 300, mean_tokens: 300 };
        if (act === "ask") {
          const leases = gate.ask(requestOf(keys, more), at).reply?.leases ?? [];
          held.push(...leases.map((lease) => ({ lease, ended: 0, spent: 0 })));
        } else if (held[0]) {
          const { lease } = held[0];
          const isLast = act === "return";
          const used = (held[0].ended += isLast ? 0 : 1);
          held[0].spent += act === "overspend" ? 900 : 100;
          const calls = lease.requests ?? 0;
          const back = { requests_back: Math.max(0, calls - used), slots_back: lease.slots };
          const report = { ended: used, reserved: used * 300, spent: held[0].spent, ...(isLast ? back : {}) };
          const renewals = act === "renew" ? [{ lease: lease.id, requests: 1, tokens: 300 }] : [];
          gate.settle({ holder, keys, renewals, reports: [reportOf(lease.id, report)] }, at);
          if (isLast) held.shift();
        }
        const before = usedOf(gate, keys, at);
        gate.restart();
        const after = usedOf(gate, keys, at);
        for (const [unit, limit] of [
          ["requests", 120],
          ["tokens", 40_000],
          ["slots", 12],
        ] as const) {
          // What is not in use counts as used only where a quarter of the limit is left.
          const mostStored = Math.max(before[unit], limit * 0.75);
          expect(after[unit]).toBeGreaterThanOrEqual(before[unit]);
          expect(after[unit]).toBeLessThanOrEqual(mostStored);
        }
      }
    });
    fc.assert(property, { seed: SEED, numRuns: 150 });
  });

  it("has the tokens that a call took beyond its reservation", () => {
    const gate = gateWithDisk();
    const { reply } = gate.ask(requestOf(keys, { ...now, first_tokens: 100, mean_tokens: 100 }), NOW);
    const report = reportOf(reply?.leases[0]?.id ?? "", { ended: 1, reserved: 100, spent: 9_000, slots_back: 1 });
    gate.settle({ keys, reports: [report] }, NOW + 1_000);
    gate.restart();
    expect(usedOf(gate, keys, NOW + 1_001).tokens).toBe(9_000);
  });

  it("has what was used before a limit was learned", () => {
    const open = [keyOf("a")];
    const gate = gateWithDisk();
    for (let call = 0; call < 8; call++) callOnce(gate, open, NOW + call * 3_000);
    const limited = { kind: "limited", key: "a", model: "m", retry_after_ms: 1, rpm: 60, tpm: 9_000 } as const;
    gate.settle({ keys: open, outcomes: [limited] }, NOW + 24_000);
    gate.restart();
    expect(usedOf(gate, open, NOW + 24_001)).toMatchObject({ requests: 8, tokens: 8 * 120 });
  });

  it("keeps the charges of a removed key beside those of others that are stored with it", () => {
    const gate = gateWithDisk();
    const of = (name: string) => [keyOf(name, { rpm: 60 })];
    gate.ask(requestOf(of("a"), now), NOW);
    gate.restart();
    gate.ask(requestOf(of("b"), now), NOW + 1_000);
    gate.restart();
    expect(gate.view(of("a"), NOW + 2_000).keys[0]?.requests.used).toBe(1);
  });
});

describe("rows of the version before, which stored each lease and the charges of each key", () => {
  const slot = NOW / 250 + 20;
  const lease: Omit<LedgerLease, "part"> = {
    id: "old-1",
    key: "a",
    model: "m",
    lane: "standard",
    slots: 2,
    life_ms: 2_000,
    transit_ms: 3_000,
    probe: false,
    scarce: true,
    requests: 5,
    tokens: null,
    holder: "w9",
    purpose: "execution",
    granted_at: NOW,
    slot,
    hold_ms: 60_000,
    hold_until: NOW + 65_000,
    leaving: 0,
    told: { ended: 1, reserved: 0, spent: 0, requests_back: 0, tokens_back: 0, slots_back: 0 },
  };
  const charges: [number, number][] = [
    [slot - 4, 1],
    [slot, 4],
  ];
  const row = { name: "a", cool_until: 0, parked_until: 0, parked_for: null, requests: charges, tokens: [] };
  const keys = [keyOf("a", { rpm: 100, max_concurrency: 4 })];

  it("are moved once, and count as they did", () => {
    const gate = gateWithDisk({}, { keys: [row], leases: [lease] });
    for (let lives = 0; lives < 3; lives++) {
      expect(usedOf(gate, keys, NOW + 1 + lives)).toEqual({ requests: 5, tokens: 0, slots: 2 });
      gate.restart();
    }
    const stored = { keys: [...gate.stored.values()], parts: [...gate.parts.values()], leases: [] };
    expect(adoptOldRows(stored)).toBeNull();
  });

  it("go on: the isolate's reports settle what they hold", () => {
    const gate = gateWithDisk({}, { keys: [row], leases: [lease] });
    gate.settle({ keys, reports: [reportOf("old-1", { ended: 2, requests_back: 3, slots_back: 2 })] }, NOW + 100);
    expect(usedOf(gate, keys, NOW + 101)).toEqual({ requests: 2, tokens: 0, slots: 0 });
  });

  it("that came back after a rollback are added to the newer ones", () => {
    const gate = gateWithDisk();
    gate.ask(requestOf(keys, { ...now, waiting: 2 }), NOW);
    const parts = [...gate.parts.values()];
    const again = gateWithDisk({}, { keys: [row], leases: [lease], parts });
    expect(usedOf(again, keys, NOW + 1)).toEqual({ requests: 7, tokens: 0, slots: 4 });
  });
});
