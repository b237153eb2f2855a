import { describe, expect, it } from "vitest";
import { LoanClient } from "../../../src/domain/budgets/client/loan-client.ts";
import type { LoanAnswer } from "../../../src/domain/budgets/protocol/loan-messages.ts";

const answer = (granted: number, more: Partial<LoanAnswer> = {}): LoanAnswer => ({
  granted,
  keep_ms: 2_000,
  over: false,
  short: null,
  ...more,
});

/** A loan that holds `granted` since time 0. */
function loanOf(granted: number): LoanClient {
  const loan = new LoanClient("a", ["tenant"]);
  const question = loan.question([granted], 0);
  loan.receive(question, answer(granted), 0);
  return loan;
}

describe("an isolate's loan", () => {
  it("asks before it spends anything, and reserves out of what it holds without asking", () => {
    const loan = new LoanClient("a", ["tenant"]);
    expect(loan.reserve(1, 1_000, 0)).toBe("ask");
    loan.receive(loan.question([60], 0), answer(100), 0);
    expect(loan.reserve(60, 1_000, 0)).toMatchObject({ reserved: { amount: 60 } });
    expect(loan.reserve(41, 1_000, 0)).toBe("ask");
    expect(loan.question([41, 10], 0).needs).toEqual([1, 10]);
  });

  it("serves the next calls with what settled ones did not cost, and gives the rest back in time", () => {
    const loan = loanOf(100);
    const first = loan.reserve(90, 60_000, 0);
    if (typeof first === "string" || !("reserved" in first)) throw new Error("nothing reserved");
    loan.settle(first.reserved, 20, 100);
    expect(loan.reserve(80, 60_000, 100)).toHaveProperty("reserved");
    expect(loan.dueAt()).toBe(2_050);
    expect(loan.question([], 2_100)).toMatchObject({ spent: 20, returned: 0, needs: [] });
  });

  it("tells the trace of the last call that came, and of the last that cost something", () => {
    const loan = loanOf(100);
    for (const [cost, trace] of [
      [20, "a"],
      [0, "b"],
    ] as const) {
      loan.observeCall(50, 0, trace);
      const verdict = loan.reserve(50, 60_000, 0);
      if (typeof verdict === "string" || !("reserved" in verdict)) throw new Error("nothing reserved");
      loan.settle(verdict.reserved, cost, 100, trace);
    }
    expect(loan.question([], 100)).toMatchObject({ spent: 20, spent_by: "a", needed_by: "b" });
  });

  it("takes what a lost answer lent out of the next one, and no late answer twice", () => {
    const loan = new LoanClient("a", ["tenant"]);
    const lost = loan.question([50], 0);
    loan.lose(lost, 2_000);
    expect(loan.reserve(50, 9_000, 2_000)).toBe("unanswered");
    const next = loan.question([50], 2_300);
    loan.receive(next, answer(100), 2_300);
    loan.receive(lost, answer(50), 2_310);
    expect(loan.reserve(100, 9_000, 2_320)).toHaveProperty("reserved");
    expect(loan.reserve(1, 9_000, 2_320)).toBe("ask");
  });

  it("gives back what a question that came too late opened, where the loan is over by then", () => {
    const loan = new LoanClient("a", ["tenant"]);
    const first = loan.question([50], 0);
    loan.lose(first, 2_000);
    // The authority saw the second question before the first one: it is of no loan that it knows.
    loan.receive(loan.question([50], 2_300), answer(0, { keep_ms: 0, over: true }), 2_310);
    loan.receive(first, answer(50), 2_400);
    expect([loan.isIdle(), loan.dueAt()]).toEqual([false, 4_450]);
    expect(loan.question([], 4_450)).toMatchObject({ spent: 0, returned: 50 });
  });

  it("counts a call that nobody settled as having cost all that was reserved", () => {
    const loan = loanOf(100);
    const vanished = loan.reserve(100, 5_000, 0);
    loan.reserve(1, 9_000, 5_000);
    expect(loan.question([], 5_000)).toMatchObject({ spent: 100, returned: 0 });
    if (typeof vanished === "string" || !("reserved" in vanished)) throw new Error("nothing reserved");
    loan.settle(vanished.reserved, 10, 5_001);
    expect(loan.question([], 5_002)).toMatchObject({ spent: 100 });
  });

  it("asks ahead of demand behind the reply, for the mean amount of the calls to come", () => {
    const loan = loanOf(40);
    for (let at = 0; at < 2_000; at += 10) loan.observeCall(10, at);
    expect(loan.isDue(1_990)).toBe(true);
    const { ahead } = loan.question([], 1_990);
    expect(ahead).toBeGreaterThan(500);
    expect(ahead).toBeLessThan(1_100);
  });

  it("is quiet once the authority knows everything", () => {
    const loan = loanOf(10);
    const first = loan.reserve(10, 60_000, 0);
    if (typeof first === "string" || !("reserved" in first)) throw new Error("nothing reserved");
    loan.settle(first.reserved, 10, 100);
    const report = loan.question([], 3_000);
    loan.receive(report, answer(10), 3_010);
    expect([loan.dueAt(), loan.isIdle()]).toEqual([null, true]);
  });

  it("keeps a refusal as long as it is told, and at least for a moment", () => {
    const shortage = { scope: "tenant", window: "daily", limit: 9, resets_at: 1, remaining: 0, unspent: 9 } as const;
    for (const [keep_ms, until] of [
      [0, 250],
      [250, 250],
      [8_000, 8_000],
    ] as const) {
      const loan = new LoanClient("a", ["tenant"]);
      loan.receive(loan.question([5], 0), answer(0, { keep_ms, short: shortage }), 0);
      expect(loan.reserve(5, 90_000, until - 1)).toEqual({ short: shortage, wait_ms: 1 });
      expect(loan.reserve(5, 90_000, until)).toBe("ask");
    }
  });

  it("keeps the refusal of a large call for a moment only from those that what is left may serve", () => {
    const shortage = { scope: "tenant", window: "daily", limit: 9, resets_at: 1, remaining: 7, unspent: 9 } as const;
    const loan = new LoanClient("a", ["tenant"]);
    loan.receive(loan.question([10], 0), answer(0, { keep_ms: 8_000, short: shortage }), 0);
    expect(loan.reserve(7, 90_000, 249)).toEqual({ short: shortage, wait_ms: 1 });
    expect([loan.reserve(7, 90_000, 250), loan.reserve(8, 90_000, 250)]).toEqual([
      "ask",
      { short: shortage, wait_ms: 7_750 },
    ]);
  });

  it("asks nothing ahead before its pace, and then for the demand of a longer time", () => {
    const loan = loanOf(40);
    for (let at = 0; at < 2_000; at += 10) loan.observeCall(10, at);
    loan.receive(loan.question([10], 1_990), answer(60, { pace_ms: 6_000, keep_ms: 6_000 }), 1_990);
    for (let at = 2_000; at < 7_980; at += 10) loan.observeCall(10, at);
    expect(loan.isDue(7_980)).toBe(false);
    expect(loan.reserve(1_000, 90_000, 7_980)).toBe("ask");
    expect(loan.isDue(7_990)).toBe(true);
    const { ahead } = loan.question([], 7_990);
    expect(ahead).toBeGreaterThan(7_000);
    expect(ahead).toBeLessThan(10_000);
  });

  it("gives everything back once nobody has called for ten seconds, whatever its pace", () => {
    const loan = loanOf(40);
    for (let at = 0; at < 2_000; at += 1) loan.observeCall(10, at);
    loan.receive(loan.question([10], 2_000), answer(90_000, { pace_ms: 28_000, keep_ms: 28_000 }), 2_000);
    expect(loan.dueAt()).toBe(12_000);
    loan.observeCall(10, 3_000);
    expect(loan.dueAt()).toBe(13_000);
    const early = loan.question([], 12_999);
    expect(early.returned).toBe(40);
    loan.lose(early, 12_999);
    const last = loan.question([], 13_000);
    expect(last).toMatchObject({ returned: 90_000, ahead: 0 });
    loan.receive(last, answer(90_000, { pace_ms: 28_000, keep_ms: 28_000 }), 13_100);
    expect([loan.dueAt(), loan.isIdle()]).toEqual([null, true]);
  });

  it("does not ask with every call for what it was not lent ahead", () => {
    const loan = loanOf(40);
    for (let at = 0; at < 2_000; at += 10) loan.observeCall(10, at);
    loan.receive(loan.question([], 1_990), answer(45), 1_990);
    expect([loan.isDue(2_239), loan.isDue(2_240)]).toEqual([false, true]);
  });

  it("takes nothing ahead along with a report while it holds half of what it expects to need", () => {
    const loan = loanOf(700);
    for (let at = 0; at < 2_000; at += 10) loan.observeCall(10, at);
    expect(loan.question([], 1_990).ahead).toBe(0);
  });

  it("asks ever more rarely while nobody answers, and at once after an answer", () => {
    const loan = new LoanClient("a", ["tenant"]);
    const waits = [0, 10_000, 20_000, 30_000, 40_000].map((at) => {
      loan.lose(loan.question([50], at), at);
      return [249, 250, 499, 500, 999, 1_000, 1_999, 2_000].find((ms) => loan.reserve(50, 90_000, at + ms) === "ask");
    });
    expect(waits).toEqual([250, 500, 1_000, 2_000, 2_000]);
    loan.receive(loan.question([50], 50_000), answer(50), 50_000);
    loan.lose(loan.question([50], 60_000), 60_000);
    expect(loan.reserve(500, 90_000, 60_250)).toBe("ask");
  });
});
