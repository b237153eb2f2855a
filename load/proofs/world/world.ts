/**
 * The Worker's own services in one simulated world: isolates, gates, flights, idempotency keys,
 * shards, a queue and providers under one clock and one seed, with crashes, cancellations,
 * evictions, lost and doubled messages and hanging storage. Fails where one of the invariants is
 * broken, and prints the seed that replays it.
 */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { table } from "../../harness/table.ts";
import { FAULTS, parseFaults } from "./faults.ts";
import { type InvariantName, INVARIANTS, type Violation } from "./judge.ts";
import { simulateWorld } from "./simulate-world.ts";
import type { WorldReport } from "./world-plan.ts";

/** `--only` names invariants, `--faults` kinds of faults, each with commas. */
export const FLAGS = {
  seed: { type: "string" },
  seeds: { type: "string" },
  requests: { type: "string" },
  only: { type: "string" },
  faults: { type: "string" },
  list: { type: "boolean" },
} as const satisfies ParseArgsOptionsConfig;

/** Lines of a trace. */
const TRACE_LINES = 40;

/** What is known of a broken invariant: how many seeds break it, and the first of them. */
interface Broken {
  seeds: number;
  times: number;
  first: WorldReport;
  violation: Violation;
}

/** The sums of the reports. */
const NO_SUMS = {
  requests: 0,
  answered: 0,
  calls: 0,
  events: 0,
  billed: 0,
  booked: 0,
  unknown: 0,
  unknown_billed: 0,
  unknown_booked: 0,
  forgotten: 0,
  items: 0,
  paid_unknown: 0,
  beyond_budget: 0,
  purse_paid: 0,
  purse_counted: 0,
};

/** Runs the worlds of several seeds and prints what they broke. Returns whether nothing was. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  if (flags.list) return list();
  const only = parseOnly(flags.only);
  const faultsText = flags.faults ?? "all";
  const faults = parseFaults(faultsText);
  const requests = Number(flags.requests ?? 150);
  const first = Number(flags.seed ?? 1);
  const count = Number(flags.seeds ?? (flags.seed === undefined ? 20 : 1));
  const broken = new Map<InvariantName, Broken>();
  const sums = { ...NO_SUMS };
  const began = performance.now();
  for (let seed = first; seed < first + count; seed++) {
    const report = await simulateWorld({ seed, faults, only, requests });
    for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += report[name];
    note(broken, report);
    if (count === 1) console.log(`seed ${seed}: history ${report.history.digest()}`);
  }
  const seconds = (performance.now() - began) / 1_000;
  console.log(
    `${count} seeds from ${first}, faults ${faultsText}: ${sums.requests} requests, ${sums.answered} answered, ` +
      `${sums.calls} calls, ${sums.events} events in ${seconds.toFixed(1)} s ` +
      `(${Math.round(sums.events / seconds)} events/s, ${((count / seconds) * 60).toFixed(0)} seeds/min)`,
  );
  printMoney(sums);
  const rows = [...only].map((name) => {
    const { seeds = 0, times = 0, first: report } = broken.get(name) ?? {};
    return [name, seeds === 0 ? "holds" : "BROKEN", String(seeds), String(times), String(report?.seed ?? "-")];
  });
  console.log(table([["invariant", "verdict", "seeds", "times", "first seed"], ...rows]));
  for (const [name, found] of broken) explain(name, found, `--faults ${faultsText} --requests ${requests}`);
  return broken.size === 0;
}

/** Prints what was paid and what was recorded of it. */
function printMoney(sums: typeof NO_SUMS): void {
  console.log(
    `billed ${sums.billed} nano-dollars, booked ${sums.booked} ` +
      `(${((100 * sums.booked) / Math.max(1, sums.billed)).toFixed(2)} %); ` +
      `of it for ${sums.unknown} executions whose end is unknown: ` +
      `billed ${sums.unknown_billed}, booked ${sums.unknown_booked}; ` +
      `${sums.forgotten} answers without a call not on record`,
  );
  console.log(
    `${sums.items} items of batches; ${sums.paid_unknown} runs of them were paid, and nobody recorded their end`,
  );
  console.log(
    `budgets refused ${sums.beyond_budget} requests; ${sums.purse_paid} nano-dollars were paid under them, ` +
      `and they count ${sums.purse_counted}`,
  );
}

function note(broken: Map<InvariantName, Broken>, report: WorldReport): void {
  const byName = Map.groupBy(report.violations, ({ invariant }) => invariant);
  for (const [name, [violation, ...more]] of byName) {
    if (!violation) continue;
    const known = broken.get(name) ?? { seeds: 0, times: 0, first: report, violation };
    broken.set(name, { ...known, seeds: known.seeds + 1, times: known.times + 1 + more.length });
  }
}

/** Prints the first violation with what its history says of the names in it. */
function explain(name: InvariantName, { first, violation }: Broken, flags: string): void {
  console.log(`\nBROKEN ${name} (${INVARIANTS[name]})`);
  console.log(`  ${(violation.at / 1_000).toFixed(3)} s: ${violation.message}`);
  console.log(`  replay: npm run prove -- world --seed ${first.seed} --only ${name} ${flags}`);
  const words = new Set(violation.message.match(/\b(?:r\d+(?:\.\d+)?|exe\d+|bat\d+|pba\d+|batch\d+|call\d+|kr\d+)\b/g));
  for (const word of words) if (word.startsWith("kr")) words.add(word.slice(1));
  const isolates = first.history
    .about([...words], TRACE_LINES)
    .join("\n")
    .matchAll(/ asks (\S+)/g);
  for (const [, isolate] of isolates) words.add(`crash ${isolate}`);
  for (const line of first.history.about([...words], TRACE_LINES)) console.log(`    ${line}`);
}

function list(): boolean {
  console.log(table([["invariant", "promise"], ...Object.entries(INVARIANTS)]));
  console.log(`\n${table([["fault", "what happens"], ...Object.entries(FAULTS)])}`);
  return true;
}

function parseOnly(text: string | undefined): ReadonlySet<InvariantName> {
  const all = Object.keys(INVARIANTS) as InvariantName[];
  if (text === undefined) return new Set(all);
  return new Set(
    text.split(",").map((name) => {
      const known = all.find((invariant) => invariant === name);
      if (!known) throw new Error(`"${name}" is no invariant: ${all.join(", ")}`);
      return known;
    }),
  );
}
