import { describe, expect, it } from "vitest";
import {
  isOfOwnTests,
  isSameSuite,
  levelOfNext,
  noTests,
  withDone,
} from "../../../src/domain/promotions/canary-tests.ts";
import { toTestCase } from "../../../src/domain/tests/test-case.ts";

const caseOf = (who: string) => toTestCase({ name: who, inputs: { who }, expected: "hi" });
const planOf = (...cases: ReturnType<typeof caseOf>[]) => ({
  prompt: { name: "greet", version: 2 },
  cases,
  models: [null],
  repeat: 1,
  concurrency: 1,
  execution_ids: [],
});

describe("the comparisons of a canary's test runs", () => {
  it("have all together the chance of a false alarm that one may have", () => {
    let tests = noTests();
    let sum = 0;
    for (let n = 0; n < 1_000; n++) {
      sum += levelOfNext(tests, 0.01);
      tests = withDone(tests, `tst_${n}`, true);
    }
    expect(levelOfNext(noTests(), 0.01)).toBeCloseTo(0.005);
    expect(sum).toBeLessThan(0.01);
  });

  it("are not counted for runs that could not be compared, and forget old runs", () => {
    let tests = { ...noTests(), pairs: [{ version: 2, run_id: "tst_0", served_run_id: "tst_x" }] };
    for (let n = 0; n < 200; n++) tests = withDone(tests, `tst_${n}`, false);
    expect(tests).toMatchObject({ comparisons: 0, pairs: [] });
    expect(tests.done).toHaveLength(100);
    expect(tests.done.at(-1)).toBe("tst_199");
  });

  it("are of the version's own tests only, and of runs that made the same", () => {
    const [ada, bob, eve] = ["Ada", "Bob", "Eve"].map(caseOf);
    if (!ada || !bob || !eve) throw new Error("there are three cases");
    expect(isOfOwnTests(planOf(ada), [ada, bob])).toBe(true);
    expect(isOfOwnTests(planOf(ada, eve), [ada, bob])).toBe(false);
    expect(isSameSuite(planOf(ada, bob), { ...planOf(ada, bob), repeat: 5 })).toBe(true);
    expect(isSameSuite(planOf(ada, bob), planOf(bob, ada))).toBe(false);
    expect(isSameSuite(planOf(ada), { ...planOf(ada), models: ["gpt-4o"] })).toBe(false);
  });
});
