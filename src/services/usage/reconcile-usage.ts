import type { BuiltInProvider } from "../../domain/completions/completion.ts";
import { invalid } from "../../domain/errors.ts";
import { HOUR_MS, hourOf } from "../../domain/ledger/periods.ts";
import { oldestHourAt } from "../../domain/ledger/retention.ts";
import { readAnthropicExport } from "../../domain/reconciliation/anthropic-export.ts";
import { readOpenaiExport } from "../../domain/reconciliation/openai-export.ts";
import {
  bucketsOf,
  type PlacedBucket,
  type ProviderExport,
  type ReadExport,
} from "../../domain/reconciliation/provider-export.ts";
import { compareExport, type ExportComparison } from "../../domain/reconciliation/compare-export.ts";
import type { ExecutionRepository } from "../../storage/executions/executions.ts";
import { completeUntil, type ReadUsageDeps } from "./read-usage.ts";

/** The dependencies of {@link reconcileUsage}. */
export interface ReconcileDeps extends Omit<ReadUsageDeps, "executions"> {
  executions: Pick<ExecutionRepository, "calls">;
}

/** A provider's export: its buckets, or pages of them, as its API gives them. */
export interface ReconcileRequest {
  provider: BuiltInProvider;
  rows: readonly Record<string, unknown>[];
}

/** What differs, and what was compared. Times are Unix ms. */
export interface ReconcileReport extends ExportComparison {
  unit: ProviderExport["unit"];
  from: number;
  to: number;
  /** Executions that started later may not all be counted; null where that is not known. */
  complete_until: number | null;
}

const READERS: Record<BuiltInProvider, (buckets: readonly PlacedBucket[]) => ReadExport> = {
  openai: readOpenaiExport,
  anthropic: readAnthropicExport,
};
/** The most buckets of a request: three months of hours. */
const MAX_BUCKETS = 2_300;
const MAX_DIFFERENCES = 10_000;

/**
 * Compares a tenant's calls with a provider's usage or cost export, by the bucket, model and kind
 * of token. Throws `validation_error` for rows that are no such export, for times whose hours are
 * no longer kept, and for more than 10,000 differences.
 */
export async function reconcileUsage(
  deps: ReconcileDeps,
  tenantId: string,
  { provider, rows }: ReconcileRequest,
): Promise<ReconcileReport> {
  const placed = bucketsOf(rows);
  if (placed.length === 0) throw invalid([{ path: "rows", message: "have no bucket" }]);
  if (placed.length > MAX_BUCKETS) throw invalid([{ path: "rows", message: `have more than ${MAX_BUCKETS} buckets` }]);
  const read = READERS[provider](placed);
  if ("faults" in read) throw invalid(read.faults.slice(0, 100));
  const { buckets, unit } = read.export;
  const from = Math.min(...buckets.map((bucket) => bucket.from));
  const to = Math.max(...buckets.map((bucket) => bucket.to));
  const now = deps.now();
  const oldest = oldestHourAt(now, "plain");
  if (hourOf(from) < oldest) {
    const message = `usage by the hour is kept since ${new Date(oldest * HOUR_MS).toISOString()}`;
    throw invalid([{ path: "rows", message }]);
  }
  const hours = { from: hourOf(from), to: hourOf(Math.min(to, now + HOUR_MS)) + 1 };
  const reading = deps.executions.calls(tenantId, hours);
  const [{ calls, unknown }, complete_until] = await Promise.all([
    reading,
    completeUntil(deps, tenantId, now, reading),
  ]);
  const own = calls.filter((call) => call.provider === provider);
  const comparison = compareExport(read.export, { calls: own, unknown });
  if (comparison.differences.length > MAX_DIFFERENCES) {
    throw invalid([{ path: "rows", message: `have more than ${MAX_DIFFERENCES} differences: send fewer buckets` }]);
  }
  return { ...comparison, unit, from, to, complete_until };
}
