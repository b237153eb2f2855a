/**
 * `npm run prove -- steps`: the blocks of JavaScript that the Worker enters for an execution, over
 * the simulated platform of `npm run bill`. They are the same on every machine and under every
 * load, so a path that does more is seen where times would be noise. Fails where an execution
 * takes more than a tenth over the baseline in this folder.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { loadWorker, readBindings } from "../../bill/platform/load-worker.ts";
import { type ReplayPlan, replayLoad } from "../../bill/replay.ts";
import { VARIANTS } from "../../bill/variants.ts";
import { LOADS } from "../../bill/workload.ts";
import { createStepCounter, type StepCounter } from "../slow-inputs/step-counter.ts";

/** `write` makes the counts the baseline. */
export const FLAGS = { write: { type: "boolean", default: false } } as const satisfies ParseArgsOptionsConfig;

const COUNTED_VARIANTS = ["plain", "cacheable", "stream"];
/** How long requests come before an isolate is warm, in simulated seconds. */
const WARM_S = 2;
/**
 * Then, in a short and in a long run. Their difference is that of executions alone: what makes
 * tenants and prompts, and what an isolate does once, is in both.
 */
const [SHORT_S, LONG_S] = [4, 12];
const MOST = 1.1;
const BASELINE = join(import.meta.dirname, "baseline.json");
/** The Worker and its packages, but nothing of the platform that is simulated around it. */
const COUNTED = ["src/", "node_modules/"].map((folder) => new URL(`../../../${folder}`, import.meta.url).href);

/** Counts, prints, and compares each kind of executions with the baseline. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  const counter = createStepCounter((url) => COUNTED.some((folder) => url.startsWith(folder)));
  const plan = { worker: await loadWorker(), bindings: await readBindings(), seed: 1, cpuMs: 2, warmS: WARM_S };
  // The start is not an execution's.
  await counter.count(() => undefined);
  const counts: Record<string, number> = {};
  for (const name of COUNTED_VARIANTS) {
    const variant = VARIANTS[name];
    if (!variant) continue;
    const short = await replay({ ...plan, variant, seconds: SHORT_S }, counter);
    const long = await replay({ ...plan, variant, seconds: LONG_S }, counter);
    counts[name] = Math.round((long.steps - short.steps) / (long.executions - short.executions));
  }
  counter.stop();
  if (flags.write) writeFileSync(BASELINE, `${JSON.stringify(counts, null, 2)}\n`);
  return judge(counts, JSON.parse(readFileSync(BASELINE, "utf8")) as Record<string, number>);
}

/** The steps of a run, with what runs beside its executions. */
async function replay(plan: ReplayPlan, counter: StepCounter): Promise<{ steps: number; executions: number }> {
  const load = LOADS.hot();
  let executions = 0;
  const steps = await counter.count(async () => {
    executions = (await replayLoad(plan, { ...load, slices: load.slices.slice(0, 1) })).executions;
  });
  return { steps, executions };
}

function judge(counts: Readonly<Record<string, number>>, baseline: Readonly<Record<string, number>>): boolean {
  let passed = true;
  for (const [name, steps] of Object.entries(counts)) {
    const ratio = steps / (baseline[name] ?? Number.NaN);
    const fails = !(ratio <= MOST);
    passed &&= !fails;
    console.log(
      `${fails ? "FAILED: " : ""}${name}: ${steps} steps an execution, ${ratio.toFixed(3)} times the baseline (at most ${MOST})`,
    );
  }
  return passed;
}
