import type { LiveSums, LiveUpdate } from "../../api/live-view.ts";

/** Sums that are shown as rates. */
export type RateName = Exclude<keyof LiveSums, "at" | "ms">;

/** Rates a second over time: `times` are Unix ms, with a list for each sum. */
export interface LiveRates<N extends RateName> {
  times: number[];
  rates: Record<N, number[]>;
}

/** How long one value of a plot is, ms: updates come three times a second and vary much. */
const BIN_MS = 2_000;

/** Rates a second of sums, by bins of two seconds. The last bin is given once it is full. */
export function liveRates<N extends RateName>(points: readonly LiveSums[], names: readonly N[]): LiveRates<N> {
  const bins = new Map<number, { ms: number; sums: Map<N, number> }>();
  for (const point of points) {
    const bin = Math.floor(Date.parse(point.at) / BIN_MS) * BIN_MS;
    const known = bins.get(bin) ?? { ms: 0, sums: new Map<N, number>() };
    known.ms += point.ms;
    for (const name of names) known.sums.set(name, (known.sums.get(name) ?? 0) + point[name]);
    bins.set(bin, known);
  }
  const full = [...bins].slice(0, -1);
  const rateOf = (name: N) => full.map(([, { ms, sums }]) => (ms <= 0 ? 0 : (1_000 * (sums.get(name) ?? 0)) / ms));
  return {
    times: full.map(([bin]) => bin),
    rates: Object.fromEntries(names.map((name) => [name, rateOf(name)])) as Record<N, number[]>,
  };
}

/** What the last minute came to, for the numbers above the plots. */
export interface LastMinute {
  requestsPerS: number;
  executionsPerS: number;
  /** Of executions; null without any. */
  failedShare: number | null;
  costPerHour: number;
  savedPerHour: number;
  inputTokensPerS: number;
  outputTokensPerS: number;
  /** Executions by what answered them. */
  sources: { memory: number; edge: number; kv: number; flight: number; provider: number };
}

const MINUTE_MS = 60_000;
const HOUR_S = 3_600;

/** The last minute of the points. */
export function lastMinute(points: readonly LiveSums[]): LastMinute {
  const end = points.length === 0 ? 0 : Date.parse(points.at(-1)?.at ?? "");
  const recent = points.filter(({ at }) => Date.parse(at) > end - MINUTE_MS);
  const sum = (name: RateName | "ms") => recent.reduce((total, point) => total + point[name], 0);
  const seconds = Math.max(1, sum("ms") / 1_000);
  const executions = sum("executions");
  const hits = { memory: sum("memory"), edge: sum("edge"), kv: sum("kv"), flight: sum("flight") };
  const hit = hits.memory + hits.edge + hits.kv + hits.flight;
  return {
    requestsPerS: sum("requests") / seconds,
    executionsPerS: executions / seconds,
    failedShare: executions === 0 ? null : sum("failed") / executions,
    costPerHour: (HOUR_S * sum("cost_usd")) / seconds,
    savedPerHour: (HOUR_S * sum("saved_usd")) / seconds,
    inputTokensPerS: sum("input_tokens") / seconds,
    outputTokensPerS: sum("output_tokens") / seconds,
    sources: { ...hits, provider: Math.max(0, executions - hit - sum("failed")) },
  };
}

/** Latencies of updates over time, for a plot. */
export function latencySeries(updates: readonly LiveUpdate[]) {
  return {
    times: updates.map(({ at }) => Date.parse(at)),
    p50: updates.map(({ duration }) => duration.p50),
    p95: updates.map(({ duration }) => duration.p95),
    p99: updates.map(({ duration }) => duration.p99),
  };
}
