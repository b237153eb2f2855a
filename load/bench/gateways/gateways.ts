/**
 * `npm run bench -- gateways`: the production bundle beside a bare proxy Worker and the gateways
 * that can be installed (the peers), all in front of one mock provider. Rounds interleave them, so
 * that their ratios can be compared. Fails where the runtime left a request unanswered.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { usageOf } from "../../../scripts/process-usage.ts";
import { type StopLater, withCleanup } from "../../harness/cleanup.ts";
import { errorText } from "../../harness/error-text.ts";
import { describeMachine } from "../../harness/machine.ts";
import { type MockProcess, startMock } from "../../harness/mock.ts";
import { bareProxy } from "../targets/bare-proxy.ts";
import { bifrost } from "../targets/bifrost.ts";
import { direct } from "../targets/direct.ts";
import { litellm } from "../targets/litellm.ts";
import { pbtEdge } from "../targets/pbt-edge.ts";
import { portkey } from "../targets/portkey.ts";
import type { Target } from "../targets/target.ts";
import { compareBench } from "./compare.ts";
import { measure } from "./measure.ts";
import { type BenchPlan, cellName, FULL, QUICK } from "./plan.ts";
import { printBench } from "./print.ts";
import type { BenchResult } from "./result.ts";

/**
 * `quick` is a look of 20 s without peers. `targets` are the peers, separated by commas, or `none`.
 * `only` selects the cells whose name contains it. `seconds` is the length of a slice, `out` the
 * file of the result, and `against` an earlier result to compare with.
 */
export const FLAGS = {
  quick: { type: "boolean", default: false },
  targets: { type: "string" },
  only: { type: "string" },
  rounds: { type: "string" },
  seconds: { type: "string" },
  out: { type: "string", default: "dist/bench.json" },
  against: { type: "string" },
} as const satisfies ParseArgsOptionsConfig;

type Flags = ReturnType<typeof readFlags>;

const PEERS: Record<string, (mock: MockProcess) => Promise<Target>> = { portkey, litellm, bifrost };

/** Measures all targets and writes the result to a file. */
export async function run(args: string[]): Promise<boolean> {
  const flags = readFlags(args);
  const earlier = flags.against === undefined ? null : (JSON.parse(readFileSync(flags.against, "utf8")) as BenchResult);
  const result = await benchGateways(planOf(flags), peersOf(flags));
  mkdirSync(dirname(flags.out), { recursive: true });
  writeFileSync(flags.out, `${JSON.stringify(result, null, 1)}\n`);
  console.log(`${printBench(result)}\n\nwritten to ${flags.out}`);
  if (earlier) console.log(`\n${compareBench(earlier, result)}`);
  return answeredEverything(result);
}

function readFlags(args: string[]) {
  return parseArgs({ args, options: FLAGS }).values;
}

function planOf(flags: Flags): BenchPlan {
  const plan = flags.quick ? QUICK : FULL;
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

function peersOf(flags: Flags): string[] {
  if (flags.targets === "none") return [];
  const names = flags.targets?.split(",") ?? (flags.quick ? [] : Object.keys(PEERS));
  const unknown = names.find((name) => !Object.hasOwn(PEERS, name));
  if (unknown !== undefined) throw new Error(`--targets: no "${unknown}"; there are ${Object.keys(PEERS).join(", ")}`);
  return names;
}

async function benchGateways(plan: BenchPlan, peerNames: readonly string[]): Promise<BenchResult> {
  return withCleanup(async (stopLater) => {
    const mock = stopLater(await startMock());
    const own = [direct(mock), stopLater(await bareProxy(mock)), stopLater(await pbtEdge(mock))];
    const { peers, missing } = await startPeers(mock, peerNames, stopLater);
    const targets = [...own, ...peers];
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
async function startPeers(mock: MockProcess, names: readonly string[], stopLater: StopLater) {
  const peers: Target[] = [];
  const missing: BenchResult["missing"] = [];
  for (const name of names) {
    try {
      const peer = await PEERS[name]?.(mock);
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
