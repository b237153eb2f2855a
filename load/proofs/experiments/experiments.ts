/**
 * `npm run prove -- experiments`: comparisons, optimisations and test runs end whatever kills their
 * server, and no answer is paid for twice. The server and its engine are killed with SIGKILL at
 * seeded moments while all of them run, and started again. Only a call that was under way is made
 * again: the first is on record as `unknown`, and is counted in the cost of the result.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { createTenant } from "../../../scripts/tenant.ts";
import { withCleanup } from "../../harness/cleanup.ts";
import { startMock } from "../../harness/mock.ts";
import { unitAt } from "../../harness/random.ts";
import { RestartableEdge } from "../../harness/restartable-edge.ts";
import { table } from "../../harness/table.ts";
import { type Experiment, ExperimentClient } from "./experiment-client.ts";
import { ANSWERS, experimentsOf, MODELS, VERSIONS } from "./plan.ts";
import { callFaults, type Ended, faultsOf, rowOf } from "./verdict.ts";

export const FLAGS = {
  rounds: { type: "string", default: "3" },
  kills: { type: "string", default: "6" },
  seed: { type: "string", default: "1" },
} as const satisfies ParseArgsOptionsConfig;

/** How long a call of the provider takes, ms: the kills are to meet some under way. */
const CALL_MS = 300;
/** The calls of one life of the server. */
const LIFE_CALLS = { least: 5, most: 50 };
/** A life ends without them after this time, ms: nothing may be left to do. */
const LONGEST_LIFE_MS = 20_000;
const POLL_MS = 50;
/** Executions of a run at a time. */
const CONCURRENCY = 4;
/** The lease is short, so that runs are taken up soon after the kill. */
const VARS = {
  BATCH_LEASE_MS: "1000",
  TEST_CONCURRENCY: String(CONCURRENCY),
  TEST_JUDGE_MODEL: MODELS.judge,
  OPTIMIZER_MODEL: MODELS.optimizer,
  EXECUTOR_CONCURRENCY: "1000",
};

/** Kills the server in each round, and compares results, ledger and the provider's log. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  const [rounds, kills, seed] = [Number(flags.rounds), Number(flags.kills), Number(flags.seed)];
  return withCleanup(async (stopLater) => {
    const mock = stopLater(await startMock());
    const models = Object.fromEntries(
      Object.entries(ANSWERS).map(([model, answer]) => [model, { answer, delay_ms: CALL_MS }]),
    );
    await mock.profile({ default: { delay_ms: CALL_MS }, models });
    const edge = stopLater(await RestartableEdge.prepare(mock, { vars: VARS }));
    let url = await edge.start();
    const client = new ExperimentClient(() => url, await createTenant(url, edge.rootKey, "experiments"));
    for (const version of VERSIONS) await client.publish("p", version);
    const finished: { experiment: Experiment; shown: Awaited<ReturnType<ExperimentClient["finish"]>> }[] = [];
    for (let round = 0; round < rounds; round++) {
      const experiments = experimentsOf(round);
      const starting = Promise.all(experiments.map(async (experiment) => client.start(experiment)));
      for (let life = 0; life < kills; life++) {
        const wanted = LIFE_CALLS.least + unitAt(seed, round * kills + life) * (LIFE_CALLS.most - LIFE_CALLS.least);
        await reach((await mock.callCount()) + wanted, async () => mock.callCount());
        await edge.kill();
        url = await edge.start();
      }
      const started = await starting;
      const ends = started.map(async ({ id }, at) => {
        const experiment = experiments[at];
        if (experiment) finished.push({ experiment, shown: await client.finish(experiment, id) });
      });
      await Promise.all(ends);
      process.stderr.write(`${round + 1} of ${rounds} rounds\n`);
    }
    const executions = await client.executions();
    const ended = finished.map(({ experiment, shown }): Ended => {
      const own = executions.filter(({ metadata }) => metadata?.[experiment.kind] === shown.id);
      return { experiment, shown, executions: own };
    });
    const head = ["experiment", "status", "executions", "known", "unknown", "told, $", "on record, $"];
    console.log(table([head, ...ended.map(rowOf)]));
    const { calls } = await mock.calls();
    const mostUnderWay = rounds * kills * experimentsOf(0).length * CONCURRENCY * 2;
    const faults = [...ended.flatMap(faultsOf), ...callFaults(ended, calls, mostUnderWay)];
    const strangers = executions.length - ended.reduce((sum, each) => sum + each.executions.length, 0);
    if (strangers > 0) faults.push(`${strangers} executions belong to no experiment that was told of`);
    for (const fault of faults) console.log(`FAULT: ${fault}`);
    const unknown = ended.flatMap((each) => each.executions).filter(({ status }) => status === "unknown").length;
    console.log(
      `${rounds * kills} kills: ${calls.length} calls, ${executions.length} executions on record, ${unknown} of them unknown; seed ${seed}. ` +
        (faults.length === 0
          ? "Each call is billed once, and no answer is paid for twice."
          : `${faults.length} faults`),
    );
    return faults.length === 0;
  });
}

/** Waits until there were so many calls. */
async function reach(wanted: number, count: () => Promise<number>): Promise<void> {
  const began = performance.now();
  while ((await count()) < wanted && performance.now() - began < LONGEST_LIFE_MS) await sleep(POLL_MS);
}
