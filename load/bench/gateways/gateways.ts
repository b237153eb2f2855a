/**
 * `npm run bench`: the production bundle beside a bare proxy Worker and the peers that can be installed, all in front of one mock provider, interleaved, told as ratios.
 * Flags: `--quick` (20 s, no peers), `--targets portkey,litellm` (peers; `none`), `--only TEXT` (cells whose name has it), `--rounds N`, `--seconds S` (of a slice), `--out FILE`, `--against FILE` (an earlier result).
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { usageOf } from "../../../scripts/process-usage.ts";
import { compareBench } from "./compare.ts";
import { measure } from "./measure.ts";
import { cellName, FULL, type Plan, QUICK } from "./plan.ts";
import { printBench } from "./print.ts";
import type { BenchResult } from "./result.ts";
import type { Target } from "../targets/target.ts";
import { bareProxy } from "../targets/bare-proxy.ts";
import { bifrost } from "../targets/bifrost.ts";
import { direct } from "../targets/direct.ts";
import { litellm } from "../targets/litellm.ts";
import { pbtEdge } from "../targets/pbt-edge.ts";
import { portkey } from "../targets/portkey.ts";
import { describeMachine } from "../../harness/machine.ts";
import { type MockProcess, startMock } from "../../harness/mock.ts";

const PEERS: Record<string, (mock: MockProcess) => Promise<Target>> = { portkey, litellm, bifrost };

const { values: flags } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    targets: { type: "string" },
    only: { type: "string" },
    rounds: { type: "string" },
    seconds: { type: "string" },
    out: { type: "string", default: "dist/bench.json" },
    against: { type: "string" },
  },
});
const earlier = flags.against === undefined ? null : (JSON.parse(readFileSync(flags.against, "utf8")) as BenchResult);
const result = await bench(planOf(), peersAsked());
mkdirSync(dirname(flags.out), { recursive: true });
writeFileSync(flags.out, `${JSON.stringify(result, null, 1)}\n`);
console.log(`${printBench(result)}\n\nwritten to ${flags.out}`);
if (earlier) console.log(`\n${compareBench(earlier, result)}`);
process.exitCode = answeredEverywhere(result) ? 0 : 1;

function planOf(): Plan {
  const plan = flags.quick ? QUICK : FULL;
  const cells = plan.cells.filter((cell) => cellName(cell).includes(flags.only ?? ""));
  if (cells.length === 0) throw new Error(`--only: no cell has "${flags.only}" in its name`);
  return {
    cells,
    rounds: positive("rounds", plan.rounds),
    slice_ms: positive("seconds", plan.slice_ms / 1000) * 1000,
  };
}

function positive(flag: "rounds" | "seconds", otherwise: number): number {
  const value = flags[flag] === undefined ? otherwise : Number(flags[flag]);
  if (!(value > 0)) throw new Error(`--${flag} must be a number over 0`);
  return value;
}

function peersAsked(): string[] {
  if (flags.targets === "none") return [];
  const asked = flags.targets?.split(",") ?? (flags.quick ? [] : Object.keys(PEERS));
  const unknown = asked.find((name) => !Object.hasOwn(PEERS, name));
  if (unknown !== undefined) throw new Error(`--targets: no "${unknown}"; there are ${Object.keys(PEERS).join(", ")}`);
  return asked;
}

/** Starts everything, measures, and stops everything, whatever happens in between. */
async function bench(plan: Plan, peers: readonly string[]): Promise<BenchResult> {
  const running: { stop(): Promise<void> }[] = [];
  const up = <T extends { stop(): Promise<void> }>(started: T): T => {
    running.push(started);
    return started;
  };
  try {
    const mock = up(await startMock());
    const targets = [direct(mock), up(await bareProxy(mock)), up(await pbtEdge(mock))];
    const missing: BenchResult["missing"] = [];
    for (const name of peers) {
      try {
        const peer = await PEERS[name]?.(mock);
        if (peer) targets.push(up(peer));
      } catch (error) {
        missing.push({ name, error: error instanceof Error ? error.message : String(error) });
      }
    }
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
  } finally {
    for (const started of running.toReversed()) await started.stop();
  }
}

/** Times are told, never judged; answers are: the runtime must have answered all it was asked. */
function answeredEverywhere({ cells }: BenchResult): boolean {
  return cells.every(({ rounds }) => rounds.every((slices) => slices["pbt-edge"]?.failed === 0));
}
