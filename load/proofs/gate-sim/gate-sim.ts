/**
 * The provider gate's own code under thousands of simulated Workers, with network delay, clocks
 * that disagree, lost messages, crashes and evictions, against providers that check their limits by
 * an exact sliding window. Fails where a limit was exceeded, a lane starved, or capacity or
 * messages to the gate were wasted.
 */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { table } from "../../harness/table.ts";
import { SCENARIOS } from "./scenarios.ts";
import { type CallerFigures, type Scenario, type SimFigures, simulate } from "./simulate.ts";

/** `--seed N` replays a failure, `--only NAME` runs one world, or those whose names begin so. */
export const FLAGS = { seed: { type: "string" }, only: { type: "string" } } as const satisfies ParseArgsOptionsConfig;

/** Simulates the worlds and prints their figures. Returns whether all of them passed. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  const seed = Number(flags.seed ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`seed ${seed}`);
  let passed = true;
  for (const scenario of SCENARIOS.filter(({ name }) => flags.only === undefined || name.startsWith(flags.only))) {
    const began = performance.now();
    const figures = simulate(scenario, seed);
    const faults = faultsOf(figures, scenario);
    passed &&= faults.length === 0;
    print(scenario.name, figures, performance.now() - began);
    const replay = `npm run prove -- gate-sim --only ${scenario.name} --seed ${seed}`;
    for (const fault of faults) console.log(`  FAILED: ${fault} (${replay})`);
  }
  return passed;
}

function faultsOf(
  figures: SimFigures,
  { patience_ms, saturates, most_gate_calls, most_rows = Infinity }: Scenario,
): string[] {
  const faults: string[] = [];
  if (figures.over_limit > 0) faults.push(`${figures.over_limit} calls over a limit`);
  if (saturates === "rate" && figures.utilisation < 0.95) faults.push("less than 95 % of the limit used");
  if (saturates === "thin" && figures.utilisation < 0.9) faults.push("less than 90 % of the limit used");
  if (saturates === "concurrency" && figures.utilisation < 0.95) faults.push("less than 95 % of the concurrency used");
  if (figures.gate_calls_per_execution > most_gate_calls)
    faults.push(`more than ${most_gate_calls} gate calls an execution`);
  if (figures.rows_per_execution > most_rows) faults.push(`more than ${most_rows} rows an execution`);
  for (const [name, { asked, served, max_wait }] of Object.entries(callersOf(figures))) {
    if (asked > 0 && served === 0) faults.push(`${name} starved`);
    if (max_wait > patience_ms) faults.push(`${name} waited longer than its patience`);
  }
  return faults;
}

/** The callers of each lane, and those of all lanes whose calls may last long, if there are any. */
function callersOf({ lanes, long }: SimFigures): Record<string, CallerFigures> {
  return long.asked > 0 ? { ...lanes, long } : lanes;
}

function print(name: string, figures: SimFigures, tookMs: number): void {
  const { over_limit, utilisation, gate_calls_per_execution, gate_calls_per_s, crashes, evictions } = figures;
  const rows_written = figures.rows_per_execution.toFixed(3);
  console.log(
    `\n${name}: over limit ${over_limit}, utilisation ${(utilisation * 100).toFixed(1)} %, ` +
      `gate calls ${gate_calls_per_execution.toFixed(3)} an execution (${gate_calls_per_s.toFixed(0)}/s), ` +
      `rows written ${rows_written}, ` +
      `${crashes} crashes, ${evictions} evictions; ${(tookMs / 1_000).toFixed(1)} s`,
  );
  const rows = Object.entries(callersOf(figures)).map(([name, callers]) => {
    const { asked, served, refused, p99_wait, max_wait } = callers;
    return [name, ...[asked, served, refused, p99_wait, max_wait].map(String)];
  });
  console.log(table([["lane", "asked", "served", "refused", "p99 wait ms", "max wait ms"], ...rows]));
}
