import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { ParseArgsOptionsConfig } from "node:util";
import { usageOf } from "../../../scripts/process-usage.ts";
import { type StopLater, withCleanup } from "../../harness/cleanup.ts";
import { errorText } from "../../harness/error-text.ts";
import { describeMachine } from "../../harness/machine.ts";
import { type MockProcess, startMock } from "../../harness/mock.ts";
import { direct } from "../targets/direct.ts";
import type { StartTarget, Target } from "../targets/target.ts";
import { compareBench } from "./compare.ts";
import { measure } from "./measure.ts";
import { type BenchPlan, cellName } from "./plan.ts";
import { printBench } from "./print.ts";
import type { BenchResult } from "./result.ts";

/**
 * `quick` is a look of 20 s without peers. `targets` are the peers, separated by commas, or `none`.
 * `only` selects the cells whose name contains it. `seconds` is the length of a slice, and
 * `against` an earlier result to compare with.
 */
export const COMPARISON_FLAGS = {
  quick: { type: "boolean", default: false },
  targets: { type: "string" },
  only: { type: "string" },
  rounds: { type: "string" },
  seconds: { type: "string" },
  against: { type: "string" },
} as const satisfies ParseArgsOptionsConfig;

/** What to compare. */
export interface Comparison {
  flags: Flags;
  plan: BenchPlan;
  /** The targets that must start, with the bare proxy among them. */
  own: readonly StartTarget[];
  /** The targets that are left out where they cannot be installed or started, by name. */
  peers: Readonly<Record<string, StartTarget>>;
}

interface Flags {
  quick: boolean;
  targets?: string;
  only?: string;
  rounds?: string;
  seconds?: string;
  out: string;
  against?: string;
}

/**
 * Measures all targets, writes the result to a file and prints it. Returns whether the runtime
 * answered every request; no time is judged.
 */
export async function runComparison(comparison: Comparison): Promise<boolean> {
  const { flags } = comparison;
  const earlier = flags.against === undefined ? null : (JSON.parse(readFileSync(flags.against, "utf8")) as BenchResult);
  const result = await compareTargets(comparison);
  mkdirSync(dirname(flags.out), { recursive: true });
  writeFileSync(flags.out, `${JSON.stringify(result, null, 1)}\n`);
  console.log(`${printBench(result)}\n\nwritten to ${flags.out}`);
  if (earlier) console.log(`\n${compareBench(earlier, result)}`);
  return answeredEverything(result);
}

function planOf(flags: Flags, plan: BenchPlan): BenchPlan {
  const cells = plan.cells.filter((cell) => cellName(cell).includes(flags.only ?? ""));
  if (cells.length === 0) throw new Error(`--only: no cell has "${flags.only}" in its name`);
  return {
    cells,
    rounds: positiveFlag(flags, "rounds", plan.rounds),
    slice_ms: positiveFlag(flags, "seconds", plan.slice_ms / 1000) * 1000,
  };
}

function positiveFlag(flags: Flags, flag: "rounds" | "seconds", otherwise: number): number {
  const value = flags[flag] === undefined ? otherwise : Number(flags[flag]);
  if (!(value > 0)) throw new Error(`--${flag} must be a number over 0`);
  return value;
}

function namesOfPeers({ flags, peers }: Comparison): string[] {
  if (flags.targets === "none") return [];
  const names = flags.targets?.split(",") ?? (flags.quick ? [] : Object.keys(peers));
  const unknown = names.find((name) => !Object.hasOwn(peers, name));
  if (unknown !== undefined) throw new Error(`--targets: no "${unknown}"; there are ${Object.keys(peers).join(", ")}`);
  return names;
}

async function compareTargets(comparison: Comparison): Promise<BenchResult> {
  const plan = planOf(comparison.flags, comparison.plan);
  const peerNames = namesOfPeers(comparison);
  return withCleanup(async (stopLater) => {
    const mock = stopLater(await startMock());
    const targets = [direct(mock)];
    for (const start of comparison.own) targets.push(stopLater(await start(mock)));
    const { peers, missing } = await startPeers(mock, peerNames, comparison.peers, stopLater);
    targets.push(...peers);
    const { cells, refusals } = await measure(mock, targets, plan, (line) => console.error(line));
    return {
      format: 1,
      at: new Date().toISOString(),
      machine: describeMachine(),
      plan,
      targets: targets.map(({ name, version, pid }) => ({
        name,
        version,
        peak_rss_bytes: pid === null ? null : (usageOf(pid)?.peakRssBytes ?? null),
      })),
      missing: [...missing, ...refusals.map(({ name, form, error }) => ({ name: `${name}, ${form} answers`, error }))],
      cells,
    };
  });
}

/** Starts the peers. One that cannot be installed or started is reported as missing. */
async function startPeers(
  mock: MockProcess,
  names: readonly string[],
  starts: Comparison["peers"],
  stopLater: StopLater,
) {
  const peers: Target[] = [];
  const missing: BenchResult["missing"] = [];
  for (const name of names) {
    try {
      const peer = await starts[name]?.(mock);
      if (peer) peers.push(stopLater(peer));
    } catch (error) {
      missing.push({ name, error: errorText(error) });
    }
  }
  return { peers, missing };
}

/** The bench judges no times, but the runtime must have answered every request. */
function answeredEverything({ cells }: BenchResult): boolean {
  return cells.every(({ rounds }) => rounds.every((slices) => slices["pbt-edge"]?.failed === 0));
}
