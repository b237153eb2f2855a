import type { BatchMode } from "../../domain/batches/batch.ts";
import { gather } from "../../lib/gather.ts";
import type { Slots } from "../../lib/slots.ts";
import type { BatchClaims, GroupKey, ItemOutcome } from "../../storage/batches/claims.ts";
import type { BatchRecord, BatchRepository } from "../../storage/batches/batches.ts";
import type { Clock } from "../../lib/clock.ts";
import type { RecordUsage } from "../usage/record-usage.ts";
import type { RunBatchItem } from "./run-batch-item.ts";

/**
 * Runs a group in a batch of the provider's own: submits it, or looks how it stands. Gives when to look again (Unix ms), null where nothing is left
 * to do, or `queue` where what is left is to be called item by item.
 */
export interface ProviderBatchRunner {
  run(key: GroupKey, batch: BatchRecord): Promise<number | null | "queue">;
}

/** What came of a group: when it wants to be woken again (Unix ms; null: not at all), and whether a webhook is due. */
export interface GroupResult {
  wakeAt: number | null;
  webhook: boolean;
}

/** What all groups of one invocation share: places for the items that run at a time, and a pen that writes down together what ends together. */
export interface Invocation {
  slots: Slots;
  record: RecordUsage["now"];
}

/** Does what a group has to do now. Harmless however often and in whatever order it is called; throws where storage does. */
export type RunBatchGroup = (key: GroupKey, invocation: Invocation) => Promise<GroupResult>;

/** What {@link createRunBatchGroup} needs. Times in milliseconds. */
export interface RunBatchGroupDeps extends Clock {
  batches: Pick<BatchRepository, "find">;
  claims: Pick<BatchClaims, "claim" | "renew" | "settle" | "nextDue">;
  runItem: RunBatchItem;
  provider: ProviderBatchRunner | null;
  newToken(): string;
  /** Calls `work` every `ms` until the function that it gives back is called. */
  every(ms: number, work: () => void): () => void;
  leaseMs: number;
  onError(batchId: string, error: unknown): void;
}

/** A consumer's invocation ends after 15 minutes at the latest; it begins nothing new after this. */
const LONGEST_RUN_MS = 8 * 60_000;

/** The service: claim what there is room for, run it, until nothing is left to claim. */
export function createRunBatchGroup(deps: RunBatchGroupDeps): RunBatchGroup {
  async function runQueued(key: GroupKey, batch: BatchRecord, { slots, record }: Invocation): Promise<GroupResult> {
    const token = deps.newToken();
    const until = deps.now() + LONGEST_RUN_MS;
    const settle = gather(async (outcomes: readonly ItemOutcome[]) =>
      deps.claims.settle(key, token, outcomes, deps.now()),
    );
    const running = new Set<Promise<void>>();
    const failures: unknown[] = [];
    let webhook = false;
    const beat = deps.every(deps.leaseMs / 3, () => {
      deps.claims
        .renew(key, token, deps.now() + deps.leaseMs)
        .catch((error: unknown) => deps.onError(key.batch_id, error));
    });
    try {
      while (failures.length === 0 && deps.now() < until) {
        const limit = await slots.take();
        const now = deps.now();
        const items = await deps.claims
          .claim(key, { token, now, until: now + deps.leaseMs, limit })
          .catch((error: unknown) => (failures.push(error), []));
        slots.release(limit - items.length);
        if (items.length === 0) break;
        for (const item of items) {
          const run = deps
            .runItem({ key, batch, item, token, settle, record })
            .then((result) => void (webhook ||= result.webhook))
            .catch((error: unknown) => void failures.push(error))
            .finally(() => {
              running.delete(run);
              slots.release(1);
            });
          running.add(run);
        }
      }
      await Promise.all(running);
    } finally {
      beat();
    }
    if (failures.length > 0) throw failures[0];
    return { wakeAt: await deps.claims.nextDue(key), webhook };
  }

  const byMode: Record<BatchMode, (key: GroupKey, batch: BatchRecord, of: Invocation) => Promise<GroupResult>> = {
    queue: runQueued,
    async provider(key, batch, invocation) {
      const next = deps.provider ? await deps.provider.run(key, batch) : "queue";
      return next === "queue" ? runQueued(key, batch, invocation) : { wakeAt: next, webhook: false };
    },
  };

  return async function runBatchGroup(key, invocation) {
    const batch = await deps.batches.find(key.tenant_id, key.batch_id);
    if (!batch || batch.ended_at !== null) return { wakeAt: null, webhook: false };
    return byMode[batch.mode](key, batch, invocation);
  };
}
