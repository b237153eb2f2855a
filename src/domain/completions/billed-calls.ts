import type { Attempt } from "./attempt.ts";
import type { ProviderName, Usage } from "./completion.ts";
import { addLines, type CostLine } from "./cost-lines.ts";
import { tokensByKind } from "./prices.ts";
import { undated } from "./rates.ts";

const HOUR_MS = 3_600_000;

/**
 * What the calls of an execution to one model used in one hour, as its provider counts them. A
 * rejected answer and one that broke off are among them, whatever became of the execution.
 */
export interface BilledCalls {
  provider: ProviderName;
  /** As the response names it, without the date of its snapshot. */
  model: string;
  /** The number of the hour in which they began, from 1970 in UTC. */
  hour: number;
  /** How many have usage. */
  calls: number;
  /** How many the provider may have billed for more than `lines`: it did not tell their usage. */
  uncounted: number;
  /** How many of `calls` have no known price: their lines cost nothing. */
  unpriced: number;
  lines: CostLine[];
}

/** The calls of some attempts, by model and hour. Those that were turned away are no calls. */
export function billedCalls(attempts: readonly Attempt[]): BilledCalls[] {
  const mayBeBilled = attempts.filter(({ usage, error }) => usage !== null || error?.unbilled !== true);
  return addCalls(mayBeBilled.map(callOf));
}

/** Calls that may have been made, of which nothing is known but their number. */
export function uncountedCalls(
  { provider, model, created_at }: { provider: ProviderName; model: string; created_at: number },
  attempts: number,
): BilledCalls[] {
  const hour = Math.floor(created_at / HOUR_MS);
  return [{ provider, model: undated(model), hour, calls: 0, uncounted: attempts, unpriced: 0, lines: [] }];
}

/** Adds up calls of the same model and hour. */
export function addCalls(calls: readonly BilledCalls[]): BilledCalls[] {
  const sums: CallSums = new Map();
  addCallsTo(sums, calls);
  return [...sums.values()];
}

/** Sums of calls by provider, model and hour. */
export type CallSums = Map<string, BilledCalls>;

/** Adds calls to sums in place. */
export function addCallsTo(sums: CallSums, calls: readonly BilledCalls[]): void {
  for (const call of calls) {
    const key = `${call.provider}/${call.model}/${call.hour}`;
    const sum = sums.get(key);
    sums.set(key, sum ? addCall(sum, call) : call);
  }
}

/** The sum of calls of one model in one hour. */
export function addCall(sum: BilledCalls, more: BilledCalls): BilledCalls {
  return {
    ...sum,
    calls: sum.calls + more.calls,
    uncounted: sum.uncounted + more.uncounted,
    unpriced: sum.unpriced + more.unpriced,
    lines: addLines([...sum.lines, ...more.lines]),
  };
}

function callOf({ candidate, served_model, started_at, usage, usage_estimated, cost }: Attempt): BilledCalls {
  return {
    provider: candidate.provider,
    model: undated(served_model ?? candidate.model),
    hour: Math.floor(started_at / HOUR_MS),
    calls: usage === null ? 0 : 1,
    uncounted: usage === null || usage_estimated ? 1 : 0,
    unpriced: usage !== null && cost === null ? 1 : 0,
    lines: cost?.lines ?? (usage ? unpricedLines(usage) : []),
  };
}

function unpricedLines(usage: Usage): CostLine[] {
  const lines: CostLine[] = tokensByKind(usage).flatMap(([kind, tokens]) =>
    tokens > 0 ? [{ kind, tokens, nanousd: 0 }] : [],
  );
  const uses = usage.web_searches ?? 0;
  return uses > 0 ? [...lines, { kind: "web_search", tokens: 0, uses, nanousd: 0 }] : lines;
}
