/**
 * `npm run prove -- chains`: a chain of five steps ends whatever kills its server, and the provider
 * is called once for each step. The server and its engine are killed with SIGKILL at each step,
 * once while the step's call is under way and once as soon as the run has its answer, and started
 * again. Only a call that was under way is made twice: the first is on record as `unknown`.
 */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { createTenant } from "../../../scripts/tenant.ts";
import { withCleanup } from "../../harness/cleanup.ts";
import { startMock } from "../../harness/mock.ts";
import { RestartableEdge } from "../../harness/restartable-edge.ts";
import { table } from "../../harness/table.ts";
import { ChainClient, type KillPlan, STEPS } from "./chain-client.ts";
import { faultsOf, type Killed, rowOf } from "./verdict.ts";

/** The forms of the requests that start the runs, and the steps at which the server is killed. */
export const FLAGS = {
  forms: { type: "string", default: "async,whole,stream" },
  steps: { type: "string", default: STEPS.map(({ id }) => id).join(",") },
} as const satisfies ParseArgsOptionsConfig;

/** How long a call of the provider takes, ms. */
const CALL_MS = 400;
/**
 * How long the call takes that a kill is to meet: a reply that is there but not stored at the kill
 * looks to the provider's log like a call that is made twice for nothing.
 */
const HELD_MS = 30_000;
/**
 * The lease is short, so that the run is taken up soon after the kill; 30 s in production. So is
 * the time after which a wake-up counts as lost, because local queues lose theirs; 5 minutes there.
 */
const VARS = { BATCH_LEASE_MS: "5000", BATCH_WAKE_AFTER_MS: "8000", EXECUTOR_CONCURRENCY: "1000" };

/** Kills the server at each step, in each form. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  const steps = flags.steps.split(",");
  const unknown = steps.find((step) => !STEPS.some(({ id }) => id === step));
  if (unknown !== undefined) throw new Error(`the chain has no step "${unknown}"`);
  const plans = flags.forms
    .split(",")
    .flatMap((form) =>
      steps.flatMap((step) => (["call", "answer"] as const).map((moment): KillPlan => ({ form, step, moment }))),
    );
  return withCleanup(async (stopLater) => {
    const mock = stopLater(await startMock());
    const edge = stopLater(await RestartableEdge.prepare(mock, { vars: VARS }));
    let url = await edge.start();
    const client = new ChainClient(() => url, await createTenant(url, edge.rootKey, "chains"));
    await client.publish();
    const killed: Killed[] = [];
    for (const plan of plans) {
      await mock.profile({ default: { delay_ms: CALL_MS }, models: heldBy(plan) });
      const since = await mock.callCount();
      const id = await client.start(plan.form);
      await client.reach(id, plan, async () => (await mock.calls(since)).calls);
      await edge.kill();
      await mock.profile({ default: { delay_ms: CALL_MS } });
      const downAt = performance.now();
      url = await edge.start();
      const ended = await client.finish(id);
      const seconds = (performance.now() - downAt) / 1_000;
      const { calls } = await mock.calls(since);
      const under = calls.filter(({ client_left }) => client_left);
      killed.push({ plan, run: ended, under, calls, records: await client.records(ended), seconds });
      process.stderr.write(`${killed.length} of ${plans.length} kills\n`);
    }
    console.log(
      table([["killed at", "run", ...STEPS.map(({ id }) => id), "unknown", "ended after"], ...killed.map(rowOf)]),
    );
    const faults = killed.flatMap(faultsOf);
    for (const fault of faults) console.log(`FAULT: ${fault}`);
    const total = killed.reduce((sum, { calls }) => sum + calls.length, 0);
    const again = killed.reduce((sum, { under }) => sum + under.length, 0);
    console.log(
      `${killed.length} kills: ${total} calls for ${killed.length * STEPS.length} steps; ${again} were under way at a kill` +
        ` and made again. ${faults.length === 0 ? "No other was made twice, and none is missing." : `${faults.length} faults`}`,
    );
    return faults.length === 0;
  });
}

/** The profile of the model whose call the kill is to meet: that of the step, or of the next one. */
function heldBy({ step, moment }: KillPlan) {
  const at = STEPS.findIndex(({ id }) => id === step) + (moment === "call" ? 0 : 1);
  const model = STEPS[at]?.model;
  return model === undefined ? {} : { [model]: { delay_ms: HELD_MS } };
}
