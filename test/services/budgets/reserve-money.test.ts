import { expect, test } from "vitest";
import type { LoanQuestion } from "../../../src/domain/budgets/protocol/loan-messages.ts";
import { createReserveMoney } from "../../../src/services/budgets/reserve-money.ts";

const NO_ROOM = {
  scope: "tenant",
  window: "daily",
  limit: 1_000,
  resets_at: 86_400_000,
  remaining: 100,
  unspent: 1_000,
} as const;

test("no money is asked for on behalf of a caller that vanished while it waited", async () => {
  let now = 1_000;
  const asked: LoanQuestion[] = [];
  const reserveMoney = createReserveMoney({
    now: () => now,
    // The platform ends a request's timers with it: what waited for them never goes on.
    sleep: async () => new Promise<void>(() => {}),
    defer: () => {},
    onFault: () => {},
    newId: () => "loan_1",
    objectOf: () => ({
      ask: async (question) => {
        asked.push(question);
        const need = question.needs.reduce((sum, each) => sum + each, 0);
        const fits = need <= NO_ROOM.remaining;
        return { granted: fits ? need : 0, keep_ms: 2_000, over: false, short: fits ? null : NO_ROOM };
      },
    }),
  });
  const call = { tenant_id: "ten_a", scopes: ["tenant"], ends_by: 900_000, signal: AbortSignal.timeout(60_000) };
  void reserveMoney({ ...call, amount: 300, patience_ms: 30_000 });
  await expect.poll(() => asked.length).toBe(1);

  now += 5_000;
  await reserveMoney({ ...call, amount: 40, patience_ms: 0 });

  expect(asked.map(({ needs }) => needs)).toEqual([[300], [40]]);
});
