import { describe, expect, it } from "vitest";
import { draftCandidates } from "../../../src/domain/optimizations/draft-candidates.ts";
import type { OptimizationPlan, OptimizationResult } from "../../../src/domain/optimizations/optimization.ts";
import { optimizationSteps } from "../../../src/domain/optimizations/search-candidates.ts";
import type { Level } from "../../../src/domain/optimizations/shorten-text.ts";
import type { TrialResult } from "../../../src/domain/tests/test-run.ts";

const CASES = 2;
const [SAFE, CONCISE, TELEGRAPHIC] = [1, 2, 3];

/** A version of 100 tokens, and candidates of these. */
function planOf(tokens: number[], own: Partial<OptimizationPlan> = {}): OptimizationPlan {
  const candidate = { messages: [], changes: [] };
  return {
    prompt: { name: "p", version: 1 },
    goal: "tokens",
    min_saving: 0.1,
    margin: 0.05,
    cases: Array.from({ length: CASES }, (_, at) => ({ name: `${at}`, variables: {}, assertions: [], weight: 1 })),
    repeat: 1,
    reflections: 0,
    reflection_model: "",
    concurrency: 1,
    max_cost_nanousd: 0,
    unused_variables: [],
    execution_ids: [],
    ...own,
    candidates: [
      { ...candidate, origin: "original", estimated_tokens: 100, parent: null },
      ...tokens.map((estimated_tokens) => ({ ...candidate, origin: "passes" as const, estimated_tokens, parent: 0 })),
    ],
  };
}

const trial = (candidate: number, input: number, passed: boolean): TrialResult => ({
  position: candidate * CASES + input,
  passed,
  score: Number(passed),
  checks: [],
  output: "",
  execution_id: null,
  error: null,
  cost_nanousd: 0,
  latency_ms: 0,
});
const bothOf = (candidate: number, passed = true) => [trial(candidate, 0, passed), trial(candidate, 1, passed)];
/** What is to be done: candidates to try, or the kind of the step. */
const stepsOf = (plan: OptimizationPlan, results: OptimizationResult[]) => [
  ...new Set(optimizationSteps(plan, results).map((step) => (step.kind === "trial" ? step.candidate : step.kind))),
];

describe("a search for fewer tokens", () => {
  const plan = planOf([90, 80, 60]);

  it("tries the version and the shortest candidate, and no other one where that is as good", () => {
    expect(stepsOf(plan, [])).toEqual([0, TELEGRAPHIC]);
    const results = [...bothOf(0), ...bothOf(TELEGRAPHIC)];
    expect(optimizationSteps(plan, results)).toMatchObject([{ kind: "choice", chosen: TELEGRAPHIC }]);
  });

  it("goes on to the next one where a candidate lost, without its other trials", () => {
    const lost = [...bothOf(0), trial(TELEGRAPHIC, 0, false)];
    expect(stepsOf(plan, lost)).toEqual([CONCISE]);
    const both = [...lost, ...bothOf(CONCISE, false)];
    expect(stepsOf(plan, both)).toEqual([SAFE]);
    expect(optimizationSteps(plan, [...both, ...bothOf(SAFE)])).toMatchObject([{ kind: "choice", chosen: null }]);
  });

  it("does not count a loss before the version is known", () => {
    expect(stepsOf(plan, [trial(0, 0, false), trial(TELEGRAPHIC, 0, false)])).toEqual([0, TELEGRAPHIC]);
    const even = [trial(0, 0, false), trial(0, 1, true), trial(TELEGRAPHIC, 0, false)];
    expect(stepsOf(plan, even)).toEqual([TELEGRAPHIC]);
  });

  it("does not try what saves far less than is asked, unless a model may go on from it", () => {
    expect(stepsOf(planOf([90, 80, 60], { min_saving: 0.5 }), [...bothOf(0), ...bothOf(3, false)])).toEqual(["choice"]);
    const results = [...bothOf(0), ...bothOf(TELEGRAPHIC, false)];
    expect(stepsOf(planOf([90, 80, 60], { min_saving: 0.5, reflections: 1 }), results)).toEqual([CONCISE]);
    expect(stepsOf(planOf([100, 110]), [])).toEqual([0]);
  });

  it("ends with what is known where its money did", () => {
    const skipped = { position: TELEGRAPHIC * CASES + 1, skipped: true as const, cost_nanousd: 0 };
    expect(stepsOf(plan, [...bothOf(0), trial(TELEGRAPHIC, 0, true), skipped])).toEqual(["choice"]);
  });
});

describe("a search for a higher score", () => {
  it("tries all candidates", () => {
    expect(stepsOf(planOf([90, 80, 60], { goal: "score" }), [])).toEqual([0, SAFE, CONCISE, TELEGRAPHIC]);
  });
});

describe("the candidates without a model", () => {
  const text =
    "Please decide the tone of the text.\n\n\n\n<example>red apple</example>\n<example>old stone</example>\n<example>blue sea</example>\n{{ text }}";
  const draft = (boldest: Level, content = text) =>
    draftCandidates({ messages: [{ role: "user", content }] }, boldest, (messages) => JSON.stringify(messages).length);

  it("are those of each level up to the boldest, and without examples only beyond the safe one", () => {
    const kinds = (boldest: Level) =>
      draft(boldest).map(({ origin, level, changes }) => [origin, level, changes.at(-1)]);
    expect(kinds("safe")).toEqual([
      ["original", undefined, undefined],
      ["passes", "safe", "white_space"],
    ]);
    expect(kinds("telegraphic").slice(2)).toEqual([
      ["passes", "concise", "white_space"],
      ["fewer_examples", "concise", "without 1 example"],
      ["fewer_examples", "concise", "without 2 examples"],
      ["passes", "telegraphic", "white_space"],
      ["fewer_examples", "telegraphic", "without 1 example"],
      ["fewer_examples", "telegraphic", "without 2 examples"],
    ]);
  });

  it("are listed once", () => {
    expect(draft("telegraphic", "{{ text }}").map(({ origin }) => origin)).toEqual(["original"]);
    expect(draft("telegraphic", "Sort {{ text }}  now").map(({ level }) => level)).toEqual([undefined, "safe"]);
  });

  it("leave out what the version's schema says", () => {
    const content = "Rate it.\nOnly return valid JSON.\n{{ text }}";
    const [, concise] = draftCandidates(
      { messages: [{ role: "user", content }], output_schema: { type: "object" } },
      "concise",
      () => 1,
    );
    expect(concise).toMatchObject({ changes: ["stated_schema"], messages: [{ content: "Rate it.\n{{ text }}" }] });
  });
});
