import { describe, expect, it } from "vitest";
import type { GateCaller } from "../../../src/domain/gate/client/caller-group.ts";
import { GateClient } from "../../../src/domain/gate/client/gate-client.ts";
import type { KeyLimits, LeaseReport } from "../../../src/domain/gate/protocol/messages.ts";
import { gateWithDisk, keyOf, requestOf } from "./support.ts";

const NOW = 1_000_000;
const caller = (now: number): GateCaller => ({
  model: "m",
  lane: "standard",
  tokens: 1,
  avoid: [],
  since: now,
  deadline: now + 30_000,
  hold_ms: 60_000,
  patient: true,
});

/** A Worker's client of a gate, with no network between them. */
function clientOf(gate: ReturnType<typeof gateWithDisk>, keys: KeyLimits[], id: string) {
  let configured = keys;
  const client = new GateClient(id, "execution", () => configured);
  return {
    client,
    configure: (next: KeyLimits[]) => void (configured = next),
    /** Brings callers, and asks for what they need. Returns how many were served. */
    come(callers: number, now: number): number {
      for (let count = 0; count < callers; count++) client.queue.arrive(caller(now), now);
      const [question] = client.questions(now);
      if (!question) return 0;
      const { reply } = gate.ask(question.message, now);
      return reply ? client.receive(question, reply, now).length : 0;
    },
    /**
     * Sends a settlement, and returns the renewed leases and leaving slots. Null where none is due.
     */
    settle(now: number): { renewed: number; leave: number } | null {
      const settlement = client.settlement(now);
      if (!settlement) return null;
      const renewed = gate.settle(settlement, now);
      client.settle(settlement, renewed, now, now);
      return { renewed: renewed.length, leave: renewed.reduce((sum, { leave }) => sum + leave, 0) };
    },
  };
}

describe("a lease whose slots stay busy", () => {
  const SLOTS = [keyOf("a", { max_concurrency: 10 })];

  it("is renewed with one message in its life, for as long as its callers keep it busy", () => {
    const gate = gateWithDisk();
    const worker = clientOf(gate, SLOTS, "w1");
    expect(worker.come(14, NOW)).toBe(10);
    let now = NOW;
    for (let lives = 0; lives < 5; lives++) {
      const due = worker.client.dueAt(now);
      expect(due).toBe(now + 3_600);
      now = due ?? now;
      expect(worker.settle(now)).toEqual({ renewed: 1, leave: 0 });
      expect(gate.view(SLOTS, now).concurrency.used).toBe(10);
    }
    // It is still in use after 18 s, although its first life was 4 s.
    expect(worker.client.holder.take({ model: "m", lane: "standard", tokens: 1, avoid: [] }, now)).toBeNull();
    expect(worker.client.queue.size).toBe(4);
  });

  it("gives slots to a Worker that has fewer for its callers, a part at a time", () => {
    const gate = gateWithDisk();
    const [rich, poor] = [clientOf(gate, SLOTS, "w1"), clientOf(gate, SLOTS, "w2")];
    expect([rich.come(20, NOW), poor.come(20, NOW)]).toEqual([10, 0]);
    const first = rich.settle(NOW + 3_600);
    expect(first?.renewed).toBe(1);
    expect(first?.leave).toBeGreaterThan(1);
    expect(first?.leave).toBeLessThanOrEqual(5);
    // Slots that are on their way are not taken twice.
    expect(rich.settle(NOW + 7_200)?.leave ?? 0).toBeLessThanOrEqual(5 - (first?.leave ?? 0));
  });

  it("survives an eviction of the gate", () => {
    const gate = gateWithDisk();
    const worker = clientOf(gate, SLOTS, "w1");
    worker.come(11, NOW);
    gate.restart();
    expect(worker.settle(NOW + 3_600)).toEqual({ renewed: 1, leave: 0 });
    gate.restart();
    expect(gate.view(SLOTS, NOW + 3_700).concurrency.used).toBe(10);
  });

  it("gives up the slots that its key no longer bears", () => {
    const gate = gateWithDisk();
    clientOf(gate, SLOTS, "w1").come(4, NOW);
    const worker = clientOf(gate, [keyOf("a", { max_concurrency: 6 })], "w2");
    // Six more are leased while the limit is ten.
    clientOf(gate, SLOTS, "w3").come(0, NOW);
    const other = clientOf(gate, SLOTS, "w4");
    expect(other.come(7, NOW)).toBe(6);
    worker.come(1, NOW + 10);
    other.configure([keyOf("a", { max_concurrency: 6 })]);
    const settlement = other.client.settlement(NOW + 3_600);
    if (!settlement) throw new Error("nothing was to be renewed");
    expect(gate.settle(settlement, NOW + 3_600)).toMatchObject([{ leave: 4 }]);
  });

  it("is renewed for a lone call only where more calls come", () => {
    const gate = gateWithDisk();
    const [lone, busy] = [clientOf(gate, SLOTS, "w1"), clientOf(gate, SLOTS, "w2")];
    lone.come(1, NOW);
    busy.come(1, NOW);
    for (let at = NOW; at <= NOW + 3_600; at += 300) busy.client.holder.observeCall(caller(at), at);
    expect(busy.settle(NOW + 3_600)?.renewed).toBe(1);
    expect(lone.settle(NOW + 3_600)).toBeNull();
    // It looks again when its call has ended, and not before.
    expect(lone.client.dueAt(NOW + 3_600)).toBe(NOW + 4_000);
    expect(lone.settle(NOW + 4_000)).toBeNull();
    expect(lone.client.dueAt(NOW + 4_000)).toBeNull();
  });

  it("is not renewed where its key is not fit for calls", () => {
    const gate = gateWithDisk();
    const worker = clientOf(gate, SLOTS, "w1");
    worker.come(11, NOW);
    const limited = { kind: "limited", key: "a", model: "m", retry_after_ms: 60_000 } as const;
    gate.settle({ outcomes: [limited] }, NOW + 100);
    expect(worker.settle(NOW + 3_600)?.renewed).toBe(0);
  });

  it("gets further calls out of a key's rate, and none where the rate is short", () => {
    const keys = [keyOf("a", { rpm: 6_000, max_concurrency: 4 })];
    const gate = gateWithDisk();
    const worker = clientOf(gate, keys, "w1");
    expect(worker.come(8, NOW)).toBe(4);
    const before = gate.view(keys, NOW).keys[0]?.requests.used ?? 0;
    expect(worker.settle(NOW + 3_600)?.renewed).toBe(1);
    expect(gate.view(keys, NOW + 3_600).keys[0]?.requests.used).toBeGreaterThan(before);

    const tight = [keyOf("a", { rpm: 60, max_concurrency: 4 })];
    const short = gateWithDisk();
    const other = clientOf(short, tight, "w1");
    expect(other.come(8, NOW)).toBe(3);
    clientOf(short, tight, "w2").come(5, NOW + 100);
    expect(other.settle(NOW + 3_600)?.renewed ?? 0).toBe(0);
  });
});

describe("a renewal", () => {
  const keys = [keyOf("a", { rpm: 6_000, max_concurrency: 2 })];

  it("gives back what came after its lease had ended", () => {
    const gate = gateWithDisk();
    const worker = clientOf(gate, keys, "w1");
    worker.come(3, NOW);
    const settlement = worker.client.settlement(NOW + 3_600);
    if (!settlement) throw new Error("nothing was to be renewed");
    const renewed = gate.settle(settlement, NOW + 3_600);
    expect(renewed[0]?.requests).toBeGreaterThan(0);
    worker.client.holder.tidy(NOW + 4_100);
    worker.client.settle(settlement, renewed, NOW + 3_600, NOW + 4_200);
    const [report] = worker.client.holder.reports(NOW + 4_200);
    expect(report?.requests_back).toBeGreaterThanOrEqual(renewed[0]?.requests ?? Infinity);
  });

  it("leaves what was used counted once, whatever repeated and reordered reports come", () => {
    const gate = gateWithDisk();
    const { reply } = gate.ask(requestOf(keys, { waiting: 2, requests: 6 }), NOW);
    const id = reply?.leases[0]?.id ?? "";
    const report = (ended: number): LeaseReport => ({
      lease: id,
      ended,
      reserved: ended,
      spent: ended,
      requests_back: 0,
      tokens_back: 0,
      slots_back: 0,
      used_ago_ms: 0,
    });
    const renewals = [{ lease: id, requests: 3, tokens: 0 }];
    gate.settle({ renewals, reports: [report(2)] }, NOW + 1_000);
    const used = gate.view(keys, NOW + 1_000).keys[0]?.requests.used;
    for (const ended of [1, 2, 0, 2]) gate.settle({ reports: [report(ended)] }, NOW + 1_100);
    expect(gate.view(keys, NOW + 1_100).keys[0]?.requests.used).toBe(used);
    expect(used).toBe((reply?.leases[0]?.requests ?? 0) + 3);
  });
});
