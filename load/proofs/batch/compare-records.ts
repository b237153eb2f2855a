import type { BatchClient } from "../../harness/batch-client.ts";
import type { MockProcess } from "../../harness/mock.ts";

/** What the records must show. */
export interface ExpectedRecords {
  items: number;
  /** The largest number of provider calls that were made twice. */
  duplicates: number;
}

/**
 * Compares the results, executions, usage and costs of batches with the mock's log of calls, prints
 * them, and returns the claims that do not hold.
 */
export async function compareRecords(
  client: BatchClient,
  mock: MockProcess,
  batches: readonly string[],
  { items, duplicates }: ExpectedRecords,
): Promise<string[]> {
  const lines = (await Promise.all(batches.map((id) => client.results(id)))).flat();
  const states = await Promise.all(batches.map((id) => client.get(id)));
  const batchCost = states.reduce((sum, batch) => sum + batch.cost_usd, 0);
  const executions = await client.executions();
  const usage = await client.usage();
  const { calls, total } = await mock.calls();
  const bodies = new Set(calls.map((call) => call.body_sha256)).size;
  const succeeded = lines.filter((line) => line.status === "succeeded");
  const owned = new Set(succeeded.flatMap((line) => line.execution?.id ?? []));
  const vanished = executions.filter(({ id }) => !owned.has(id));
  const charged = executions.reduce((sum, execution) => sum + execution.cost_usd, 0);
  console.log(
    [
      `items: ${items} accepted, ${succeeded.length} succeeded, ${owned.size} executions of their own`,
      `on record: ${executions.length} executions, ${vanished.length} of them runs that vanished, ${usage.executions} in the usage, ${usage.errors} errors`,
      `charged: ${charged.toFixed(9)} USD by execution, ${usage.cost_usd.toFixed(9)} in the usage, ${batchCost.toFixed(9)} by batch`,
      `provider calls: ${total} with ${bodies} different bodies: ${total - bodies} duplicates (at most ${duplicates} = 2 × kills × slots)`,
    ].join("\n"),
  );
  const same = (a: number, b: number) => Math.abs(a - b) < 5e-10;
  return Object.entries({
    "every accepted item succeeded": succeeded.length === items && lines.length === items,
    "every item has one execution of its own": owned.size === items,
    "one execution is on record for each item": executions.length - vanished.length === items,
    "all others on record are runs that vanished": vanished.every(({ status }) => status === "unknown"),
    "every call that was made twice is on record": vanished.length >= total - bodies,
    "one usage row for each record": usage.executions === executions.length && usage.errors === 0,
    "all that is on record is charged once": same(charged, batchCost) && same(charged, usage.cost_usd),
    "the provider was called for every item": bodies === items,
    "duplicate calls are within the bound": total - bodies <= duplicates,
  }).flatMap(([claim, holds]) => (holds ? [] : [`not so: ${claim}`]));
}
