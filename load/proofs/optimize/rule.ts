import { seededRandom } from "../../../src/domain/comparisons/paired-interval.ts";
import { assessCandidates } from "../../../src/domain/optimizations/assess-candidates.ts";
import { type OptimizationPlan, positionsOf } from "../../../src/domain/optimizations/optimization.ts";
import type { TrialResult } from "../../../src/domain/tests/test-run.ts";
import { table } from "../../harness/table.ts";

const MARGIN = 0.05;
/** Pass rates of the version and of the candidate, in pairs of so many trials. */
const WORLDS: [pairs: number, before: number, after: number][] = [
  [72, 1, 1],
  [72, 0.98, 0.98],
  [72, 0.9, 0.9],
  [300, 0.98, 0.98],
  [300, 0.9, 0.9],
  [72, 1, 0.95],
  [72, 0.9, 0.85],
  [300, 0.98, 0.93],
  [300, 0.9, 0.85],
  [300, 0.9, 0.8],
];
/** A candidate at the margin may be taken for as good this often: one side of a 95 % interval. */
const MOST_ERRORS = 0.025;

/**
 * Confirms candidates whose loss is known. Prints how often the rule would publish them. Returns
 * where it takes one that is worse by the margin more often than it may.
 */
export function proveRule(runs: number, seed: number): string[] {
  const rows = [["pairs", "version", "candidate", "published"]];
  const faults: string[] = [];
  for (const [at, [pairs, before, after]] of WORLDS.entries()) {
    const random = seededRandom(seed * 10_000 + at);
    let published = 0;
    for (let run = 0; run < runs; run++) if (isPublished(pairs, before, after, random)) published += 1;
    rows.push([`${pairs}`, `${before}`, `${after}`, `${((100 * published) / runs).toFixed(1)} %`]);
    const isWorse = before - after >= MARGIN - 1e-9;
    const most = MOST_ERRORS + 3 * Math.sqrt((MOST_ERRORS * (1 - MOST_ERRORS)) / runs);
    if (isWorse && published / runs > most)
      faults.push(`${before} to ${after} is published in ${published} of ${runs}`);
  }
  console.log(`\n${runs} simulated confirmations each; a loss of less than ${MARGIN * 100} points counts as none`);
  console.log(table(rows));
  return faults;
}

function isPublished(pairs: number, before: number, after: number, random: () => number): boolean {
  const candidate = { messages: [], changes: [], estimated_tokens: 1, parent: null };
  const plan: OptimizationPlan = {
    prompt: { name: "p", version: 1 },
    goal: "tokens",
    min_saving: 0,
    margin: MARGIN,
    cases: [{ name: "t", variables: {}, assertions: [], weight: 1 }],
    repeat: pairs,
    reflections: 0,
    reflection_model: "",
    concurrency: 1,
    max_cost_nanousd: 0,
    candidates: [
      { ...candidate, origin: "original" },
      { ...candidate, origin: "passes" },
    ],
    unused_variables: [],
    execution_ids: [],
  };
  const { confirming } = positionsOf(plan);
  const trials = Array.from({ length: 2 * pairs }, (_, at): TrialResult => {
    const passed = random() < (at % 2 === 0 ? before : after);
    const facts = { checks: [], output: "", execution_id: null, error: null, cost_nanousd: 0, latency_ms: 0 };
    return { position: confirming + at, passed, score: Number(passed), ...facts };
  });
  return assessCandidates(plan, trials).confirmation?.isShown === true;
}
