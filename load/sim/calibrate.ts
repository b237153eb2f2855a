/**
 * `npm run sim -- calibrate`: the simulation of one place with one thread beside what `npm run load
 * -- --only matrix` measured on this machine. See "npm run sim" in load/README.md.
 */
import { readFileSync } from "node:fs";
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { digits, percent, percentile, ratio } from "../harness/numbers.ts";
import { table } from "../harness/table.ts";
import { REPEATED_SHARE } from "../k6/lib/workload.ts";
import { createRandom } from "../proofs/gate-sim/random.ts";
import { WorldClock } from "../proofs/world/world-clock.ts";
import { Meter } from "../bill/meter.ts";
import { type LoadResult, type MatrixRow, matrixRows } from "../runner/result.ts";
import type { CellFigures } from "../source-figures.ts";
import { PLACES } from "./places.ts";
import { type Tenant, Zipf } from "./population.ts";
import { requestOf } from "./prompts.ts";
import { ScaleIsolate } from "./scale-isolate.ts";
import { RequestLife } from "./scale-provider.ts";
import { ScaleWorld } from "./scale-world.ts";
import { startTimings } from "../../src/domain/executions/timings.ts";

/** `--load FILE` is what `npm run load` wrote. */
export const FLAGS = {
  load: { type: "string", default: "dist/load/load.json" },
  seed: { type: "string", default: "1" },
} as const satisfies ParseArgsOptionsConfig;

/** The figures of a cell, measured and simulated. */
interface Cell extends Pick<MatrixRow, "complexity" | "users"> {
  measured: CellFigures;
  simulated: CellFigures;
  isFitted: boolean;
}

/** Prints the cells with their errors. A program without checks. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  const load = JSON.parse(readFileSync(flags.load, "utf8")) as LoadResult;
  const matrix = load.scenarios.find(({ name }) => name === "matrix");
  if (!matrix || !load.simulated_ms) throw new Error(`--load: ${flags.load} has no matrix before a simulated provider`);
  const seconds = Number(matrix.env["STEP_SECONDS"]);
  const cells: Cell[] = [];
  for (const [complexity, rows] of Map.groupBy(matrixRows(matrix.metrics, seconds), (row) => row.complexity)) {
    const measured = rows.flatMap(({ users, ours }) => (ours ? [{ users, ours }] : []));
    const [fastest] = measured.toSorted((a, b) => b.ours.rps - a.ours.rps);
    if (!fastest) continue;
    // With all of its users the cell with the most requests a second keeps the thread busy.
    const cpu_ms = ((1 - REPEATED_SHARE / 2) * 1_000) / fastest.ours.rps;
    console.log(`${complexity}: ${cpu_ms.toFixed(2)} ms of the thread, fitted to the cell of ${fastest.users} users`);
    for (const { users, ours } of measured) {
      const local = { users, seconds, cpu_ms, answer_ms: load.simulated_ms[complexity], seed: Number(flags.seed) };
      const isFitted = users === fastest.users;
      cells.push({ complexity, users, measured: ours, simulated: await simulateLocal(local), isFitted });
    }
  }
  console.log(cellTable(cells));
  return true;
}

function cellTable(cells: readonly Cell[]): string {
  const errors = { rps: [] as number[], p50: [] as number[], p99: [] as number[] };
  const rows = cells.map(({ complexity, users, measured, simulated, isFitted }) => {
    const figures = (["rps", "p50", "p99"] as const).flatMap((name) => {
      const error = (ratio(simulated[name], measured[name]) ?? 1) - 1;
      if (!isFitted) errors[name].push(Math.abs(error));
      return [digits(measured[name]), digits(simulated[name]), percent(error)];
    });
    return [complexity, `${users}${isFitted ? " *" : ""}`, ...figures];
  });
  const median = (name: keyof CellFigures) => percent(percentile(errors[name], 50));
  const head = ["rps", "p50 ms", "p99 ms"].flatMap((name) => [name, "simulated", "error"]);
  const last = `median error without the fitted cells (*): rps ${median("rps")}, p50 ${median("p50")}, p99 ${median("p99")}`;
  return `${table([["prompt", "users", ...head], ...rows])}\n${last}`;
}

/** One machine: the thread of the engine serves isolates, objects and databases alike. */
interface LocalPlan {
  users: number;
  seconds: number;
  /** The thread's time for an execution, all that it causes included. */
  cpu_ms: number;
  answer_ms: number;
  seed: number;
}

/** Nothing is far on one machine, and the thread's time is that of the whole execution. */
const LOCAL = {
  object_request: 0.1,
  object_write: 0,
  object_confirm: 0,
  object_start: 1,
  d1_query: 0.1,
  d1_replication: 0,
  kv_read: 0.1,
  kv_propagation: 0,
  cache_read: 0.1,
  isolate_start: 0,
  provider_sigma: 0,
};

/** Simulates users without think time, each with one request at a time. */
async function simulateLocal(plan: LocalPlan): Promise<CellFigures> {
  const clock = new WorldClock();
  const restore = clock.install(createRandom(plan.seed + 1_000_003));
  try {
    const random = createRandom(plan.seed);
    const tenant = localTenant();
    const times = { ...LOCAL, isolate_cpu: plan.cpu_ms, provider_answer: plan.answer_ms };
    const population = { large: tenant, small: [], place: () => tenant.home };
    const world = new ScaleWorld({ clock, random, meter: new Meter(), times }, population);
    const isolate = new ScaleIsolate(world, "local", tenant.home);
    const taken: number[] = [];
    let asked = 0;
    const ask = () => {
      const began = clock.elapsed();
      if (began >= plan.seconds * 1_000) return;
      const repeats = asked > 0 && random.chance(REPEATED_SHARE);
      const input = repeats ? Math.floor(random.between(0, asked)) : asked;
      asked += 1;
      const work = async () => {
        await isolate.compute();
        await isolate.records.authenticate(tenant);
        await isolate.throttle(tenant.id);
        const timings = startTimings(() => clock.now());
        await isolate.execute.run(requestOf(tenant.id, "p0", `input ${input}`, true), timings);
        taken.push(clock.elapsed() - began);
        clock.in(undefined, 0, ask);
      };
      const life = new RequestLife(isolate.life, tenant, "p0");
      void clock.within(life, work);
    };
    for (let user = 0; user < plan.users; user++) clock.in(undefined, 0, ask);
    await clock.runUntil((plan.seconds + 30) * 1_000);
    return { rps: taken.length / plan.seconds, p50: percentile(taken, 50), p99: percentile(taken, 99) };
  } finally {
    restore();
  }
}

function localTenant(): Tenant {
  const [home] = PLACES;
  if (!home) throw new Error("there are no places");
  const key = { name: "local", secret: "local", version: 1, weight: 1, rpm: null, tpm: null, max_concurrency: null };
  return {
    id: "ten_local",
    home,
    isLarge: true,
    hasBranches: false,
    rate: 10,
    weight: 1,
    key_weight: 1,
    prompt_weight: 1,
    slowness: 1,
    prompts: new Zipf(1),
    inputs: new Zipf(1),
    keys: [key],
    concurrency: 1_000,
    budgets: [],
  };
}
