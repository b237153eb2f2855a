import { setTimeout as sleep } from "node:timers/promises";
import { createTenant } from "../../../scripts/tenant.ts";
import { BatchClient, ITEM_PROMPT, type ListedExecution } from "../../harness/batch-client.ts";
import { withCleanup } from "../../harness/cleanup.ts";
import { startMock } from "../../harness/mock.ts";
import { unitAt } from "../../harness/random.ts";
import { RestartableEdge } from "../../harness/restartable-edge.ts";
import { Callers } from "./callers.ts";
import { ALL_FORMS } from "./forms.ts";
import { describeKills, faultsOf, type KilledLoad } from "./kills-verdict.ts";

const CALL_MS = 150;
/** The time from a start of the server to its kill. */
const LIFE_MS = { least: 500, most: 3_000 };
const POLL_MS = 1_000;
const RESOLVE_TIMEOUT_MS = 60_000;
/**
 * Intents are resolved in seconds instead of minutes. The first byte has almost as long as the
 * execution, so that a busy machine makes no second attempt. There are permits to spare, because
 * those of killed calls come back only after their longest time.
 */
const VARS = {
  EXECUTION_TIMEOUT_MS: "6000",
  FIRST_BYTE_TIMEOUT_MS: "5000",
  INTENT_MARGIN_MS: "1000",
  EXECUTOR_CONCURRENCY: "1000",
};

/**
 * Kills the server with SIGKILL again and again under load. Afterwards every execution of which a
 * client has heard must be on record, and so must every call that the provider was asked for.
 */
export async function proveKills({ kills, seed }: { kills: number; seed: number }): Promise<string[]> {
  return withCleanup(async (stopLater) => {
    const mock = stopLater(await startMock());
    await mock.profile({ default: { delay_ms: CALL_MS } });
    const edge = stopLater(await RestartableEdge.prepare(mock, { vars: VARS }));
    let starting = edge.start();
    let url = await starting;
    const key = await createTenant(url, edge.rootKey, "records");
    const client = new BatchClient(() => url, key);
    await client.publish(ITEM_PROMPT);
    const began = performance.now();
    const callers = new Callers(() => url, key, { forms: ALL_FORMS, untilUp: async () => starting });
    const killedAt: number[] = [];
    for (let life = 0; life < kills; life++) {
      await sleep(LIFE_MS.least + unitAt(seed, life) * (LIFE_MS.most - LIFE_MS.least));
      killedAt.push(Date.now());
      starting = edge.kill().then(async () => edge.start());
      url = await starting;
    }
    await sleep(LIFE_MS.least);
    await callers.stop();
    const { calls } = await mock.calls();
    const loadEnded = performance.now();
    const load: KilledLoad = { callers, killedAt, calls, records: await settledRecords(client, callers) };
    const seconds = (ms: number) => (ms / 1000).toFixed(1);
    console.log(
      `kills: ${kills} in ${seconds(loadEnded - began)} s; seed ${seed}; ` +
        `looked ${seconds(performance.now() - loadEnded)} s for what was cut off\n${describeKills(load)}`,
    );
    return faultsOf(load);
  });
}

/** The records, once all that clients have heard of is on record or the time for that is over. */
async function settledRecords(client: BatchClient, { heard }: Callers): Promise<ListedExecution[]> {
  const began = performance.now();
  for (;;) {
    const records = await client.executions();
    const ids = new Set(records.map(({ id }) => id));
    const isSettled = [...heard.keys()].every((id) => ids.has(id));
    if (isSettled || performance.now() - began > RESOLVE_TIMEOUT_MS) return records;
    await sleep(POLL_MS);
  }
}
