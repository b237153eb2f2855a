import type { BilledCalls } from "../completions/billed-calls.ts";
import type { CostKind } from "../completions/cost-lines.ts";
import { amountOf } from "../ledger/call-rollup.ts";
import type { CallSummary } from "../ledger/ledger-messages.ts";
import { HOUR_MS } from "../ledger/periods.ts";
import type { ExportBucket, ExportKind, ProviderExport } from "./provider-export.ts";

/** A kind of tokens that the ledger and the provider count differently. Times are Unix ms. */
export interface UsageDifference {
  from: number;
  to: number;
  model: string;
  kind: ExportKind;
  /** Tokens, uses of a tool, or nano-dollars. */
  ours: number;
  theirs: number;
  /** Our calls to the model in this time of which the provider may count more than we know. */
  uncounted_calls: number;
}

/** Why a part of the export was not compared. */
export type NotComparedReason = "older_records" | "no_price" | "not_tokens";

/** A part of the export that was not compared. `item` is a model or the provider's own name. */
export interface NotCompared {
  from: number;
  to: number;
  item: string | null;
  reason: NotComparedReason;
}

/** The differences between the ledger's calls and a provider's export, and what was compared. */
export interface ExportComparison {
  differences: UsageDifference[];
  not_compared: NotCompared[];
  models: string[];
  calls: number;
  uncounted_calls: number;
}

/** A model's counts in a bucket. */
interface ModelCounts {
  ours: Map<ExportKind, number>;
  theirs: Map<ExportKind, number>;
  calls: number;
  uncounted: number;
  unpriced: number;
}

/** Compares a provider's export with the calls to that provider, bucket by bucket. */
export function compareExport(theirs: ProviderExport, { calls, unknown }: CallSummary): ExportComparison {
  const comparison: ExportComparison = { differences: [], not_compared: [], models: [], calls: 0, uncounted_calls: 0 };
  const models = new Set<string>();
  for (const bucket of mergeBuckets(theirs.buckets)) {
    const { from, to, other } = bucket;
    const isIn = ({ hour }: { hour: number }) => hour * HOUR_MS >= from && hour * HOUR_MS < to;
    for (const { item } of other) comparison.not_compared.push({ from, to, item, reason: "not_tokens" });
    if (unknown.some(isIn)) {
      comparison.not_compared.push({ from, to, item: null, reason: "older_records" });
      continue;
    }
    for (const [model, counts] of countModels(theirs, bucket, calls.filter(isIn))) {
      models.add(model);
      comparison.calls += counts.calls;
      comparison.uncounted_calls += counts.uncounted;
      if (theirs.unit === "usd" && counts.unpriced > 0) {
        comparison.not_compared.push({ from, to, item: model, reason: "no_price" });
      } else comparison.differences.push(...differencesOf(theirs, bucket, model, counts));
    }
  }
  return { ...comparison, models: [...models].toSorted() };
}

/** One bucket for each time: an export may come in parts, such as batches apart. */
function mergeBuckets(buckets: readonly ExportBucket[]): ExportBucket[] {
  const merged = Map.groupBy(buckets, ({ from, to }) => `${from}/${to}`);
  return [...merged.values()]
    .flatMap((same) => {
      const [first] = same;
      if (!first) return [];
      return [{ ...first, lines: same.flatMap(({ lines }) => lines), other: same.flatMap(({ other }) => other) }];
    })
    .toSorted((a, b) => a.from - b.from || a.to - b.to);
}

function countModels(
  { unit, kindOf }: ProviderExport,
  { lines }: ExportBucket,
  calls: readonly BilledCalls[],
): Map<string, ModelCounts> {
  const models = new Map<string, ModelCounts>();
  const countsOf = (model: string): ModelCounts => {
    const fresh = { ours: new Map(), theirs: new Map(), calls: 0, uncounted: 0, unpriced: 0 };
    const counts = models.get(model) ?? fresh;
    models.set(model, counts);
    return counts;
  };
  for (const { model, kind, amount } of lines) add(countsOf(model).theirs, kind, amount);
  for (const call of calls) {
    const counts = countsOf(call.model);
    counts.calls += call.calls;
    counts.uncounted += call.uncounted;
    counts.unpriced += call.unpriced;
    for (const line of call.lines) {
      add(counts.ours, kindOf(line.kind satisfies CostKind), unit === "usd" ? line.nanousd : amountOf(line));
    }
  }
  return models;
}

function differencesOf(
  { unit }: ProviderExport,
  { from, to }: ExportBucket,
  model: string,
  { ours, theirs, calls, uncounted }: ModelCounts,
): UsageDifference[] {
  // Each of our lines is rounded to a nano-dollar; the provider rounds sums, if at all.
  const tolerance = unit === "usd" ? calls + 1 : 0;
  const kinds = [...new Set([...ours.keys(), ...theirs.keys()])].toSorted();
  return kinds.flatMap((kind) => {
    const [own, other] = [ours.get(kind) ?? 0, theirs.get(kind) ?? 0];
    if (Math.abs(own - other) <= tolerance) return [];
    return [{ from, to, model, kind, ours: own, theirs: other, uncounted_calls: uncounted }];
  });
}

function add(counts: Map<ExportKind, number>, kind: ExportKind, amount: number): void {
  counts.set(kind, (counts.get(kind) ?? 0) + amount);
}
