import { CallRollup } from "../../domain/ledger/call-rollup.ts";
import type { CallSummary } from "../../domain/ledger/ledger-messages.ts";
import { DAY_HOURS } from "../../domain/ledger/periods.ts";
import { readPart, unpackLines } from "../../domain/ledger/rollup.ts";
import type { NumberSpan } from "../../domain/ledger/usage-plan.ts";
import type { LedgerRollups } from "./ledger-rollups.ts";

/**
 * How long after its execution started a call may begin, hours: most begin within minutes, but a
 * provider batch may be handed over the day after it was made up.
 */
const MAX_LAG_HOURS = DAY_HOURS;

/**
 * The most models and hours of an answer, about 10 MB: nine models in each hour of 90 days. The
 * bound of one period would be reached by two models in three weeks.
 */
const MAX_SUM_LINES = 20_000;

/**
 * The calls that began in some hours. They are kept in the hours in which their executions started.
 */
export function sumCalls(rollups: LedgerRollups, { from, to }: NumberSpan): CallSummary {
  const total = new CallRollup(MAX_SUM_LINES);
  const executions = new Map<number, number>();
  const addExecutions = (hour: number, count: number) => executions.set(hour, (executions.get(hour) ?? 0) + count);
  for (const { start, body } of rollups.table.each("hour", "plain", { from: from - MAX_LAG_HOURS, to })) {
    const { calls } = readPart(body);
    if (calls) total.addPacked(calls);
    addExecutions(start, -(calls?.counted ?? 0));
    for (const { sums } of unpackLines([body])) addExecutions(start, sums.executions);
  }
  for (const [hour, rollup] of rollups.openHours()) {
    if (hour < from - MAX_LAG_HOURS || hour >= to) continue;
    total.addPacked(rollup.calls.pack());
    addExecutions(hour, -rollup.calls.counted);
    for (const { sums } of rollup.plain.values()) addExecutions(hour, sums.executions);
  }
  return {
    calls: total.lines().filter(({ hour }) => hour >= from && hour < to),
    unknown: [...executions].flatMap(([hour, count]) =>
      hour >= from && count > 0 ? [{ hour, executions: count }] : [],
    ),
  };
}
