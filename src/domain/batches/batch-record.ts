import type { ExecutionError } from "../executions/execution.ts";
import type { ExecutionOptions } from "../executions/execution-options.ts";
import type { Lane } from "../lane.ts";
import type { TraceContext } from "../trace-context.ts";
import type { BatchCounts, BatchMode, ItemState } from "./batch.ts";

/**
 * What the items of a batch share, and the trace of the request that asked for it, which rows of
 * older versions lack.
 */
export interface BatchRequest extends ExecutionOptions {
  trace?: TraceContext;
}

/**
 * A stored batch without the sums over its groups. An asynchronous execution is a batch of one item
 * (`kind: "execution"`) that has the execution's id. Money in nano-dollars, times in Unix ms.
 */
export interface BatchHead {
  id: string;
  tenant_id: string;
  key_id: string;
  kind: "batch" | "execution";
  lane: Lane;
  mode: BatchMode;
  /**
   * Items of an upload cannot run; the upload becomes `open` when its last item is stored. Of a
   * batch that is `deleting` some items are gone, and nobody is shown it.
   */
  state: "uploading" | "open" | "cancelled" | "deleting";
  /** Null until the batch is open. */
  request: BatchRequest | null;
  /** JSON of what a door tells of the request with its answer; null without that. */
  asked: string | null;
  max_cost_nanousd: number | null;
  webhook_url: string | null;
  /** Sealed by the vault. */
  webhook_secret: string | null;
  webhook_due_at: number | null;
  webhook_attempts: number;
  created_at: number;
  ended_at: number | null;
}

/** A stored batch with the sums over its groups. */
export interface BatchRecord extends BatchHead {
  counts: BatchCounts;
  /** Spent so far. */
  cost_nanousd: number;
}

/** What lists show of a batch: of its request no more than the prompt. */
export interface ListedBatch extends Pick<
  BatchRecord,
  "id" | "state" | "mode" | "counts" | "cost_nanousd" | "max_cost_nanousd" | "webhook_url" | "created_at" | "ended_at"
> {
  request: Pick<BatchRequest, "prompt"> | null;
}

/** An item as the results show it. A copy has the state and the execution of its original. */
export interface ItemRecord {
  position: number;
  custom_id: string | null;
  state: ItemState;
  execution_id: string | null;
  error: ExecutionError | null;
}

/** How an item that was started ended. The cost is that of its last execution, in nano-dollars. */
export interface ItemOutcome {
  position: number;
  state: "succeeded" | "failed" | "cancelled";
  cost_nanousd: number;
  error: ExecutionError | null;
}
