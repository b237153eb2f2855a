import { WINDOWS } from "../../domain/batches/windows.ts";
import type { ChainLine } from "../../storage/chains/chain-runs.ts";
import type { ChainDeps } from "./chain-deps.ts";

/**
 * Wakes the runs of a line whose turn it is: a tenant has as many awake as batches may have groups.
 * A failure is only reported, because the sweep wakes them again. Returns how many it woke.
 */
export async function wakeChainRuns(deps: ChainDeps, line: ChainLine): Promise<number> {
  const now = deps.now();
  try {
    const woken = await deps.runs.wakeNext(line, WINDOWS[line.lane], now, now + deps.settings.wakeAfterMs);
    const messages = woken.map(({ tenant_id, id }) => ({ body: { type: "chain", tenant_id, run_id: id } as const }));
    if (messages.length > 0) await deps.queues[line.lane].sendBatch(messages);
    return messages.length;
  } catch (error) {
    deps.onError("wake_up_unsent", line.tenant_id, error);
    return 0;
  }
}

/**
 * Lines that one sweep takes up on each of four shards: a statement and a message each, of the
 * invocation's 1,000.
 */
const LINES_AT_ONCE = 25;
/** What one sweep deletes on each shard. */
const DELETED_AT_ONCE = { runs: 200, items: 5_000 };

/**
 * Wakes runs that nobody works on any more, or that wait with room before them; deletes old ones.
 */
export async function sweepChainRuns(deps: ChainDeps): Promise<{ woken: number; deleted: number }> {
  const now = deps.now();
  let woken = 0;
  for (const line of await deps.runs.idleLines(now, WINDOWS, LINES_AT_ONCE)) woken += await wakeChainRuns(deps, line);
  return { woken, deleted: await deps.runs.deleteEnded(now - deps.settings.keptMs, DELETED_AT_ONCE) };
}
