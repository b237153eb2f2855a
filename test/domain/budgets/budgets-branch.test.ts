import { describe, expect, it } from "vitest";
import { WorldClock } from "../../../load/proofs/world/world-clock.ts";
import { createRandom } from "../../../load/proofs/gate-sim/random.ts";
import type { LoanAnswer, LoanQuestion } from "../../../src/domain/budgets/protocol/loan-messages.ts";
import { OBJECT_TIMES } from "../../../src/domain/pace.ts";
import { BudgetsBranch } from "../../../src/durable-objects/budgets-branch.ts";

const ANSWER: LoanAnswer = { granted: 10, keep_ms: 2_000, over: false, short: null };

function asks(loan: string, seq = 1): LoanQuestion {
  return { loan, seq, scopes: ["tenant"], spent: 0, returned: 0, needs: [10], ahead: 0, life_ms: 900_000 };
}

/** A branch whose root answers after `ms` by `answers`, and what the root was asked at which time. */
async function within(
  { ms = 20, answers = async (some: readonly LoanQuestion[]) => Promise.resolve(some.map(() => ANSWER)) },
  work: (branch: BudgetsBranch, clock: WorldClock, asked: (readonly [number, string[]])[]) => Promise<void>,
): Promise<void> {
  const clock = new WorldClock();
  const restore = clock.install(createRandom(1));
  const asked: (readonly [number, string[]])[] = [];
  try {
    const branch = new BudgetsBranch({
      now: () => clock.now(),
      sleep: async (time) => clock.sleep(time),
      times: OBJECT_TIMES,
      root: () => ({
        askTogether: async (questions) => {
          asked.push([clock.elapsed(), questions.map(({ loan, seq }) => `${loan}/${seq}`)]);
          await clock.sleep(ms);
          return answers(questions);
        },
      }),
    });
    await work(branch, clock, asked);
  } finally {
    restore();
  }
}

/** What became of questions, in the order of their ends. */
function ends(branch: BudgetsBranch) {
  const seen: string[] = [];
  const ask = (question: LoanQuestion) => {
    branch.ask(question).then(
      ({ granted }) => seen.push(`${question.loan} ${granted}`),
      (error: unknown) => seen.push(`${question.loan} ${error instanceof Error ? error.message : "?"}`),
    );
  };
  return { seen, ask };
}

describe("the object of a branch of budgets", () => {
  it("passes the first question on at once, and what comes meanwhile in one request a quarter of a second later", async () => {
    await within({}, async (branch, clock, asked) => {
      const { seen, ask } = ends(branch);
      for (const loan of ["a", "b", "c"]) ask(asks(loan));
      await clock.runUntil(200);
      ask(asks("d"));
      await clock.runUntil(1_000);
      expect(asked).toEqual([
        [0, ["a/1"]],
        [250, ["b/1", "c/1", "d/1"]],
      ]);
      expect(seen).toEqual(["a 10", "b 10", "c 10", "d 10"]);
    });
  });

  it("gives each loan its own answer", async () => {
    const answers = async (some: readonly LoanQuestion[]) =>
      Promise.resolve(some.map(({ loan }) => ({ ...ANSWER, granted: loan.length })));
    await within({ answers }, async (branch, clock) => {
      const { seen, ask } = ends(branch);
      for (const loan of ["a", "bb", "ccc"]) ask(asks(loan));
      await clock.runUntil(1_000);
      expect(seen).toEqual(["a 1", "bb 2", "ccc 3"]);
    });
  });

  it("has one request open at a time, so that a slow root is asked as often as it answers", async () => {
    await within({ ms: 900 }, async (branch, clock, asked) => {
      const { ask } = ends(branch);
      for (let n = 0; n < 30; n++) clock.in(undefined, 100 * n, () => ask(asks(`loan ${n}`)));
      await clock.runUntil(5_000);
      expect(asked.map(([at]) => at)).toEqual([0, 900, 1_800, 2_700, 3_600]);
      expect(asked.flatMap(([, some]) => some)).toHaveLength(30);
    });
  });

  it("leaves its isolates without an answer where the root has none, and asks it again", async () => {
    const state = { isAway: true };
    const answers = async (some: readonly LoanQuestion[]) =>
      state.isAway ? Promise.reject(new Error("away")) : Promise.resolve(some.map(() => ANSWER));
    await within({ answers }, async (branch, clock) => {
      const { seen, ask } = ends(branch);
      ask(asks("a"));
      await clock.runUntil(100);
      state.isAway = false;
      ask(asks("a", 2));
      await clock.runUntil(1_000);
      expect(seen).toEqual(["a away", "a 10"]);
    });
  });

  it("does not pass on what its isolate has given up", async () => {
    await within({ ms: 60_000 }, async (branch, clock, asked) => {
      const { seen, ask } = ends(branch);
      for (const loan of ["a", "b"]) ask(asks(loan));
      await clock.runUntil(10);
      ask(asks("c"));
      await clock.runUntil(2_100);
      expect(asked.map(([, some]) => some)).toEqual([["a/1"], ["c/1"]]);
      expect(seen).toEqual(["b The budgets did not answer their branch in time."]);
    });
  });

  it("gives an isolate its answer however late, because it may have lent something, and asks on meanwhile", async () => {
    await within({ ms: 2_600 }, async (branch, clock, asked) => {
      const { seen, ask } = ends(branch);
      ask(asks("a"));
      await clock.runUntil(1_000);
      ask(asks("b"));
      await clock.runUntil(10_000);
      expect(asked.map(([at]) => at)).toEqual([0, 2_000]);
      expect(seen).toEqual(["a 10", "b 10"]);
    });
  });

  it("sets its isolates a pace of its own where it has more of them than it can answer", async () => {
    await within({}, async (branch, clock) => {
      const found: LoanAnswer[] = [];
      for (let n = 0; n < 3_000; n++) void branch.ask(asks(`loan ${n}`)).then((answer) => found.push(answer));
      await clock.runUntil(5_000);
      expect(found[0]).toEqual(ANSWER);
      expect(found.at(-1)?.pace_ms).toBeGreaterThan(3_000);
      expect(found.at(-1)?.keep_ms).toBe(found.at(-1)?.pace_ms);
    });
  });
});
