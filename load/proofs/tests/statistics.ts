import { unitAt } from "../../harness/random.ts";
import { wrongAnswer } from "../../mock/chance-model.ts";
import { wilsonInterval } from "../../../src/domain/tests/statistics.ts";
import { summarizeRun, type TestPlan, type TrialResult } from "../../../src/domain/tests/test-run.ts";

/** A world of the proof: the model's true rate, the tests, and the trials of each. */
export interface ChanceWorld {
  rate: number;
  tests: number;
  repeat: number;
}

/** The worlds whose runs are counted. */
export const WORLDS: ChanceWorld[] = [
  { rate: 0.3, tests: 10, repeat: 5 },
  { rate: 0.5, tests: 10, repeat: 4 },
  { rate: 0.7, tests: 10, repeat: 5 },
  { rate: 0.8, tests: 1, repeat: 20 },
  { rate: 0.8, tests: 50, repeat: 5 },
  { rate: 0.9, tests: 20, repeat: 5 },
  { rate: 0.95, tests: 1, repeat: 20 },
  { rate: 0.99, tests: 10, repeat: 10 },
];

/** What the runs of a world measured. */
export interface Coverage {
  /** The share of runs whose interval holds the true rate, and so its powers those of pass^k. */
  interval: number;
  /** The mean width of the interval. */
  width: number;
  /** The mean of the estimates of pass^k at k = `repeat`, and the truth. */
  pass_hat_k: number;
  truth: number;
  /** The standard error of that mean. */
  error: number;
}

/** The chance that the interval of so many trials holds their true rate: a binomial sum. */
export function exactCoverage({ rate, tests, repeat }: ChanceWorld): number {
  const trials = tests * repeat;
  let [chance, ways] = [0, 0];
  for (let passed = 0; passed <= trials; passed++) {
    if (passed > 0) ways += Math.log((trials - passed + 1) / passed);
    const [low, high] = wilsonInterval(passed, trials);
    if (low > rate || rate > high) continue;
    chance += Math.exp(ways + passed * Math.log(rate) + (trials - passed) * Math.log(1 - rate));
  }
  return chance;
}

/** Runs a world some times over, with the chances of the mock's model, through the real summary. */
export function coverageOf(world: ChanceWorld, runs: number, seed: number): Coverage {
  const { rate, repeat } = world;
  const plan = planOf(world);
  const estimates: number[] = [];
  let [covered, width] = [0, 0];
  for (let run = 0; run < runs; run++) {
    const base = Math.floor(unitAt(seed, run) * 2 ** 32);
    const results = plan.execution_ids.map((_, position) =>
      trial(position, wrongAnswer(`mock-right-${rate}`, base, position) === undefined),
    );
    const { interval, pass_hat_k } = summarizeRun(plan, results);
    const [low, high] = interval;
    if (low <= rate && rate <= high) covered += 1;
    width += (high - low) / runs;
    estimates.push(pass_hat_k.at(-1) ?? Number.NaN);
  }
  const mean = estimates.reduce((sum, each) => sum + each, 0) / runs;
  const variance = estimates.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (runs - 1);
  const error = Math.sqrt(variance / runs);
  return { interval: covered / runs, width, pass_hat_k: mean, truth: rate ** repeat, error };
}

function planOf({ tests, repeat }: ChanceWorld): TestPlan {
  return {
    prompt: { name: "p", version: 1 },
    cases: Array.from({ length: tests }, (_, at) => ({ name: `t${at}`, variables: {}, assertions: [], weight: 1 })),
    models: [null],
    repeat,
    concurrency: 1,
    execution_ids: Array.from({ length: tests * repeat }, (_, at) => `exe_${at}`),
  };
}

function trial(position: number, passed: boolean): TrialResult {
  const facts = { output: null, execution_id: null, error: null, cost_nanousd: 0, latency_ms: 0 };
  return { position, passed, score: passed ? 1 : 0, checks: [], ...facts };
}
