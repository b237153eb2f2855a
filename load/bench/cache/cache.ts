/**
 * `npm run bench -- cache`: the speed of an answer from each cache tier beside a bare proxy Worker
 * in front of the same provider, and how many backend calls a client waits for. Fails where a
 * client waits for more calls than promised, or where answers came from another tier than expected.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { publishJson } from "../../../scripts/tenant.ts";
import { withCleanup } from "../../harness/cleanup.ts";
import { startEdge } from "../../harness/edge.ts";
import { describeMachine } from "../../harness/machine.ts";
import { startMock } from "../../harness/mock.ts";
import { bareProxy } from "../targets/bare-proxy.ts";
import { type AwaitedCalls, keepsPromise, measureAwaitedCalls, POINTER_FRESH_MS } from "./awaited-calls.ts";
import { printAwaitedCalls, printSpeeds } from "./print.ts";
import { DEFINITION, sourcesOf, storeAnswers, type WarmEdge } from "./sources.ts";
import { measureSpeeds, type SpeedCell, type SpeedPlan } from "./speeds.ts";

/** Rounds; seconds of a slice; a quick look of 2 rounds of 0.5 s; the file of the result. */
export const FLAGS = {
  rounds: { type: "string" },
  seconds: { type: "string" },
  quick: { type: "boolean", default: false },
  out: { type: "string", default: "dist/cache-bench.json" },
} as const satisfies ParseArgsOptionsConfig;

/** The first isolate stores the answers; the second, whose memory is empty, is measured. */
const ISOLATES = 2;
/** The share of answers that must come from the expected tier. A tier that times out has none. */
const EXPECTED_SHARE = 0.99;

interface CacheResult {
  plan: SpeedPlan;
  awaited_calls: AwaitedCalls[];
  cells: SpeedCell[];
}

/** Measures awaited calls, then speeds. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  const result = await measure({
    connections: [1, 32],
    rounds: Number(flags.rounds ?? (flags.quick ? 2 : 5)),
    slice_ms: 1000 * Number(flags.seconds ?? (flags.quick ? 0.5 : 1.5)),
  });
  mkdirSync(dirname(flags.out), { recursive: true });
  writeFileSync(flags.out, `${JSON.stringify(result, null, 1)}\n`);
  const speeds = result.cells.flatMap(({ rounds }) => rounds.flatMap((round) => Object.values(round)));
  const asExpected = speeds.every(({ failed, as_expected }) => failed === 0 && as_expected >= EXPECTED_SHARE);
  return asExpected && result.awaited_calls.every(keepsPromise);
}

async function measure(plan: SpeedPlan): Promise<CacheResult> {
  return withCleanup(async (stopLater) => {
    const mock = stopLater(await startMock());
    const proxy = stopLater(await bareProxy(mock));
    const plain = stopLater(await startEdge(mock, { isolates: ISOLATES }));
    // The long time-out keeps a tier in use whose calls are delayed on purpose.
    const vars = { POINTER_FRESH_MS: String(POINTER_FRESH_MS), CACHE_TIMEOUT_MS: "1000" };
    const entry = "load/bench/cache/counted-worker.ts";
    const counted = stopLater(await startEdge(mock, { isolates: ISOLATES, entry, vars }));
    const began = performance.now();
    await Promise.all([plain, counted].map(warmUp));
    console.error(`stored all answers in ${((performance.now() - began) / 1000).toFixed(1)} s`);
    const awaited_calls = await measureAwaitedCalls(counted);
    console.log(printAwaitedCalls(awaited_calls));
    const cells = await measureSpeeds(sourcesOf(proxy, plain, counted), plan, (line) => console.error(line));
    printCells(cells, plan);
    return { plan, awaited_calls, cells };
  });
}

async function warmUp(edge: WarmEdge): Promise<void> {
  await publishJson(edge.url, edge.key, DEFINITION);
  await storeAnswers(edge);
}

function printCells(cells: readonly SpeedCell[], plan: SpeedPlan): void {
  const { commit, workerd, cores } = describeMachine();
  const head = [
    `\ncommit ${commit ?? "?"}, workerd ${workerd}, ${cores} cores; ${plan.rounds} rounds of ${plan.slice_ms} ms`,
    "× and −: ratio and difference to the bare proxy in the same round, median (min–max)",
    "the provider answers at once",
    "*: measured through the counted Worker, whose Cache API can be emptied; compare with memory *\n",
  ];
  console.log([...head, cells.map(printSpeeds).join("\n\n")].join("\n"));
}
