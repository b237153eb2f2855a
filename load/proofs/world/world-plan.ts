import type { BatchBill } from "./check-batches.ts";
import type { Purse } from "./check-budgets.ts";
import type { Bill } from "./check-replies.ts";
import type { FaultName } from "./faults.ts";
import type { History } from "./history.ts";
import type { InvariantName, Violation } from "./judge.ts";

/** A world to be run. */
export interface WorldPlan {
  seed: number;
  faults: ReadonlySet<FaultName>;
  only: ReadonlySet<InvariantName>;
  /** Requests that begin in the busy part, retries of keys apart. */
  requests: number;
  /** Every other isolate takes all tenants for large, as while a setting changes. */
  has_two_settings?: boolean;
}

/** What came of a world. */
export interface WorldReport extends Bill, BatchBill, Purse {
  seed: number;
  violations: readonly Violation[];
  history: History;
  requests: number;
  answered: number;
  /** Requests that a budget refused. */
  beyond_budget: number;
  calls: number;
  events: number;
}
