import type { OperationResult } from "../../../client/index.ts";

type UsageRow = OperationResult<"GET /v1/usage">["data"][number];
type ExecutionRow = OperationResult<"GET /v1/executions">["data"][number];
type SlaRow = OperationResult<"GET /v1/insights/sla">["data"][number];

/** What is known of a version's executions; undefined where nothing is. */
export interface VersionNumbers {
  executions?: number;
  errors?: number;
  cost_usd?: number;
  /** The median of the last executions of the prompt, ms. */
  latency_ms?: number;
  /** The mean of feedback, from 0 to 1. */
  score?: number;
  ratings?: number;
}

/** Numbers by version, of what was asked for so far. */
export function numbersByVersion(
  prompt: string,
  { usage = [], executions = [], sla = [] }: { usage?: UsageRow[]; executions?: ExecutionRow[]; sla?: SlaRow[] },
): Map<number, VersionNumbers> {
  const numbers = new Map<number, VersionNumbers>();
  const of = (version: number) => {
    const known = numbers.get(version) ?? {};
    numbers.set(version, known);
    return known;
  };
  for (const row of usage) {
    if (row["prompt"] !== prompt) continue;
    const { executions: count, errors, cost_usd } = row;
    Object.assign(of(Number(row["version"])), { executions: count, errors, cost_usd });
  }
  for (const [version, latencies] of latenciesOf(executions)) of(version).latency_ms = median(latencies);
  for (const { version, score, ratings } of sla.find((each) => each.prompt === prompt)?.satisfaction ?? []) {
    Object.assign(of(version), { score, ratings });
  }
  return numbers;
}

/** Stored answers say nothing of how long a version takes. */
function latenciesOf(executions: readonly ExecutionRow[]): Map<number, number[]> {
  const latencies = new Map<number, number[]>();
  for (const { prompt, latency_ms, cached, status } of executions) {
    if (!prompt || cached !== false || status !== "succeeded") continue;
    const known = latencies.get(prompt.version);
    if (known) known.push(latency_ms);
    else latencies.set(prompt.version, [latency_ms]);
  }
  return latencies;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const upper = sorted[half] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? 0) + upper) / 2;
}
