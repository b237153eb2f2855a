/**
 * `npm run prove -- tests`: the tests of all examples run by API, with JUnit; then runs of a model
 * whose rate of right answers is known, through the real summary and through the real API. Fails
 * where an interval holds the true rate with a chance below 95 %, or in fewer runs than that chance
 * explains, where the estimate of pass^k is biased, or the API reports another rate than the mock's
 * log has.
 */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { type LocalStack, withLocalStack } from "../../harness/local-stack.ts";
import { table } from "../../harness/table.ts";
import { WRONG_ANSWER, wrongAnswer } from "../../mock/chance-model.ts";
import { DEFAULT_SEED } from "../../mock/server.ts";
import { proveExamples } from "./examples.ts";
import { coverageOf, exactCoverage, WORLDS } from "./statistics.ts";
import { senderOf, type ShownRun } from "./tenant.ts";

export const FLAGS = {
  runs: { type: "string" },
  "api-runs": { type: "string" },
  seed: { type: "string" },
  out: { type: "string", default: "dist/tests" },
} as const satisfies ParseArgsOptionsConfig;

/** An interval of 95 % has to hold the truth this often. */
const LEAST_COVERAGE = 0.95;
/** What is further from the truth than this many standard errors is no chance. */
const MOST_ERRORS = 4;
const API_WORLD = { rate: 0.8, tests: 10, repeat: 5 };

/** Runs all parts and prints their tables. */
export async function run(args: string[]): Promise<boolean> {
  const { values } = parseArgs({ args, options: FLAGS });
  const faults = proveStatistics(Number(values.runs ?? 1_000), Number(values.seed ?? 1));
  await withLocalStack({}, async (stack) => {
    faults.push(...(await proveExamples(stack, values.out)));
    faults.push(...(await proveApi(stack, Number(values["api-runs"] ?? 40))));
  });
  for (const fault of faults) console.log(`FAULT: ${fault}`);
  return faults.length === 0;
}

function proveStatistics(runs: number, seed: number): string[] {
  const rows = [["p", "tests", "trials", "holds p", "expected", "width", "pass^k", "p^k", "±"]];
  const faults: string[] = [];
  let covered = 0;
  for (const world of WORLDS) {
    const { rate, tests, repeat } = world;
    const { interval, width, pass_hat_k, truth, error } = coverageOf(world, runs, seed);
    const expected = exactCoverage(world);
    covered += interval / WORLDS.length;
    const shares = [interval, expected, width, pass_hat_k, truth, error].map((each) => each.toFixed(3));
    rows.push([`${rate}`, `${tests}`, `${repeat}`, ...shares]);
    const name = `p = ${rate}, ${tests} tests, ${repeat} trials each`;
    if (expected < LEAST_COVERAGE) faults.push(`${name}: the interval is too narrow`);
    if (isTooRare(interval, runs)) faults.push(`${name}: the interval holds p in ${interval} of ${runs} runs`);
    if (Math.abs(pass_hat_k - truth) > MOST_ERRORS * error) faults.push(`${name}: pass^${repeat} is biased`);
  }
  console.log(`${runs} runs of each, seed ${seed}; k is the number of trials of a test:`);
  console.log(table(rows));
  console.log(`Of all ${runs * WORLDS.length} intervals ${(covered * 100).toFixed(1)} % hold p.\n`);
  if (covered < LEAST_COVERAGE) faults.push(`only ${covered} of all intervals hold p`);
  return faults;
}

/** Whether a share of so many runs is below the least coverage by more than chance. */
function isTooRare(share: number, runs: number): boolean {
  return share < LEAST_COVERAGE - MOST_ERRORS * Math.sqrt((LEAST_COVERAGE * (1 - LEAST_COVERAGE)) / runs);
}

/** The same by HTTP: what a run says must be what the mock did, and its interval hold the truth. */
async function proveApi({ edge, mock }: LocalStack, runs: number): Promise<string[]> {
  const send = senderOf(edge.url, edge.key);
  const { rate, tests, repeat } = API_WORLD;
  const model = `mock-right-${rate}`;
  const template = "Say yes.";
  await send("PUT", "/v1/prompts/chance", { name: "chance", model: `openai/${model}`, template });
  const cases = Array.from({ length: tests }, (_, at) => ({
    name: `t${at}`,
    assertions: [{ type: "equals", value: WRONG_ANSWER, not: true }],
  }));
  const faults: string[] = [];
  let [covered, estimates, rates] = [0, 0, 0];
  for (let at = 0; at < runs; at++) {
    const since = await mock.callCount();
    const { interval, pass_rate, pass_hat_k, status } = await send<ShownRun>("POST", "/v1/prompts/chance/tests/run", {
      tests: cases,
      repeat,
    });
    const { calls } = await mock.calls(since);
    const right = calls.filter(({ seq }) => wrongAnswer(model, DEFAULT_SEED, seq) === undefined).length;
    if (status !== "completed") faults.push(`run ${at} ended as ${status}`);
    if (calls.length !== tests * repeat) faults.push(`run ${at} made ${calls.length} calls`);
    if (Math.abs(pass_rate - right / calls.length) > 1e-9) faults.push(`run ${at} says ${pass_rate}, was ${right}`);
    if (interval[0] <= rate && rate <= interval[1]) covered += 1;
    rates += pass_rate / runs;
    estimates += (pass_hat_k.at(-1) ?? 0) / runs;
  }
  console.log(`${runs} runs by API of ${tests} tests, ${repeat} trials each, of a model with p = ${rate}:`);
  console.log(
    table([
      ["", "measured", "truth"],
      ["pass rate", rates.toFixed(3), `${rate}`],
      [`pass^${repeat}`, estimates.toFixed(3), (rate ** repeat).toFixed(3)],
      ["intervals that hold p", `${covered} of ${runs}`, "≥ 95 %"],
    ]),
  );
  if (isTooRare(covered / runs, runs)) faults.push(`by API the interval holds p in ${covered} of ${runs} runs`);
  return faults;
}
