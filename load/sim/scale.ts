/**
 * `npm run sim -- scale`: the deployment past one machine. See "npm run sim" in load/README.md.
 */
import { availableParallelism } from "node:os";
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { percent } from "../harness/numbers.ts";
import { databaseLoads, type PartLoad, partLoads } from "./bottlenecks.ts";
import { type FinishedRecords, recordsTable } from "./print-records.ts";
import { billTable, type FinishedScale, loadTable, scaleTable, timesTable, troubleLines } from "./print-scale.ts";
import { planFaults, planHour, planRecords, planScale, type ScalePlan, SOURCE } from "./scale-plan.ts";
import type { RecordFigures } from "./simulate-records.ts";
import type { Broken } from "./simulate-scale.ts";
import type { FinishedJob, WorldJob } from "./world-jobs.ts";
import { runJobs } from "./world-pool.ts";

/** `--scales 1,10` and `--worlds root,faults` simulate a part of it. */
export const FLAGS = {
  seed: { type: "string", default: "1" },
  scales: { type: "string", default: "1,10,100" },
  worlds: { type: "string", default: "records,root,branches,compared,day,faults" },
  processes: { type: "string", default: String(availableParallelism()) },
} as const satisfies ParseArgsOptionsConfig;

/** The part of the large tenant in another world of the same load: both must say the same. */
const OTHER_PARTS = { root: 0.5, branches: 0.25 };

/** Hours of the day that are simulated, UTC. */
const HOURS = [2, 8, 14, 20];

/** The scale at which more than one way is simulated. */
const MENDED = 10;

const planOfRecords = (plan: ScalePlan) => ({ kind: "records", plan }) as const;

type Plans = Pick<WorldJob, "kind" | "plan">[];

/** The worlds of a run by their kind: the deployment as it is, with branches, and two checks. */
const WORLDS: Readonly<Record<string, (scales: readonly number[]) => Plans>> = {
  records: (scales) => [
    ...scales.map((scale) => planOfRecords(planRecords(scale))),
    planOfRecords({ ...planRecords(MENDED), name: `${MENDED}×, apart`, shares_bookmarks: false }),
    planOfRecords({ ...planRecords(MENDED), name: `${MENDED}×, 16 shards`, shards: 16 }),
    planOfRecords({ ...planRecords(MENDED), name: `${MENDED}×, 16, 20 s`, shards: 16, pointer_fresh_ms: 20_000 }),
  ],
  root: (scales) => scales.map((scale) => ({ kind: "scale", plan: planScale(scale) })),
  branches: (scales) =>
    scales.map((scale) => {
      return { kind: "scale", plan: { ...planScale(scale), name: `${scale}×, branches`, branches: true } };
    }),
  compared: () => [
    { kind: "scale", plan: { ...planScale(1, OTHER_PARTS.root), name: "1×, more of it" } },
    {
      kind: "scale",
      plan: { ...planScale(MENDED, OTHER_PARTS.branches), name: `${MENDED}×, branches, more of it`, branches: true },
    },
  ],
  day: () => HOURS.map((hour) => ({ kind: "scale", plan: planHour(hour) })),
  faults: () => [
    { kind: "scale", plan: planFaults() },
    { kind: "scale", plan: { ...planFaults(), name: "faults, branches", branches: true } },
  ],
};

/** Simulates the loads and prints their figures. Returns whether nothing was broken. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  const scales = flags.scales.split(",").map(Number);
  if (!scales.every((scale) => scale > 0)) throw new Error(`--scales: "${flags.scales}" is no list of numbers above 0`);
  const processes = Number(flags.processes);
  if (!(processes >= 1)) throw new Error(`--processes: "${flags.processes}" is no number above 0`);
  const seed = Number(flags.seed);
  const jobs = flags.worlds.split(",").flatMap((name) => {
    const plans = Object.hasOwn(WORLDS, name) ? WORLDS[name] : undefined;
    if (!plans) throw new Error(`--worlds: "${name}" is none of ${Object.keys(WORLDS).join(", ")}`);
    return plans(scales).map((each) => ({ ...each, seed }));
  });
  console.log(`seed ${flags.seed}`);
  const began = performance.now();
  const finished = await runJobs(jobs, { processes, onFinished: tellProgress });
  const wall_s = (performance.now() - began) / 1_000;
  const ofScales = finished.flatMap((each) => (each.kind === "scale" ? [each] : []));
  const ofRecords = finished.flatMap((each) => (each.kind === "records" ? [each] : []));
  printScales(ofScales);
  printRecords(ofRecords);
  for (const scale of scales) console.log(bottleneckLine(scale, ofScales, ofRecords));
  console.log(`\nService times\n${timesTable()}`);
  const cpu_s = finished.reduce((sum, each) => sum + each.cpu_s, 0);
  console.error(
    `${finished.length} worlds in ${wall_s.toFixed(0)} s, ${processes} at a time, ${cpu_s.toFixed(0)} s of a core`,
  );
  return (
    ofScales.every(({ figures }) => isWhole(figures.broken)) && ofRecords.every(({ figures }) => isCurrent(figures))
  );
}

function printScales(finished: readonly FinishedScale[]): void {
  const [first] = finished;
  if (!first) return;
  console.log(`\n${scaleTable(finished)}\n\n${loadTable(finished)}\n`);
  for (const line of finished.flatMap(({ figures }) => troubleLines(figures))) console.log(line);
  const ofDay = finished.find(({ figures }) => figures.plan.per_s < SOURCE.per_s && figures.plan.faults.length === 0);
  for (const each of new Set([first, ofDay])) {
    if (each) console.log(`\n${each.figures.plan.name}\n${billTable(each.figures)}`);
  }
}

function printRecords(finished: readonly FinishedRecords[]): void {
  if (finished.length > 0) console.log(`\n${recordsTable(finished)}\n`);
}

/** The busiest part at a scale, with and without branches. */
function bottleneckLine(
  scale: number,
  ofScales: readonly FinishedScale[],
  ofRecords: readonly FinishedRecords[],
): string {
  const named = (name: string) => ofScales.find(({ figures }) => figures.plan.name === name)?.figures;
  const databases = ofRecords.find(({ figures }) => figures.plan.name === `${scale}×`)?.figures;
  const tell = (name: string, parts: readonly PartLoad[]) => {
    const [most] = parts.toSorted((a, b) => b.used - a.used);
    return most ? [`${name}: ${most.name}, ${percent(most.used)} (${most.detail})`] : [];
  };
  const found = [`${scale}×`, `${scale}×, branches`].flatMap((name) => {
    const figures = named(name);
    if (!figures) return [];
    return tell(name, [...partLoads(figures), ...(databases ? databaseLoads(databases) : [])]);
  });
  return ["first bottleneck", ...found].join("\n  ");
}

function tellProgress(finished: FinishedJob): void {
  if (finished.kind === "failover") return;
  const { kind, figures, wall_s, cpu_s } = finished;
  const [most] = kind === "scale" ? partLoads(figures) : databaseLoads(figures);
  const told = kind === "scale" ? JSON.stringify(figures.broken) : JSON.stringify(figures.databases);
  const hottest = most ? `${most.name} ${percent(most.used)}, ${most.detail}` : "nothing was asked";
  console.error(
    `${kind} ${figures.plan.name}: ${figures.events} events in ${wall_s.toFixed(0)} s (${cpu_s.toFixed(0)} s of a core), ${told}; ${hottest}`,
  );
}

/** Whether nothing was broken. */
export function isWhole({ over_limit, overshoot_nanousd, lost }: Broken): boolean {
  return over_limit + overshoot_nanousd + lost === 0;
}

/** Whether no read was older than it may be. */
export function isCurrent({ databases }: RecordFigures): boolean {
  return databases.beyond_lag + databases.missed_own + databases.too_old === 0;
}
