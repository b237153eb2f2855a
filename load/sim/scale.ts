/**
 * `npm run sim -- scale`: the deployment past one machine. See "npm run sim" in load/README.md.
 */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { billTable, type FinishedScale, loadTable, scaleTable, timesTable, troubleLines } from "./print-scale.ts";
import { planFaults, planScale, type ScalePlan } from "./scale-plan.ts";
import { type Broken, simulateScale } from "./simulate-scale.ts";

/** `--scales 1,10` runs some of them, `--whole` adds a whole world to compare a part of it with. */
export const FLAGS = {
  seed: { type: "string", default: "1" },
  scales: { type: "string", default: "1,10,100" },
  "no-faults": { type: "boolean", default: false },
} as const satisfies ParseArgsOptionsConfig;

/** The part of the large tenant in another world of 1×: both must say the same. */
const OTHER_PART = 0.5;

/** Simulates the loads and prints their figures. Returns whether nothing was broken. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  const scales = flags.scales.split(",").map(Number);
  const wrong = scales.find((scale) => !(scale > 0));
  if (wrong !== undefined) throw new Error(`--scales: "${flags.scales}" has a scale that is no positive number`);
  const branched = scales.map((scale) => ({ ...planScale(scale), name: `${scale}×, branches`, branches: true }));
  const plans = [...scales.map((scale) => planScale(scale)), ...branched];
  const compared = scales.includes(1) ? [{ ...planScale(1, OTHER_PART), name: "1×, more of it" }] : [];
  const faults = flags["no-faults"] ? [] : [planFaults()];
  console.log(`seed ${flags.seed}`);
  const finished: FinishedScale[] = [];
  for (const plan of [...plans, ...compared, ...faults]) finished.push(await runPlan(plan, Number(flags.seed)));
  console.log(`\n${scaleTable(finished)}\n\n${loadTable(finished)}`);
  for (const line of finished.flatMap(({ figures }) => troubleLines(figures))) console.log(line);
  const [first] = finished;
  if (first) console.log(`\n${first.figures.plan.name}\n${billTable(first.figures)}`);
  console.log(`\nService times\n${timesTable()}`);
  return finished.every(({ figures }) => isWhole(figures.broken));
}

async function runPlan(plan: ScalePlan, seed: number): Promise<FinishedScale> {
  const began = performance.now();
  const figures = await simulateScale(plan, seed);
  const wall_s = (performance.now() - began) / 1_000;
  const { events, broken } = figures;
  console.error(`${plan.name}: ${events} events in ${wall_s.toFixed(0)} s, ${JSON.stringify(broken)}`);
  return { figures, wall_s };
}

/** Whether nothing was broken. */
export function isWhole({ over_limit, overshoot_nanousd, lost }: Broken): boolean {
  return over_limit + overshoot_nanousd + lost === 0;
}
