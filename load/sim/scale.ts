/**
 * `npm run sim -- scale`: the deployment past one machine. See "npm run sim" in load/README.md.
 */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { percent } from "../harness/numbers.ts";
import { partLoads } from "./bottlenecks.ts";
import { billTable, type FinishedScale, loadTable, scaleTable, timesTable, troubleLines } from "./print-scale.ts";
import { planFaults, planHour, planScale, type ScalePlan, SOURCE } from "./scale-plan.ts";
import { type Broken, simulateScale } from "./simulate-scale.ts";

/** `--scales 1,10` and `--worlds root,faults` simulate a part of it. */
export const FLAGS = {
  seed: { type: "string", default: "1" },
  scales: { type: "string", default: "1,10,100" },
  worlds: { type: "string", default: "root,branches,compared,day,faults" },
} as const satisfies ParseArgsOptionsConfig;

/** The part of the large tenant in another world of 1×: both must say the same. */
const OTHER_PART = 0.5;

/** Hours of the day that are simulated, UTC. */
const HOURS = [2, 8, 14, 20];

/** The worlds of a run by their kind: the deployment as it is, with branches, and two checks. */
const WORLDS: Readonly<Record<string, (scales: readonly number[]) => ScalePlan[]>> = {
  root: (scales) => scales.map((scale) => planScale(scale)),
  branches: (scales) => scales.map((scale) => ({ ...planScale(scale), name: `${scale}×, branches`, branches: true })),
  compared: () => [{ ...planScale(1, OTHER_PART), name: "1×, more of it" }],
  day: () => HOURS.map(planHour),
  faults: () => [planFaults(), { ...planFaults(), name: "faults, branches", branches: true }],
};

/** Simulates the loads and prints their figures. Returns whether nothing was broken. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  const scales = flags.scales.split(",").map(Number);
  if (!scales.every((scale) => scale > 0)) throw new Error(`--scales: "${flags.scales}" is no list of numbers above 0`);
  const plans = flags.worlds.split(",").flatMap((name) => {
    const plan = Object.hasOwn(WORLDS, name) ? WORLDS[name] : undefined;
    if (!plan) throw new Error(`--worlds: "${name}" is none of ${Object.keys(WORLDS).join(", ")}`);
    return plan(scales);
  });
  console.log(`seed ${flags.seed}`);
  const finished: FinishedScale[] = [];
  for (const plan of plans) finished.push(await runPlan(plan, Number(flags.seed)));
  console.log(`\n${scaleTable(finished)}\n\n${loadTable(finished)}\n`);
  for (const line of finished.flatMap(({ figures }) => troubleLines(figures))) console.log(line);
  const [first] = finished;
  const ofDay = finished.find(({ figures }) => figures.plan.per_s < SOURCE.per_s && figures.plan.faults.length === 0);
  for (const each of new Set([first, ofDay])) {
    if (each) console.log(`\n${each.figures.plan.name}\n${billTable(each.figures)}`);
  }
  console.log(`\nService times\n${timesTable()}`);
  return finished.every(({ figures }) => isWhole(figures.broken));
}

async function runPlan(plan: ScalePlan, seed: number): Promise<FinishedScale> {
  const began = performance.now();
  const figures = await simulateScale(plan, seed);
  const wall_s = (performance.now() - began) / 1_000;
  const { events, broken } = figures;
  const [first] = partLoads(figures);
  const hottest = first ? `${first.name} ${percent(first.used)}, ${first.detail}` : "nothing was asked";
  console.error(`${plan.name}: ${events} events in ${wall_s.toFixed(0)} s, ${JSON.stringify(broken)}; ${hottest}`);
  return { figures, wall_s };
}

/** Whether nothing was broken. */
export function isWhole({ over_limit, overshoot_nanousd, lost }: Broken): boolean {
  return over_limit + overshoot_nanousd + lost === 0;
}
