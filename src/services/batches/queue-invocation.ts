import { LAST_START_MS, LAST_START_QUERIES } from "../../domain/batches/invocation-limits.ts";
import { gather } from "../../lib/gather.ts";
import { createSlots, type Slots } from "../../lib/slots.ts";
import type { GroupLease } from "../../storage/batches/claims.ts";
import { QueryCount } from "../../storage/query-count.ts";
import type { RecordUsage } from "../usage/record-usage.ts";
import type { BatchDeps } from "./batch-deps.ts";

/**
 * What the groups of one queue invocation share: its places, its heartbeat, and what it may still
 * spend of the platform's time and D1 queries.
 */
export class QueueInvocation {
  /** Limits the items that run at a time. */
  readonly slots: Slots;
  /** Records executions that end together in one write. */
  readonly record: RecordUsage["now"];
  readonly #deps: BatchDeps;
  readonly #startedAt: number;
  readonly #queries = new QueryCount();
  /** The leases under which items run, with the number of those items. */
  readonly #held = new Map<GroupLease, number>();
  #working = 0;
  #stopBeating: (() => void) | null = null;

  constructor(deps: BatchDeps) {
    this.#deps = deps;
    this.slots = createSlots(deps.settings.itemsAtOnce);
    this.record = gather(deps.recordAll);
    this.#startedAt = deps.now();
  }

  /** The D1 statements so far. */
  get queries(): number {
    return this.#queries.queries;
  }

  /** Does work that belongs to the invocation: its queries count, and its leases are renewed. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#working += 1;
    this.#stopBeating ??= this.#deps.every(this.#deps.settings.leaseMs / 3, () => void this.#beat());
    try {
      return await this.#queries.during(work);
    } finally {
      this.#working -= 1;
      if (this.#working === 0) {
        this.#stopBeating();
        this.#stopBeating = null;
      }
    }
  }

  /** Whether another item may begin: it must end before the platform ends the invocation. */
  hasRoom(): boolean {
    return this.#deps.now() - this.#startedAt < LAST_START_MS && this.queries < LAST_START_QUERIES;
  }

  /** An item begins under a lease. */
  hold(lease: GroupLease): void {
    this.#held.set(lease, (this.#held.get(lease) ?? 0) + 1);
  }

  /** An item under a lease has ended. */
  letGo(lease: GroupLease): void {
    const items = (this.#held.get(lease) ?? 0) - 1;
    if (items > 0) this.#held.set(lease, items);
    else this.#held.delete(lease);
  }

  /** Renews the leases of the items that run, and turns away the groups that wait for too long. */
  async #beat(): Promise<void> {
    this.slots.turnAway();
    const leases = [...this.#held.keys()];
    if (leases.length === 0) return;
    const deps = this.#deps;
    try {
      await this.#queries.during(async () => deps.claims.renew(leases, deps.now() + deps.settings.leaseMs));
    } catch (error) {
      for (const { key } of leases) deps.onError("lease_not_renewed", key.batch_id, error);
    }
  }
}
