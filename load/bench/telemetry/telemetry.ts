/**
 * `npm run bench -- telemetry`: what telemetry costs, and how old a live stream's data is. The same
 * bundle runs with telemetry on (with a collector, which gets the default share of traces) and off,
 * on workerd alone, in turns of a second: the CPU of a warm execution, as the mean of the paired
 * ratios with its 95 % interval. Then two isolates execute as fast as they can while a live stream
 * is read: how long after its end an execution is seen there. Fails where the CPU is over 5 %, or
 * the age's p99 over a second.
 */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { meanOf, pairedInterval } from "../../../src/domain/comparisons/paired-interval.ts";
import { usageOf } from "../../../scripts/process-usage.ts";
import { withCleanup } from "../../harness/cleanup.ts";
import { runClosedLoop } from "../../harness/closed-loop.ts";
import { startOtlpReceiver } from "../../harness/otlp-receiver.ts";
import { startMock } from "../../harness/mock.ts";
import { digits, percentile, ranged, spread } from "../../harness/numbers.ts";
import { table } from "../../harness/table.ts";
import { rotated } from "../rotate.ts";
import { pbtEdgeEngine } from "../targets/pbt-edge.ts";
import type { Target } from "../targets/target.ts";
import { measureAges } from "./live-age.ts";

/** Seconds are those of a round's half, and of the load before a live stream. */
export const FLAGS = {
  rounds: { type: "string", default: "120" },
  seconds: { type: "string", default: "1" },
  connections: { type: "string", default: "16" },
} as const satisfies ParseArgsOptionsConfig;

const MODES = ["on", "off"] as const;
const MOST_CPU = 1.05;
const MOST_AGE_MS = 1_000;
const WARM_UP_MS = 3_000;

/** Measures both and prints them. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  const isCheap = await compareCpu(Number(flags.rounds), Number(flags.seconds) * 1000, Number(flags.connections));
  const ages = await measureAges(Number(flags.seconds) * 1000);
  const of = (share: number) => digits(percentile(ages, share));
  console.log(
    `\nage of a live stream's data, ms, over ${ages.length} executions: p50 ${of(50)}, p95 ${of(95)}, p99 ${of(99)}`,
  );
  const isFresh = percentile(ages, 99) < MOST_AGE_MS;
  if (!isFresh) console.log(`FAILED: the p99 is not below ${MOST_AGE_MS} ms`);
  return isCheap && isFresh;
}

async function compareCpu(rounds: number, sliceMs: number, connections: number): Promise<boolean> {
  return withCleanup(async (stopLater) => {
    const mock = stopLater(await startMock());
    const collector = await startOtlpReceiver();
    stopLater({ stop: collector.close });
    const targets = new Map<string, Target>();
    for (const mode of MODES) {
      const vars = {
        EXECUTOR_CONCURRENCY: "1000",
        TENANT_RATE_PER_S: "100000",
        TENANT_BURST: "100000",
        TELEMETRY: mode,
        ...(mode === "on" && { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }),
      };
      targets.set(mode, stopLater(await pbtEdgeEngine(mock, { vars })));
    }
    for (const target of targets.values()) await cpuOf(target, "warm-up", WARM_UP_MS, connections);
    const cpu: Record<string, number[]> = { on: [], off: [] };
    for (let round = 0; round < rounds; round++) {
      for (const [mode, target] of rotated([...targets], round)) {
        cpu[mode]?.push(await cpuOf(target, `round ${round}`, sliceMs, connections));
      }
    }
    const { on = [], off = [] } = cpu;
    const logs = on.map((ms, round) => Math.log(ms / (off[round] ?? Number.NaN)));
    const [mean, low, high] = [meanOf(logs), ...(pairedInterval(logs) ?? [])].map((log) => digits(Math.exp(log)));
    const rows = MODES.map((mode) => [`telemetry ${mode}`, ranged(spread(cpu[mode] ?? []))]);
    console.log(table([["", "CPU ms an execution"], ...rows]));
    console.log(`on / off: ${mean}, 95 % interval ${low}–${high}`);
    console.log(`the collector received ${collector.requests.length} requests`);
    const isCheap = Math.exp(meanOf(logs)) <= MOST_CPU;
    if (!isCheap) console.log(`FAILED: the ratio is over ${MOST_CPU}`);
    return isCheap;
  });
}

/** The CPU of an execution, ms. Throws where one fails. */
async function cpuOf(target: Target, name: string, durationMs: number, connections: number): Promise<number> {
  const before = usageOf(target.pid ?? 0);
  const { requests, failed, failure } = await runClosedLoop({
    url: target.url,
    connections,
    durationMs,
    request: (n) => target.request(`${name}: ${n}`, "whole"),
    answer: /"status":"succeeded"/,
  });
  const after = usageOf(target.pid ?? 0);
  if (failed > 0) throw new Error(`${failed} of ${requests} executions failed: ${failure}`);
  if (!before || !after) throw new Error("this system does not tell the CPU time of a process");
  return (after.cpuMs - before.cpuMs) / requests;
}
