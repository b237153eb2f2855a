import { describe, expect, it } from "vitest";
import { createDesk } from "../../../src/domain/gate/client/gate-client.ts";
import type { Caller } from "../../../src/domain/gate/client/admission-queue.ts";
import type { KeyLimits, LeaseReport } from "../../../src/domain/gate/protocol/messages.ts";
import { gateWithDisk, keyOf, wishOf } from "./support.ts";

const NOW = 1_000_000;
const caller = (now: number): Caller => ({
  model: "m",
  lane: "standard",
  tokens: 1,
  avoid: [],
  since: now,
  deadline: now + 30_000,
  hold_ms: 10_000,
  patient: true,
});

/** A Worker's desk before a gate, with nothing between them. */
function deskAt(gate: ReturnType<typeof gateWithDisk>, keys: KeyLimits[], id: string) {
  const desk = createDesk(id, "execution");
  return {
    ...desk,
    /** Callers come, and ask for what they need. Gives how many were served. */
    come(callers: number, now: number): number {
      for (let count = 0; count < callers; count++) desk.line.arrive(caller(now), now);
      const [wish] = desk.line.questions(now);
      if (!wish) return 0;
      const question = desk.question(wish, keys, now);
      const { reply } = gate.ask(question, now);
      return reply ? desk.answered(question, wish, reply, now, now).length : 0;
    },
    /** Says what is to be said; gives the slots that are to go. Null where there is nothing. */
    settle(now: number): { renewed: number; leave: number } | null {
      const settlement = desk.settlement(keys, now);
      if (!settlement) return null;
      const renewed = gate.tell(settlement, now);
      desk.settled(settlement, renewed, now, now);
      return { renewed: renewed.length, leave: renewed.reduce((sum, { leave }) => sum + leave, 0) };
    },
  };
}

describe("a lease whose calls go on", () => {
  const SLOTS = [keyOf("a", { max_concurrency: 10 })];

  it("lives on with one word to the gate, for as long as its callers keep it busy", () => {
    const gate = gateWithDisk();
    const desk = deskAt(gate, SLOTS, "w1");
    expect(desk.come(14, NOW)).toBe(10);
    let now = NOW;
    for (let lives = 0; lives < 5; lives++) {
      const due = desk.dueAt(now);
      expect(due).toBe(now + 3_600);
      now = due ?? now;
      expect(desk.settle(now)).toEqual({ renewed: 1, leave: 0 });
      expect(gate.view(SLOTS, now).concurrency.used).toBe(10);
    }
    // It has lived 18 s, and is still used where its first life was 4 s.
    expect(desk.holder.take({ model: "m", lane: "standard", tokens: 1, avoid: [] }, now)).toBeNull();
    expect(desk.line.waiting()).toBe(4);
  });

  it("gives slots to a Worker that has fewer for its callers, and not all at once", () => {
    const gate = gateWithDisk();
    const [rich, poor] = [deskAt(gate, SLOTS, "w1"), deskAt(gate, SLOTS, "w2")];
    expect([rich.come(20, NOW), poor.come(20, NOW)]).toEqual([10, 0]);
    const first = rich.settle(NOW + 3_600);
    expect(first?.renewed).toBe(1);
    expect(first?.leave).toBeGreaterThan(1);
    expect(first?.leave).toBeLessThanOrEqual(5);
    // What is on its way is not asked for again.
    expect(rich.settle(NOW + 7_200)?.leave ?? 0).toBeLessThanOrEqual(5 - (first?.leave ?? 0));
  });

  it("goes on over an eviction of the gate", () => {
    const gate = gateWithDisk();
    const desk = deskAt(gate, SLOTS, "w1");
    desk.come(10, NOW);
    gate.restart();
    expect(desk.settle(NOW + 3_600)).toEqual({ renewed: 1, leave: 0 });
    gate.restart();
    expect(gate.view(SLOTS, NOW + 3_700).concurrency.used).toBe(10);
  });

  it("gives up what its key no longer bears", () => {
    const gate = gateWithDisk();
    deskAt(gate, SLOTS, "w1").come(4, NOW);
    const desk = deskAt(gate, [keyOf("a", { max_concurrency: 6 })], "w2");
    // Six more were lent while ten were allowed.
    deskAt(gate, SLOTS, "w3").come(0, NOW);
    const other = deskAt(gate, SLOTS, "w4");
    expect(other.come(6, NOW)).toBe(6);
    desk.come(1, NOW + 10);
    const settlement = other.settlement([keyOf("a", { max_concurrency: 6 })], NOW + 3_600);
    if (!settlement) throw new Error("nothing was to be renewed");
    expect(gate.tell(settlement, NOW + 3_600)).toMatchObject([{ leave: 4 }]);
  });

  it("ends where its key is not fit to be called", () => {
    const gate = gateWithDisk();
    const desk = deskAt(gate, SLOTS, "w1");
    desk.come(10, NOW);
    const limited = { kind: "limited", key: "a", model: "m", retry_after_ms: 60_000 } as const;
    gate.tell({ outcomes: [limited] }, NOW + 100);
    expect(desk.settle(NOW + 3_600)?.renewed).toBe(0);
  });

  it("gets further calls out of a minute's limit, and none where that is what is short", () => {
    const keys = [keyOf("a", { rpm: 6_000, max_concurrency: 4 })];
    const gate = gateWithDisk();
    const desk = deskAt(gate, keys, "w1");
    expect(desk.come(8, NOW)).toBe(4);
    const before = gate.view(keys, NOW).keys[0]?.requests.used ?? 0;
    expect(desk.settle(NOW + 3_600)?.renewed).toBe(1);
    expect(gate.view(keys, NOW + 3_600).keys[0]?.requests.used).toBeGreaterThan(before);

    const tight = [keyOf("a", { rpm: 60, max_concurrency: 4 })];
    const short = gateWithDisk();
    const other = deskAt(short, tight, "w1");
    expect(other.come(8, NOW)).toBe(3);
    deskAt(short, tight, "w2").come(5, NOW + 100);
    expect(other.settle(NOW + 3_600)?.renewed ?? 0).toBe(0);
  });
});

describe("what a renewal leaves behind", () => {
  const keys = [keyOf("a", { rpm: 6_000, max_concurrency: 2 })];

  it("gives back what came after the lease had ended", () => {
    const gate = gateWithDisk();
    const desk = deskAt(gate, keys, "w1");
    desk.come(2, NOW);
    const settlement = desk.settlement(keys, NOW + 3_600);
    if (!settlement) throw new Error("nothing was to be renewed");
    const renewed = gate.tell(settlement, NOW + 3_600);
    expect(renewed[0]?.requests).toBeGreaterThan(0);
    desk.holder.tidy(NOW + 4_100);
    desk.settled(settlement, renewed, NOW + 3_600, NOW + 4_200);
    const [report] = desk.holder.reports(NOW + 4_200);
    expect(report?.requests_back).toBeGreaterThanOrEqual(renewed[0]?.requests ?? Infinity);
  });

  it("counts what was used once: reports that come twice and in the wrong order change nothing", () => {
    const gate = gateWithDisk();
    const { reply } = gate.ask(wishOf(keys, { waiting: 2, requests: 6 }), NOW);
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
    gate.tell({ renewals, reports: [report(2)] }, NOW + 1_000);
    const used = gate.view(keys, NOW + 1_000).keys[0]?.requests.used;
    for (const ended of [1, 2, 0, 2]) gate.tell({ reports: [report(ended)] }, NOW + 1_100);
    expect(gate.view(keys, NOW + 1_100).keys[0]?.requests.used).toBe(used);
    expect(used).toBe((reply?.leases[0]?.requests ?? 0) + 3);
  });
});
