import { invalid } from "../../domain/errors.ts";
import { parseUsageGroups, type UsageRow } from "../../domain/usage/usage.ts";
import type { Clock } from "../../lib/clock.ts";
import type { ExecutionRepository } from "../../storage/executions/executions.ts";

const DAY_MS = 86_400_000;
/** The span of a query without `from`, and the longest span of a query. */
const DEFAULT_SPAN_MS = 30 * DAY_MS;
const MAX_SPAN_MS = 92 * DAY_MS;
const MAX_GROUPS = 10_000;

/** The dependencies of {@link readUsage}. */
export interface ReadUsageDeps extends Clock {
  executions: Pick<ExecutionRepository, "usage">;
}

/**
 * A span of time (Unix ms; `from` is included, `to` is not), and the dimensions of the sums
 * separated by commas.
 */
export interface UsageRequest {
  /** 30 days before `to` if absent. */
  from?: number;
  /** Now if absent. */
  to?: number;
  group_by?: string;
}

/**
 * A tenant's usage, one row for each group, sorted. Throws `validation_error` for an empty span,
 * for one of more than 92 days, for unknown dimensions and for more than 10,000 groups.
 */
export async function readUsage(
  deps: ReadUsageDeps,
  tenantId: string,
  { from, to = deps.now() + 1, group_by }: UsageRequest,
): Promise<UsageRow[]> {
  const since = from ?? to - DEFAULT_SPAN_MS;
  if (since >= to) throw invalid([{ path: "from", message: "must be before `to`" }]);
  if (to - since > MAX_SPAN_MS) throw invalid([{ path: "from", message: "is more than 92 days before `to`" }]);
  const groups = parseUsageGroups(group_by);
  const rows = await deps.executions.usage(tenantId, { from: since, to, group_by: groups, limit: MAX_GROUPS });
  if (rows.length > MAX_GROUPS) {
    throw invalid([{ path: "group_by", message: `makes more than ${MAX_GROUPS} groups: ask for a shorter time` }]);
  }
  return rows;
}
