/**
 * `npm run sim -- failover`: a data centre is gone for some minutes. See "npm run sim" in
 * load/README.md.
 */
import { availableParallelism } from "node:os";
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { percent } from "../harness/numbers.ts";
import { table } from "../harness/table.ts";
import { planOutage } from "./scale-plan.ts";
import { type FailoverFigures, GROUPS, PHASES, type Seen } from "./simulate-failover.ts";
import { isWhole } from "./scale.ts";
import { runJobs } from "./world-pool.ts";

/** `--minutes 3` is how long the data centre is gone. */
export const FLAGS = {
  seed: { type: "string", default: "1" },
  minutes: { type: "string", default: "3" },
  processes: { type: "string", default: String(availableParallelism()) },
} as const satisfies ParseArgsOptionsConfig;

/** Prints what happened. Returns whether all limits and budgets held, and no record was lost. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  const minutes = Number(flags.minutes);
  if (!(minutes > 0)) throw new Error(`--minutes: "${flags.minutes}" is no number above 0`);
  const processes = Number(flags.processes);
  if (!(processes >= 1)) throw new Error(`--processes: "${flags.processes}" is no number above 0`);
  const plans = [planOutage("branch", minutes), planOutage("root", minutes)];
  const jobs = plans.map((plan) => ({ kind: "failover", plan, seed: Number(flags.seed) }) as const);
  console.log(`seed ${flags.seed}, gone for ${minutes} minutes`);
  const finished = await runJobs(jobs, { processes, onFinished: () => undefined });
  const figures = finished.flatMap((each) => (each.kind === "failover" ? [each.figures] : []));
  console.log(`\n${recoveryTable(figures)}`);
  for (const each of figures) console.log(`\n${each.plan.name}: ${each.lost}\n${seenTable(each)}`);
  return figures.every(({ broken }) => isWhole(broken));
}

function recoveryTable(figures: readonly FailoverFigures[]): string {
  const row = (name: string, of: (each: FailoverFigures) => string) => [name, ...figures.map(of)];
  const seconds = (since: number | null) => (since === null ? "not while it was watched" : since.toFixed(1));
  return table([
    row("lost", ({ plan, lost }) => `${plan.name}: ${lost}`),
    row("slots lent to the branch there", ({ lent }) => String(lent)),
    row("half of them back at the root after, s", ({ half_back_s }) => seconds(half_back_s)),
    row("all of them back, s", ({ back_s }) => seconds(back_s)),
    row("the large tenant's users elsewhere as before after, s", (each) => seconds(each.elsewhere_as_before_s)),
    row("its users there as before after, s", (each) => seconds(each.there_as_before_s)),
    row("all of its users as before after the return, s", (each) => seconds(each.returned_as_before_s)),
    row("over-limit admissions", ({ broken }) => String(broken.over_limit)),
    row("budget overshoot, $", ({ broken }) => (broken.overshoot_nanousd / 1e9).toFixed(2)),
    row("lost records", ({ broken }) => String(broken.lost)),
  ]);
}

function seenTable({ seen }: FailoverFigures): string {
  const rows = GROUPS.map((group) => [group, ...PHASES.map((phase) => cellOf(seen.get(`${group}/${phase}`)))]);
  const errors = GROUPS.flatMap((group) =>
    PHASES.flatMap((phase) => {
      const found = seen.get(`${group}/${phase}`);
      if (!found || phase === "before") return [];
      const named = [...found.errors].filter(([, count]) => count > found.sent / 100);
      const told = named.map(([code, count]) => `${code} ${percent(count / found.sent)}`);
      if (found.cut > 0) told.push(`cut off ${found.cut}`);
      return told.length > 0 ? [`${group}, ${phase}: ${told.join(", ")}`] : [];
    }),
  );
  return [table([["answered, overhead p50 / p99 ms", ...PHASES], ...rows]), ...errors].join("\n");
}

function cellOf(seen: Seen | undefined): string {
  if (!seen) return "–";
  return `${percent(seen.answered / seen.sent, 1)}, ${seen.p50.toFixed(0)} / ${seen.p99.toFixed(0)}`;
}
