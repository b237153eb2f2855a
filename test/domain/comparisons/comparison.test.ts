import { describe, expect, it } from "vitest";
import {
  comparedSteps,
  type ComparisonPlan,
  type ComparisonResult,
  comparisonSteps,
  type JudgedOrder,
} from "../../../src/domain/comparisons/comparison.ts";
import { pairwiseMessages, readWinner } from "../../../src/domain/comparisons/pairwise-judge.ts";
import { summarizeComparison } from "../../../src/domain/comparisons/summarize-comparison.ts";
import type { TestCase } from "../../../src/domain/tests/test-case.ts";
import type { TrialResult } from "../../../src/domain/tests/test-run.ts";

function planOf(inputs: number, subjects: number, change: Partial<ComparisonPlan> = {}): ComparisonPlan {
  const cases = Array.from({ length: inputs }, (_, n): TestCase => ({
    name: `input ${n}`,
    variables: { n },
    assertions: [],
    weight: 1,
  }));
  const shape = {
    prompt: "p",
    subjects: Array.from({ length: subjects }, (_, at) => ({ version: at + 1, label: null, model: null })),
    cases,
    repeat: 1,
    concurrency: 5,
    judge: null,
    max_cost_nanousd: null,
    ...change,
  };
  return { ...shape, execution_ids: Array.from({ length: comparedSteps(shape) }, (_, at) => `exe_${at}`) };
}

function trial(position: number, change: Partial<TrialResult> = {}): TrialResult {
  const facts = { execution_id: `exe_${position}`, error: null, cost_nanousd: 10, latency_ms: 100, tokens: 20 };
  return { position, passed: true, score: 1, checks: [], output: `answer ${position}`, ...facts, ...change };
}

/** The results of a plan: its trials by `of`, its questions by `winner`. */
function resultsOf(
  plan: ComparisonPlan,
  of: (position: number, subject: number) => Partial<TrialResult>,
  winner: JudgedOrder["winner"] | ((first: number) => JudgedOrder["winner"]) = "tie",
): ComparisonResult[] {
  const results: ComparisonResult[] = [];
  for (let steps = comparisonSteps(plan, results); steps.length > 0; steps = comparisonSteps(plan, results)) {
    for (const step of steps) {
      if ("trial" in step) {
        const { position } = step.trial;
        results.push(trial(position, of(position, position % plan.subjects.length)));
      } else {
        const { position, first } = step.pair;
        const said = typeof winner === "function" ? winner(first) : winner;
        results.push({ position, winner: said, reason: "", cost_nanousd: 3 });
      }
    }
  }
  return results.sort((a, b) => a.position - b.position);
}

const whole = true;
const judge = { criteria: "better", model: null };

describe("a comparison", () => {
  it("asks all subjects for an answer to each input, and each answer under an id of its own", () => {
    const steps = comparisonSteps(planOf(3, 2, { repeat: 2 }), []);
    expect(steps.length).toBe(12);
    const trials = steps.flatMap((step) => ("trial" in step ? [step.trial] : []));
    expect(trials.map(({ position }) => position)).toEqual(trials.map((_, at) => at));
    expect(new Set(trials.map(({ execution_id }) => execution_id)).size).toBe(12);
    expect(trials.slice(0, 4).map(({ prompt, case: { name } }) => [prompt.version, name])).toEqual([
      [1, "input 0"],
      [2, "input 0"],
      [1, "input 0"],
      [2, "input 0"],
    ]);
  });

  it("judges each two answers to an input in both orders, once they are there", () => {
    const plan = planOf(1, 3, { judge });
    const answers = [trial(0), trial(1), trial(2, { error: { code: "timeout", detail: "Late." }, output: null })];
    expect(comparisonSteps(plan, answers.slice(0, 2)).map((step) => "trial" in step)).toEqual([true]);
    const asked = comparisonSteps(plan, answers).flatMap((step) => ("pair" in step ? [step.pair] : []));
    expect(asked.map(({ first, second, execution_id }) => [first, second, execution_id])).toEqual([
      [0, 1, "exe_3"],
      [1, 0, "exe_4"],
    ]);
  });

  it("finds the better of two by score, with what it costs more", () => {
    const plan = planOf(40, 2);
    const better = (_position: number, subject: number) =>
      subject === 0 ? { cost_nanousd: 30, tokens: 50 } : { passed: false, score: 0 };
    const { subjects, pairs, cost_nanousd } = summarizeComparison(plan, resultsOf(plan, better), whole);
    expect(subjects.map(({ pass_rate, cost_nanousd: cost, tokens }) => [pass_rate, cost, tokens])).toEqual([
      [1, 1_200, 50],
      [0, 400, 20],
    ]);
    expect(pairs).toMatchObject([
      {
        wins: { a: 40, b: 0, ties: 0 },
        verdict: "a",
        score: { difference: 1 },
        cost_nanousd: { difference: 20, interval: [20, 20] },
        tokens: { difference: 30 },
        preference: null,
      },
    ]);
    expect(cost_nanousd).toBe(1_600);
  });

  it("gives no verdict where the interval holds 0, or not everything was executed", () => {
    const plan = planOf(10, 2);
    const once = (position: number) => (position === 1 ? { passed: false, score: 0 } : {});
    expect(summarizeComparison(plan, resultsOf(plan, once), whole).pairs[0]).toMatchObject({
      wins: { a: 1, b: 0, ties: 9 },
      verdict: null,
    });
    const clear = (_position: number, subject: number) => ({ score: subject });
    const results = resultsOf(plan, clear);
    expect(summarizeComparison(plan, results, whole).pairs[0]?.verdict).toBe("b");
    expect(summarizeComparison(plan, results, false).pairs[0]?.verdict).toBeNull();
    expect(summarizeComparison(plan, results.slice(0, -1), whole).pairs[0]?.verdict).toBeNull();
  });

  it("counts a win of the judge only where it holds in both orders", () => {
    const plan = planOf(20, 2, { judge });
    const sameAnswers = () => ({});
    const byPosition = summarizeComparison(plan, resultsOf(plan, sameAnswers, "first"), whole).pairs[0];
    expect(byPosition).toMatchObject({ wins: { a: 0, b: 0, ties: 20 }, verdict: null, preference: { difference: 0 } });
    const subjectOf = (first: number) => (first % 2 === 0 ? "first" : "second");
    const forA = summarizeComparison(plan, resultsOf(plan, sameAnswers, subjectOf), whole).pairs[0];
    expect(forA).toMatchObject({ wins: { a: 20, b: 0, ties: 0 }, verdict: "a", preference: { difference: 1 } });
  });

  it("prefers an answer to none, and counts no pair of which the judge said nothing", () => {
    const plan = planOf(12, 2, { judge });
    const failing = (_position: number, subject: number) =>
      subject === 1 ? { error: { code: "timeout" as const, detail: "Late." }, output: null, score: 0 } : {};
    const { pairs, total, done } = summarizeComparison(plan, resultsOf(plan, failing), whole);
    expect([pairs[0]?.wins, pairs[0]?.verdict, total, done]).toEqual([{ a: 12, b: 0, ties: 0 }, "a", 24, 24]);
    const silent = summarizeComparison(
      plan,
      resultsOf(plan, () => ({}), null),
      whole,
    ).pairs[0];
    expect(silent).toMatchObject({ wins: { a: 0, b: 0, ties: 0 }, preference: { difference: null, interval: null } });
  });

  it("takes the rounds of an input as one, because they share what is hard about it", () => {
    const plan = planOf(2, 2, { repeat: 20 });
    const half = (position: number, subject: number) => ({ score: subject === 0 && position < 40 ? 1 : 0 });
    const { pairs } = summarizeComparison(plan, resultsOf(plan, half), whole);
    expect(pairs[0]?.score.difference).toBe(0.5);
    expect(pairs[0]?.verdict).toBeNull();
  });
});

describe("the judge of pairs", () => {
  it("is given the answers as data, and its winner is read from JSON alone", () => {
    const [, user] = pairwiseMessages({ criteria: "c", inputs: "{}", first: "1", second: "2" });
    expect(JSON.parse(user?.content as string)).toEqual({ criteria: "c", inputs: "{}", first: "1", second: "2" });
    expect(readWinner('{"winner": "tie", "reason": "the same"}')).toEqual({ winner: "tie", reason: "the same" });
    expect(readWinner("the first")).toBeUndefined();
    expect(readWinner('{"winner": "a"}')).toBeUndefined();
  });
});
