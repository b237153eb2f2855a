import { describe, expect, it } from "vitest";
import { BudgetAuthority } from "../../../src/domain/budgets/authority/budget-authority.ts";
import type { LoanAnswer, LoanQuestion } from "../../../src/domain/budgets/protocol/loan-messages.ts";

const NOON = Date.UTC(2026, 10, 30, 12);
const MIDNIGHT = Date.UTC(2026, 11, 1);
const ALERTS = [0.5, 0.8, 1];

function authority(limits: Record<string, [number | null, number | null]>) {
  const budgets = Object.entries(limits).map(([scope, [daily_nanousd, monthly_nanousd]]) => ({
    scope,
    daily_nanousd,
    monthly_nanousd,
    alerts: ALERTS,
  }));
  return new BudgetAuthority({ budgets, tallies: [], loans: [] }, NOON);
}

function asks(more: Partial<LoanQuestion> = {}): LoanQuestion {
  const nothing = { spent: 0, returned: 0, needs: [], ahead: 0, life_ms: 900_000 };
  return { loan: "a", scopes: ["tenant"], seq: 1, ...nothing, ...more };
}

describe("the authority of a tenant's budgets", () => {
  it("lends of all scopes together or not at all, and names the budget that is short", () => {
    const books = authority({ tenant: [null, 1_000], "key:k": [100, null] });
    const scopes = ["tenant", "key:k"];
    expect(books.ask(asks({ scopes, needs: [60, 60, 40] }), NOON)).toEqual({
      granted: 100,
      keep_ms: 250,
      over: false,
      short: { scope: "key:k", window: "daily", limit: 100, remaining: 0, unspent: 100, resets_at: MIDNIGHT },
    });
    expect(books.states(NOON).map(({ scope, reserved }) => [scope, reserved])).toEqual([
      ["tenant", 100],
      ["key:k", 100],
    ]);
  });

  it("lends ahead of callers a twentieth of what is left, so that blocks shrink as the limit nears", () => {
    const books = authority({ tenant: [1_000, null] });
    expect(books.ask(asks({ needs: [200], ahead: 1_000 }), NOON)).toMatchObject({ granted: 240, keep_ms: 2_000 });
    expect(books.ask(asks({ seq: 2, ahead: 1_000 }), NOON).granted).toBe(278);
    expect(books.ask(asks({ seq: 3, needs: [682] }), NOON)).toMatchObject({ granted: 960, keep_ms: 250 });
  });

  it("answers a repeated question without lending again, and takes no report back", () => {
    const books = authority({ tenant: [1_000, null] });
    const first = asks({ needs: [100] });
    books.ask(first, NOON);
    expect(books.ask(first, NOON).granted).toBe(100);
    books.ask(asks({ seq: 2, spent: 30, returned: 50 }), NOON);
    books.ask(first, NOON);
    expect(books.states(NOON)).toMatchObject([{ spent: 30, reserved: 20 }]);
  });

  it("begins every window at nothing, and counts a late report in the day of its loan", () => {
    const books = authority({ tenant: [100, 150] });
    books.ask(asks({ needs: [100] }), MIDNIGHT - 1);
    expect(books.ask(asks({ seq: 2, spent: 60, needs: [40] }), MIDNIGHT)).toMatchObject({ granted: 100, over: true });
    expect(books.states(MIDNIGHT)).toMatchObject([
      { window: "daily", spent: 0, reserved: 0 },
      { window: "monthly", spent: 0, reserved: 0 },
    ]);
    expect(books.ask(asks({ loan: "b", needs: [100] }), MIDNIGHT).granted).toBe(100);
  });

  it("counts all that a vanished isolate was lent as spent, and ends its loan", () => {
    const books = authority({ tenant: [100, null] });
    books.ask(asks({ needs: [90] }), NOON);
    books.ask(asks({ seq: 2, spent: 10 }), NOON + 1);
    expect(books.states(NOON + 900_001)).toMatchObject([{ spent: 90, reserved: 0 }]);
    expect(books.ask(asks({ seq: 3, spent: 20 }), NOON + 900_001)).toMatchObject({ granted: 0, over: true });
  });

  it("counts a call that cost more than was lent in full", () => {
    const books = authority({ tenant: [100, null] });
    books.ask(asks({ needs: [50] }), NOON);
    books.ask(asks({ seq: 2, spent: 70 }), NOON);
    expect(books.states(NOON)).toMatchObject([{ spent: 70, reserved: 0 }]);
  });

  it("lends nothing below a limit that was lowered, and keeps counting without a limit", () => {
    const books = authority({ tenant: [100, null] });
    books.ask(asks({ needs: [80], spent: 0 }), NOON);
    books.change("tenant", { scope: "tenant", daily_nanousd: 50, monthly_nanousd: null, alerts: ALERTS });
    expect(books.ask(asks({ seq: 2, spent: 30, needs: [1] }), NOON).short).toMatchObject({ remaining: 0, unspent: 20 });
    books.change("tenant", null);
    expect(books.ask(asks({ seq: 3, spent: 30, needs: [70] }), NOON).granted).toBe(150);
    books.change("tenant", { scope: "tenant", daily_nanousd: 200, monthly_nanousd: null, alerts: ALERTS });
    expect(books.states(NOON)).toMatchObject([{ limit: 200, spent: 30, reserved: 120 }]);
  });

  it("alerts at the limit where a call cannot fit although its isolate holds a part of what it needs", () => {
    const books = authority({ tenant: [100, null] });
    books.ask(asks({ needs: [70] }), NOON);
    books.ask(asks({ seq: 2, spent: 65 }), NOON + 1);
    expect(books.takeChanges().alerts.map(({ threshold }) => threshold)).toEqual([0.5]);
    const { short } = books.ask(asks({ seq: 3, spent: 65, needs: [32], largest: 37 }), NOON + 2);
    expect(short).toMatchObject({ unspent: 35 });
    expect(books.takeChanges().alerts.map(({ threshold }) => threshold)).toEqual([1]);
  });

  it("names with an alert the call that reached it, or that no longer fits, where they are told", () => {
    const books = authority({ tenant: [100, null] });
    const reached = () => books.takeChanges().alerts.map(({ threshold, traceparent }) => [threshold, traceparent]);
    books.ask(asks({ needs: [90], needed_by: "first" }), NOON);
    books.ask(asks({ seq: 2, spent: 60, spent_by: "second", needed_by: "third" }), NOON);
    expect(reached()).toEqual([[0.5, "second"]]);
    books.ask(asks({ seq: 3, spent: 60, needs: [50], spent_by: "second", needed_by: "fourth" }), NOON);
    expect(reached()).toEqual([[1, "fourth"]]);
    books.ask(asks({ seq: 4, spent: 85 }), NOON);
    expect(reached()).toEqual([[0.8, undefined]]);
  });

  it("alerts for a loan that expires, whoever asks next", () => {
    const books = authority({ tenant: [100, null], "key:k": [10, null] });
    books.ask(asks({ needs: [85], life_ms: 1_000 }), NOON);
    expect(books.nextExpiry).toBe(NOON + 1_000);
    books.expire(NOON + 999);
    expect(books.takeChanges().alerts).toEqual([]);
    books.expire(NOON + 1_000);
    const { alerts, ended } = books.takeChanges();
    expect(alerts.map(({ threshold, spent }) => [threshold, spent])).toEqual([
      [0.5, 85],
      [0.8, 85],
    ]);
    expect([ended, books.nextExpiry]).toEqual([["a"], Infinity]);
  });

  it("alerts once at each share that was spent, and at the limit where a call cannot fit any more", () => {
    const books = authority({ tenant: [100, null] });
    const alerts = () => books.takeChanges().alerts.map(({ threshold, spent }) => [threshold, spent]);
    books.ask(asks({ needs: [70] }), NOON);
    books.ask(asks({ seq: 2, spent: 49 }), NOON);
    expect(alerts()).toEqual([]);
    books.ask(asks({ seq: 3, spent: 50, needs: [20] }), NOON);
    expect(alerts()).toEqual([[0.5, 50]]);
    books.ask(asks({ seq: 4, spent: 50, needs: [51] }), NOON);
    books.ask(asks({ seq: 5, spent: 50, needs: [51] }), NOON);
    expect(alerts()).toEqual([[1, 50]]);
    books.ask(asks({ seq: 6, spent: 90 }), NOON);
    expect(alerts()).toEqual([[0.8, 90]]);
  });

  it("restarts with every loan lent that was not stored as ended", () => {
    const books = authority({ tenant: [100, null] });
    books.ask(asks({ needs: [60] }), NOON);
    const { loans, tallies } = books.takeChanges();
    books.ask(asks({ seq: 2, spent: 10, returned: 20 }), NOON);
    const budgets = [{ scope: "tenant", daily_nanousd: 100, monthly_nanousd: null, alerts: ALERTS }];
    const again = new BudgetAuthority({ budgets, tallies, loans }, NOON);
    expect(again.states(NOON)).toMatchObject([{ spent: 0, reserved: 60 }]);
    again.ask(asks({ seq: 3, spent: 10, returned: 20 }), NOON);
    expect(again.states(NOON)).toMatchObject([{ spent: 10, reserved: 30 }]);
  });

  it("stores a loan when it grows and when it is settled, not with every report", () => {
    const books = authority({ tenant: [100, null] });
    books.ask(asks({ needs: [60] }), NOON);
    expect(books.takeChanges().loans).toHaveLength(1);
    books.ask(asks({ seq: 2, spent: 10 }), NOON);
    expect(books.takeChanges().loans).toHaveLength(0);
    books.ask(asks({ seq: 3, spent: 10, returned: 50 }), NOON);
    expect(books.takeChanges().loans).toMatchObject([{ spent: 10, returned: 50 }]);
  });
});

describe("the authority of budgets that many ask", () => {
  /** Loans that ask one after the other within a second. Returns the last answer. */
  function asked(books: BudgetAuthority, loans: number, more: Partial<LoanQuestion> = {}, from = NOON): LoanAnswer {
    let answer: LoanAnswer | undefined;
    for (let n = 0; n < loans; n++) {
      const at = from + Math.floor((1_000 * n) / loans);
      answer = books.ask(asks({ loan: `loan ${n}`, needs: [1], ...more }), at);
    }
    if (!answer) throw new Error("nobody asked");
    return answer;
  }

  it("sets fifty of them no pace, and thousands one that leaves it half of its time", () => {
    const few = asked(authority({ tenant: [1e12, null] }), 50);
    expect(few).toMatchObject({ keep_ms: 2_000 });
    expect(few).not.toHaveProperty("pace_ms");
    const many = asked(authority({ tenant: [1e12, null] }), 2_000);
    expect(many.pace_ms).toBeGreaterThan(10_000);
    expect(many.keep_ms).toBe(many.pace_ms);
  });

  it("lets a refusal be kept as long, but not beyond half a minute or the end of its window", () => {
    const refused = (from: number) => {
      const books = authority({ tenant: [100, null] });
      books.ask(asks({ needs: [100], spent: 100 }), from);
      return asked(books, 3_000, {}, from);
    };
    expect(refused(NOON).short).not.toBeNull();
    expect(refused(NOON).keep_ms).toBeGreaterThan(10_000);
    expect(refused(NOON).keep_ms).toBeLessThanOrEqual(30_000);
    expect(refused(MIDNIGHT - 4_000).keep_ms).toBeLessThanOrEqual(3_001);
  });

  it("lends ahead by those that ask for the same scopes, and nothing below a lowered limit", () => {
    const books = authority({ tenant: [1_000_000, null], "key:k": [1_000_000, null] });
    asked(books, 200, { needs: [], ahead: 0 });
    const ofKey = { loan: "k", scopes: ["key:k"], ahead: 1e9 };
    expect(books.ask(asks(ofKey), NOON + 1_000).granted).toBe(50_000);
    books.change("key:k", { scope: "key:k", daily_nanousd: 10_000, monthly_nanousd: null, alerts: ALERTS });
    expect(books.ask(asks({ ...ofKey, seq: 2 }), NOON + 1_010).granted).toBe(50_000);
  });

  it("lends ahead no more than half of an equal part of what is left", () => {
    const books = authority({ tenant: [1_000_000, null] });
    asked(books, 200, { needs: [], ahead: 0 });
    expect(books.ask(asks({ loan: "loan 0", seq: 2, ahead: 1e9 }), NOON + 1_000).granted).toBe(2_500);
  });

  it("answers questions that come together as it answers them one by one", () => {
    const questions = [
      asks({ loan: "a", needs: [60] }),
      asks({ loan: "b", needs: [50] }),
      asks({ loan: "a", seq: 2, spent: 20, returned: 40 }),
      asks({ loan: "b", seq: 2, needs: [50] }),
      asks({ loan: "c", seq: 7 }),
    ];
    const [together, alone] = [authority({ tenant: [100, null] }), authority({ tenant: [100, null] })];
    const answers = together.askTogether(questions, NOON);
    expect(answers.map(({ granted, over }) => [granted, over])).toEqual([
      [60, false],
      [0, false],
      [60, false],
      [50, false],
      [0, true],
    ]);
    expect(answers).toEqual(questions.map((question) => alone.ask(question, NOON)));
    expect(together.states(NOON)).toEqual(alone.states(NOON));
    expect(together.takeChanges()).toEqual(alone.takeChanges());
  });
});
