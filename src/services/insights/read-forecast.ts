import type { BudgetState } from "../../domain/budgets/budget.ts";
import {
  budgetUses,
  days,
  type Exhaustion,
  exhaustionOf,
  type Horizon,
  minuteUses,
  storageUses,
} from "../../domain/insights/capacity.ts";
import { type Expected, forecastHours, type HourlyForecast } from "../../domain/insights/holt-winters.ts";
import { WEEK_HOURS } from "../../domain/insights/season.ts";
import { DAY_HOURS, HOUR_MS, hourOf } from "../../domain/ledger/periods.ts";
import type { UsageGroup, UsageRow } from "../../domain/usage/usage.ts";
import type { KeyLimits } from "../../domain/gate/protocol/messages.ts";
import type { ExecutionRepository } from "../../storage/executions/executions.ts";
import type { InsightDeps } from "./examined-subjects.ts";

/** What {@link readForecast} needs. */
export interface ForecastDeps extends Omit<InsightDeps, "executions"> {
  executions: Pick<ExecutionRepository, "insights" | "usage">;
  /** The keys of a tenant at a provider. */
  keysFor(tenantId: string, provider: string): Promise<readonly Pick<KeyLimits, "rpm" | "tpm">[]>;
  listBudgets(tenantId: string): Promise<BudgetState[]>;
  /** The bytes of a ledger database from which on days are archived early. */
  maxBytes: number;
}

/** A limit of a tenant's, and when it will be reached. */
export interface LimitForecast extends Exhaustion {
  /** `provider:<name>`, `budget:<scope>` or `storage`. */
  resource: string;
  unit: "requests_per_minute" | "tokens_per_minute" | "nanousd_per_day" | "nanousd_per_month" | "bytes";
  limit: number;
}

/** What a day will need. `at` is its start, Unix ms. */
export interface DayForecast {
  at: number;
  executions: Expected;
  tokens: Expected;
  cost_nanousd: Expected;
}

/** What is to come. */
export interface ForecastReport {
  days: DayForecast[];
  limits: LimitForecast[];
  /** The hours that it was made of; null where they are too few for a forecast. */
  learned: { from: number; to: number; relative_error: number | null } | null;
}

/** How far back a forecast looks. */
const LEARNED_WEEKS = 8;
const MAX_GROUPS = 50_000;
/** The share of a budget's scope in the tenant's cost is that of this time. */
const SHARE_DAYS = 14;
const DAY_MS = DAY_HOURS * HOUR_MS;

/** The hourly amounts of a provider, or of all of them. */
interface Amounts {
  executions: number[];
  tokens: number[];
  cost: number[];
}

/**
 * What a tenant will need in the next days, by the hours of the last eight weeks, and when that
 * will exceed what its keys, its budgets and its storage allow.
 */
export async function readForecast(deps: ForecastDeps, tenantId: string, horizonDays: number): Promise<ForecastReport> {
  await deps.flush(tenantId);
  const now = deps.now();
  const end = hourOf(now);
  const span = { from: (end - LEARNED_WEEKS * WEEK_HOURS) * HOUR_MS, to: end * HOUR_MS };
  const rows = await usageBy(deps, tenantId, ["provider", "hour"], span);
  const first = rows.reduce((least, { groups }) => Math.min(least, hourOfRow(groups.hour)), end);
  const all = amountsOf(rows, { from: first, to: end });
  const [executions, tokens, cost] = [all.executions, all.tokens, all.cost].map(forecastHours);
  if (!executions || !tokens || !cost) return { days: [], limits: [], learned: null };
  const horizon: Horizon = { start: end * HOUR_MS, hours: horizonDays * DAY_HOURS };
  const limits = await Promise.all([
    providerLimits(deps, tenantId, { rows, hours: { from: first, to: end }, horizon }),
    budgetLimits(deps, tenantId, { cost, horizon, now }),
    storageLimit(deps, tenantId, { executions, perDay: perDayOf(all.executions), horizon }),
  ]);
  const each = [executions, tokens, cost].map((forecast) => [...days(forecast, horizon)]);
  return {
    days: (each[0] ?? []).flatMap(({ at, day }, n) => {
      const [ofTokens, ofCost] = [each[1]?.[n]?.day, each[2]?.[n]?.day];
      return ofTokens && ofCost ? [{ at, executions: day, tokens: ofTokens, cost_nanousd: ofCost }] : [];
    }),
    limits: limits.flat(),
    learned: { from: first * HOUR_MS, to: end * HOUR_MS, relative_error: executions.relative_error },
  };
}

async function usageBy(
  { executions }: ForecastDeps,
  tenantId: string,
  group_by: UsageGroup[],
  span: { from: number; to: number },
): Promise<UsageRow[]> {
  return (await executions.usage(tenantId, { ...span, group_by, limit: MAX_GROUPS })).rows;
}

function hourOfRow(label: UsageRow["groups"]["hour"]): number {
  return hourOf(Date.parse(String(label)));
}

function amountsOf(rows: readonly UsageRow[], { from, to }: { from: number; to: number }): Amounts {
  const none = () => Array.from({ length: to - from }, () => 0);
  const amounts: Amounts = { executions: none(), tokens: none(), cost: none() };
  for (const row of rows) {
    const at = hourOfRow(row.groups.hour) - from;
    if (at < 0 || at >= to - from) continue;
    amounts.executions[at] = (amounts.executions[at] ?? 0) + row.executions;
    amounts.tokens[at] = (amounts.tokens[at] ?? 0) + row.prompt_tokens + row.completion_tokens;
    amounts.cost[at] = (amounts.cost[at] ?? 0) + row.cost_nanousd;
  }
  return amounts;
}

/** The limits a minute of keys. Where one key has none, all of them together have none. */
async function providerLimits(
  deps: ForecastDeps,
  tenantId: string,
  { rows, hours, horizon }: { rows: readonly UsageRow[]; hours: { from: number; to: number }; horizon: Horizon },
): Promise<LimitForecast[]> {
  const byProvider = Map.groupBy(rows, ({ groups }) => groups.provider);
  const found = await Promise.all(
    [...byProvider].map(async ([provider, some]): Promise<LimitForecast[]> => {
      if (typeof provider !== "string") return [];
      const keys = await deps.keysFor(tenantId, provider);
      const amounts = amountsOf(some, hours);
      const requests = forecastHours(amounts.executions);
      if (!requests) return [];
      const each = sumOf(amounts.tokens) / Math.max(1, sumOf(amounts.executions));
      const of = (unit: LimitForecast["unit"], limit: number | null, use: number) =>
        limit === null
          ? []
          : [
              {
                resource: `provider:${provider}`,
                unit,
                limit,
                ...exhaustionOf(minuteUses(requests, use, horizon), limit),
              },
            ];
      return [
        ...of("requests_per_minute", limitOf(keys.map(({ rpm }) => rpm)), 1),
        ...of("tokens_per_minute", limitOf(keys.map(({ tpm }) => tpm)), each),
      ];
    }),
  );
  return found.flat();
}

function limitOf(limits: readonly (number | null)[]): number | null {
  return limits.length === 0 || limits.includes(null) ? null : sumOf(limits.map((limit) => limit ?? 0));
}

/** A scope spends the share of the tenant's cost that it had lately. */
async function budgetLimits(
  deps: ForecastDeps,
  tenantId: string,
  { cost, horizon, now }: { cost: HourlyForecast; horizon: Horizon; now: number },
): Promise<LimitForecast[]> {
  const states = await deps.listBudgets(tenantId);
  const shares = new Map<string, number>([["tenant", 1]]);
  const span = { from: now - SHARE_DAYS * DAY_MS, to: now };
  for (const dimension of ["key", "prompt"] as const) {
    if (!states.some(({ scope }) => scope.startsWith(`${dimension}:`))) continue;
    const rows = await usageBy(deps, tenantId, [dimension], span);
    const all = sumOf(rows.map(({ cost_nanousd }) => cost_nanousd));
    for (const { groups, cost_nanousd } of rows) {
      shares.set(`${dimension}:${groups[dimension] ?? ""}`, all > 0 ? cost_nanousd / all : 0);
    }
  }
  return states.map(({ scope, window, limit, spent }) => ({
    resource: `budget:${scope}`,
    unit: window === "daily" ? "nanousd_per_day" : "nanousd_per_month",
    limit,
    ...exhaustionOf(budgetUses(cost, { window, spent, share: shares.get(scope) ?? 0 }, horizon), limit),
  }));
}

async function storageLimit(
  { executions: repository, maxBytes }: ForecastDeps,
  tenantId: string,
  { executions, perDay, horizon }: { executions: HourlyForecast; perDay: number; horizon: Horizon },
): Promise<LimitForecast[]> {
  const end = hourOf(horizon.start);
  const { largest_bytes: bytes } = await repository.insights(tenantId, { from: end, to: end + 1 });
  const uses = storageUses(executions, { bytes, perDay }, horizon);
  return [{ resource: "storage", unit: "bytes", limit: maxBytes, ...exhaustionOf(uses, maxBytes) }];
}

/** The executions of a day of the last week. */
function perDayOf(executions: readonly number[]): number {
  return sumOf(executions.slice(-WEEK_HOURS)) / 7;
}

function sumOf(amounts: readonly number[]): number {
  return amounts.reduce((sum, amount) => sum + amount, 0);
}
