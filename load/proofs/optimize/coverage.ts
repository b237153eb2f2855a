import { pairedInterval, seededRandom } from "../../../src/domain/comparisons/paired-interval.ts";
import { table } from "../../harness/table.ts";

/** Two subjects: the pass rates of both, and how much an input changes them together. */
interface Scenario {
  inputs: number;
  repeat: number;
  rates: [number, number];
  spread: number;
}

const SCENARIOS: Scenario[] = [
  { inputs: 10, repeat: 1, rates: [0.9, 0.9], spread: 0.1 },
  { inputs: 20, repeat: 1, rates: [0.95, 0.9], spread: 0.05 },
  { inputs: 20, repeat: 3, rates: [0.9, 0.6], spread: 0.1 },
  { inputs: 20, repeat: 1, rates: [1, 0.97], spread: 0 },
  { inputs: 50, repeat: 1, rates: [0.8, 0.75], spread: 0.2 },
  { inputs: 50, repeat: 5, rates: [0.7, 0.7], spread: 0.3 },
  { inputs: 100, repeat: 1, rates: [0.98, 0.95], spread: 0.02 },
  { inputs: 200, repeat: 1, rates: [0.9, 0.85], spread: 0.1 },
];

/** Draws comparisons of a known truth. Returns what covers it less often than it says. */
export function proveCoverage(runs: number, seed: number): string[] {
  const rows = [["inputs", "repeat", "pass rates", "covers the truth", "verdicts", "for the wrong one"]];
  const faults: string[] = [];
  const least = 0.95 - 3 * Math.sqrt((0.95 * 0.05) / runs);
  for (const [at, scenario] of SCENARIOS.entries()) {
    const { inputs, repeat, rates } = scenario;
    const { covered, verdicts, wrong } = draw(scenario, runs, seed * 1_000 + at);
    const shares = [covered, verdicts, wrong].map((count) => `${((100 * count) / runs).toFixed(1)} %`);
    rows.push([`${inputs}`, `${repeat}`, rates.join(" and "), ...shares]);
    if (covered / runs < least) faults.push(`the intervals of ${inputs} inputs cover ${shares[0]}`);
  }
  console.log(`\n${runs} simulated comparisons each; a 95 % interval of the difference of scores`);
  console.log(table(rows));
  return faults;
}

function draw({ inputs, repeat, rates: [a, b], spread }: Scenario, runs: number, seed: number) {
  const random = seededRandom(seed);
  const passes = (rate: number) => {
    let passed = 0;
    for (let round = 0; round < repeat; round++) passed += random() < rate ? 1 : 0;
    return passed / repeat;
  };
  let [covered, verdicts, wrong] = [0, 0, 0];
  for (let at = 0; at < runs; at++) {
    const differences = Array.from({ length: inputs }, () => {
      const shift = (random() * 2 - 1) * spread;
      return passes(a + shift) - passes(b + shift);
    });
    const [low, high] = pairedInterval(differences, { bound: 1, seed: at }) ?? [-1, 1];
    if (low <= a - b && a - b <= high) covered += 1;
    if (low > 0 || high < 0) verdicts += 1;
    if ((low > 0 && a <= b) || (high < 0 && a >= b)) wrong += 1;
  }
  return { covered, verdicts, wrong };
}
