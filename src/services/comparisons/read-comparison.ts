import type { ComparisonRun } from "../../domain/comparisons/comparison.ts";
import { type ComparisonSummary, summarizeComparison } from "../../domain/comparisons/summarize-comparison.ts";
import { notFound } from "../../domain/errors.ts";
import { isId } from "../../domain/id.ts";
import { tracedRun } from "../runs/trace-run.ts";
import type { RunKey } from "../../storage/runs/run-repository.ts";
import type { ComparisonDeps } from "./comparison-deps.ts";

/** A comparison, and what it found so far. */
export interface ReadComparison {
  comparison: ComparisonRun;
  summary: ComparisonSummary;
}

/** Reads a comparison. Throws `not_found` for one that the tenant does not have. */
export async function readComparison(
  { comparisons }: Pick<ComparisonDeps, "comparisons">,
  key: RunKey,
): Promise<ReadComparison> {
  const comparison = isId("cmp", key.id) ? await comparisons.find(key) : undefined;
  if (!comparison) throw notFound("comparison");
  const hasCompleted = comparison.status === "completed";
  return { comparison, summary: summarizeComparison(comparison.plan, await comparisons.results(key), hasCompleted) };
}

/**
 * Cancels a comparison: nothing further begins, and what is under way ends by itself. One that has
 * ended stays as it is. Throws as {@link readComparison} does.
 */
export async function cancelComparison(
  deps: Pick<ComparisonDeps, "comparisons" | "now" | "observeRun">,
  key: RunKey,
): Promise<ReadComparison> {
  const ended = isId("cmp", key.id) && (await deps.comparisons.end(key, "cancelled", deps.now()));
  if (ended) deps.observeRun(tracedRun(ended));
  return readComparison(deps, key);
}
