import { setTimeout as sleep } from "node:timers/promises";
import { createTenant } from "../../../scripts/tenant.ts";
import { BatchClient, ITEM_PROMPT, type ListedExecution } from "../../harness/batch-client.ts";
import { withCleanup } from "../../harness/cleanup.ts";
import { startMock } from "../../harness/mock.ts";
import { unitAt } from "../../harness/random.ts";
import { RestartableEdge } from "../../harness/restartable-edge.ts";
import { Callers } from "./callers.ts";

const CALL_MS = 150;
/** The time from a start of the server to its kill. */
const LIFE_MS = { least: 500, most: 3_000 };
const POLL_MS = 1_000;
const RESOLVE_TIMEOUT_MS = 60_000;
/** Production values are a minute and more; shortened so that intents are resolved in seconds. */
const VARS = { EXECUTION_TIMEOUT_MS: "3000", INTENT_MARGIN_MS: "1000", INTENT_RESEND_MS: "5000" };

/**
 * Kills the server with SIGKILL again and again under load. Afterwards every execution of which a
 * client has heard must be on record, and so must every call that the provider was asked for.
 */
export async function proveKills({ kills, seed }: { kills: number; seed: number }): Promise<string[]> {
  return withCleanup(async (stopLater) => {
    const mock = stopLater(await startMock());
    await mock.profile({ default: { delay_ms: CALL_MS } });
    const edge = stopLater(await RestartableEdge.prepare(mock, { vars: VARS }));
    let url = await edge.start();
    const key = await createTenant(url, edge.rootKey, "records");
    const client = new BatchClient(() => url, key);
    await client.publish(ITEM_PROMPT);
    const callers = new Callers(() => url, key);
    for (let life = 0; life < kills; life++) {
      await sleep(LIFE_MS.least + unitAt(seed, life) * (LIFE_MS.most - LIFE_MS.least));
      await edge.kill();
      url = await edge.start();
    }
    await sleep(LIFE_MS.least);
    await callers.stop();
    const calls = await mock.callCount();
    const began = performance.now();
    let records = await client.executions();
    while (faultsOf(callers, calls, records).length > 0 && performance.now() - began < RESOLVE_TIMEOUT_MS) {
      await sleep(POLL_MS);
      records = await client.executions();
    }
    const ids = new Map(records.map(({ id, status }) => [id, status]));
    const unknown = records.filter(({ status }) => status === "unknown").length;
    const lostAnswers = [...callers.answered].filter((id) => ids.get(id) === "unknown").length;
    console.log(
      `kills: ${kills} under ${callers.answered.size} answers; ${calls} calls at the provider\n` +
        `  answered ${callers.answered.size}, of these on record ` +
        `${[...callers.answered].filter((id) => ids.has(id)).length} (${lostAnswers} as unknown)\n` +
        `  on record ${records.length}: ${unknown} unknown; resolved ` +
        `${((performance.now() - began) / 1000).toFixed(1)} s after the load`,
    );
    return faultsOf(callers, calls, records);
  });
}

function faultsOf({ heard }: Callers, calls: number, records: readonly ListedExecution[]): string[] {
  const ids = new Set(records.map(({ id }) => id));
  const missing = [...heard].filter((id) => !ids.has(id));
  const faults: string[] = [];
  if (missing.length > 0)
    faults.push(`${missing.length} executions that clients know are not on record: ${missing[0]}`);
  if (ids.size < calls) faults.push(`${calls} calls were paid and ${ids.size} executions are on record`);
  if (ids.size < records.length) faults.push("an execution is on record twice");
  return faults;
}
