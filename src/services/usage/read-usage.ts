import { invalid } from "../../domain/errors.ts";
import type { OpenIntents, UsageSummary } from "../../domain/ledger/ledger-messages.ts";
import { DAY_MS, HOUR_MS, hourOf } from "../../domain/ledger/periods.ts";
import { oldestHourAt, ROLLUP_DAYS } from "../../domain/ledger/retention.ts";
import { parseUsageGroups, type UsageGroup } from "../../domain/usage/usage.ts";
import {
  foldRows,
  isWanted,
  orderRows,
  USAGE_FILTERS,
  type UsageFilter,
  type UsageOrder,
} from "../../domain/usage/usage-selection.ts";
import type { Clock } from "../../lib/clock.ts";
import type { ExecutionRepository } from "../../storage/executions/executions.ts";
import type { RecordUsage } from "./record-usage.ts";

/** The span of a query without `from`, and the longest span of a query. */
const DEFAULT_SPAN_MS = 30 * DAY_MS;
const MAX_SPAN_MS = 92 * DAY_MS;
const MAX_GROUPS = 10_000;
/** The longest time of an execution, ms. */
const LONGEST_EXECUTION_MS = 300_000;
/** A record behind a reply is written after this time, ms, or is on the usage queue. */
const BEHIND_REPLY_MS = 30_000;

/** The dependencies of {@link readUsage}. */
export interface ReadUsageDeps extends Clock, Pick<RecordUsage, "flush"> {
  executions: Pick<ExecutionRepository, "usage">;
  /**
   * When the first of a tenant's intents is due that older versions left unresolved, Unix ms; null
   * where all are resolved.
   */
  firstOldIntentDue(tenantId: string): Promise<number | null>;
  /** How long after an execution's last moment its intent is due, ms. */
  intentMarginMs: number;
}

/**
 * A span of time (Unix ms; `from` is included, `to` is not), and the dimensions of the sums
 * separated by commas.
 */
export interface UsageRequest {
  /** 30 days before `to` if absent. */
  from?: number;
  /** The end of this hour if absent, so that all executions count. */
  to?: number;
  group_by?: string;
  /** Only executions with these values. */
  filter?: UsageFilter;
  /** By the values of the groups where absent. */
  order?: UsageOrder | undefined;
  /** The most rows, of the first; all where absent. */
  limit?: number | undefined;
}

/** A tenant's usage as it is answered. */
export interface UsageReport extends Omit<UsageSummary, "rows_read" | "first_due"> {
  groups: UsageGroup[];
  /**
   * All executions that started before this time are counted, Unix ms; null where that is not
   * known. A batch in a provider's hands counts when its results are collected.
   */
  complete_until: number | null;
}

/**
 * A tenant's usage, one row for each group, sorted. Throws `validation_error` for an empty span,
 * for one of more than 92 days, for unknown dimensions, for hours that are no longer kept and for
 * more than 10,000 groups.
 */
export async function readUsage(
  deps: ReadUsageDeps,
  tenantId: string,
  { from, to, group_by, filter = {}, order, limit }: UsageRequest,
): Promise<UsageReport> {
  const now = deps.now();
  const until = to ?? (hourOf(now) + 1) * HOUR_MS;
  const groups = parseUsageGroups(group_by);
  const read = [...new Set([...groups, ...USAGE_FILTERS.filter((name) => filter[name] !== undefined)])];
  const oldest = oldestOf(read, now);
  const since = from ?? Math.max(until - DEFAULT_SPAN_MS, Math.min(oldest, until - HOUR_MS));
  if (since >= until) throw invalid([{ path: "from", message: "must be before `to`" }]);
  if ((to ?? now) - since > MAX_SPAN_MS) {
    throw invalid([{ path: "from", message: "is more than 92 days before `to`" }]);
  }
  if (since < oldest) {
    const message = `usage by ${read.join()} is kept since ${new Date(oldest).toISOString()}`;
    throw invalid([{ path: from === undefined ? "to" : "from", message }]);
  }
  await deps.flush(tenantId);
  const query = { from: since, to: until, group_by: read, filter, limit: MAX_GROUPS };
  const reading = deps.executions.usage(tenantId, query);
  const [usage, complete] = await Promise.all([reading, completeUntil(deps, tenantId, now, reading)]);
  if (usage.rows.length > MAX_GROUPS) {
    throw invalid([{ path: "group_by", message: `makes more than ${MAX_GROUPS} groups: ask for a shorter time` }]);
  }
  const { from: first, to: last } = usage;
  const wanted = usage.rows.filter((row) =>
    isWanted(
      filter,
      read,
      read.map((group) => row.groups[group] ?? null),
    ),
  );
  const folded = foldRows(wanted, groups);
  const rows = (order === undefined ? folded : orderRows(folded, order)).slice(0, limit);
  return { rows, groups, from: first, to: last, complete_until: complete === null ? null : Math.min(complete, last) };
}

/** Since when there is usage by these dimensions, Unix ms. */
function oldestOf(groups: readonly UsageGroup[], now: number): number {
  const kind = groups.includes("user") ? "users" : "plain";
  if (groups.includes("hour")) return oldestHourAt(now, kind) * HOUR_MS;
  return kind === "plain" ? -Infinity : now - ROLLUP_DAYS.users.day * DAY_MS;
}

/**
 * Until when all is counted that the objects of the ledger told in `read`, Unix ms; null where that
 * is not known. What began longer ago than an execution can take has ended, and its record is
 * written or on the queue. An execution that a caller waits for has an intent until its end is on
 * record, so what began before the first unresolved one is counted, however long records wait.
 */
export async function completeUntil(
  deps: Omit<ReadUsageDeps, "executions" | "flush">,
  tenantId: string,
  now: number,
  read: Promise<OpenIntents>,
): Promise<number | null> {
  const [old, { first_due }] = await Promise.all([deps.firstOldIntentDue(tenantId).catch(() => undefined), read]);
  if (old === undefined) return null;
  const began = Math.min(first_due ?? Infinity, old ?? Infinity) - deps.intentMarginMs - LONGEST_EXECUTION_MS;
  return Math.min(began, now - LONGEST_EXECUTION_MS - BEHIND_REPLY_MS);
}
