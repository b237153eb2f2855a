import type { BatchHead, ItemOutcome } from "../../domain/batches/batch-record.ts";
import type { GroupKey } from "../../domain/batches/wake-up.ts";
import { TURN_MS } from "../../domain/batches/invocation-limits.ts";
import { gather } from "../../lib/gather.ts";
import type { ClaimedItem, GroupLease } from "../../storage/batches/claims.ts";
import type { BatchDeps } from "./batch-deps.ts";
import type { QueueInvocation } from "./queue-invocation.ts";
import { type LeasedItem, runBatchItem } from "./run-batch-item.ts";

/** The result of a run of a group. */
export interface GroupResult {
  /** The batch ended and has a webhook to send. */
  webhook: boolean;
}

/**
 * Runs the items of a group that are due, until none is left to claim, the group's turn is over, or
 * the invocation has no room. Safe to call at any time, any number of times and concurrently.
 * Throws what storage throws.
 */
export async function runBatchGroup(deps: BatchDeps, key: GroupKey, invocation: QueueInvocation): Promise<GroupResult> {
  const batch = await deps.batches.findHead(key.tenant_id, key.batch_id);
  if (!batch || batch.ended_at !== null) return { webhook: false };
  return new GroupRun(deps, key, batch, invocation).run();
}

/** One consumer's run of a group, under one lease. */
class GroupRun {
  readonly #deps: BatchDeps;
  readonly #key: GroupKey;
  readonly #batch: BatchHead;
  readonly #invocation: QueueInvocation;
  readonly #lease: GroupLease;
  readonly #running = new Set<Promise<void>>();
  readonly #failures: unknown[] = [];
  /** Ends items that finish at the same moment in one transaction. */
  readonly #settle: LeasedItem["settle"];
  #webhook = false;

  constructor(deps: BatchDeps, key: GroupKey, batch: BatchHead, invocation: QueueInvocation) {
    this.#deps = deps;
    this.#key = key;
    this.#batch = batch;
    this.#invocation = invocation;
    this.#lease = { key, token: deps.newToken() };
    this.#settle = gather(async (outcomes: readonly ItemOutcome[]) =>
      deps.claims.settle(key, this.#lease.token, outcomes, deps.now()),
    );
  }

  async run(): Promise<GroupResult> {
    const turnEnds = this.#deps.now() + TURN_MS;
    // The first items may begin late, because other groups had the places.
    let mayStart = await this.#startSome(Infinity);
    while (mayStart && this.#failures.length === 0) mayStart = await this.#startSome(turnEnds);
    await Promise.all(this.#running);
    if (this.#failures.length > 0) throw this.#failures[0];
    return { webhook: this.#webhook };
  }

  /**
   * Claims and starts as many items as there are free slots. False if there was none to claim, the
   * turn is over or the invocation has no room: both are looked at after the wait for the slots.
   */
  async #startSome(turnEnds: number): Promise<boolean> {
    const { slots } = this.#invocation;
    const limit = await slots.take();
    const mayClaim = limit > 0 && this.#deps.now() < turnEnds && this.#invocation.hasRoom();
    const items = mayClaim ? await this.#claim(limit) : [];
    slots.release(limit - items.length);
    for (const item of items) this.#start(item);
    return items.length > 0;
  }

  async #claim(limit: number): Promise<ClaimedItem[]> {
    const now = this.#deps.now();
    const lease = { token: this.#lease.token, now, until: now + this.#deps.settings.leaseMs, limit };
    try {
      return await this.#deps.claims.claim(this.#key, lease);
    } catch (error) {
      this.#failures.push(error);
      return [];
    }
  }

  #start(item: ClaimedItem): void {
    const leased: LeasedItem = {
      key: this.#key,
      batch: this.#batch,
      item,
      token: this.#lease.token,
      settle: this.#settle,
      record: this.#invocation.record,
    };
    this.#invocation.hold(this.#lease);
    const run = runBatchItem(this.#deps, leased)
      .then(({ webhook }) => void (this.#webhook ||= webhook))
      .catch((error: unknown) => void this.#failures.push(error))
      .finally(() => {
        this.#running.delete(run);
        this.#invocation.letGo(this.#lease);
        this.#invocation.slots.release(1);
      });
    this.#running.add(run);
  }
}
