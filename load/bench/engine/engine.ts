/**
 * `npm run bench -- engine`: the production bundle on workerd alone, whose simulators run in another
 * process, by its own API and by its door for chat, beside a bare proxy Worker and a floor Worker
 * on the same engine, and Portkey on Node and as a Worker.
 * The measured server has a core to itself. Fails where the runtime left a request unanswered.
 */
import { parseArgs } from "node:util";
import type { BenchPlan, Cell } from "../gateways/plan.ts";
import { COMPARISON_FLAGS, runComparison } from "../gateways/run-comparison.ts";
import { bareProxyEngine, floorWorker } from "../targets/engine-workers.ts";
import { otherBundle, pbtEdgeDoorEngine, pbtEdgeEngine } from "../targets/pbt-edge.ts";
import { portkeyWorker } from "../targets/portkey-worker.ts";
import { portkey } from "../targets/portkey.ts";
import type { StartTarget } from "../targets/target.ts";
import { soak } from "./soak.ts";

/**
 * Those of every comparison. `bundle` is another build of the runtime, measured beside this one.
 * With `soak`, the memory of the runtime alone is measured for that number of seconds instead.
 */
export const FLAGS = {
  ...COMPARISON_FLAGS,
  out: { type: "string", default: "dist/bench-engine.json" },
  bundle: { type: "string" },
  soak: { type: "string" },
} as const;

const FORMS: Cell["form"][] = ["whole", "stream", "hit", "miss"];

const FULL: BenchPlan = {
  cells: [
    ...FORMS.map((form) => ({ form, delay_ms: 0, connections: 32 })),
    { form: "whole", delay_ms: 0, connections: 1 },
    { form: "whole", delay_ms: 0, connections: 128 },
    { form: "paced", delay_ms: 100, connections: 32 },
    ...[1, 32, 128].map((connections) => ({ form: "whole" as const, delay_ms: 100, connections })),
    ...[1, 32].map((connections) => ({ form: "stream" as const, delay_ms: 100, connections })),
  ],
  rounds: 5,
  slice_ms: 2_000,
};

/** A look of half a minute. */
const QUICK: BenchPlan = {
  cells: FORMS.map((form) => ({ form, delay_ms: 0, connections: 32 })),
  rounds: 3,
  slice_ms: 1_000,
};

/** Measures all targets and writes the result to a file. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  if (flags.soak !== undefined) return soak(Number(flags.soak));
  const own: StartTarget[] = [bareProxyEngine, floorWorker, (mock) => pbtEdgeEngine(mock), pbtEdgeDoorEngine];
  if (flags.bundle !== undefined) own.push(otherBundle(flags.bundle));
  return runComparison({
    flags,
    plan: flags.quick ? QUICK : FULL,
    own,
    peers: { portkey, "portkey-worker": portkeyWorker },
  });
}
