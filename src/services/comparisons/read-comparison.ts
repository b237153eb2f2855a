import type { ComparisonRun } from "../../domain/comparisons/comparison.ts";
import {
  type ComparisonCounts,
  comparisonCounts,
  type ComparisonHead,
  type ComparisonSummary,
  summarizeComparison,
} from "../../domain/comparisons/summarize-comparison.ts";
import { notFound } from "../../domain/errors.ts";
import { isId } from "../../domain/id.ts";
import { decodeCursor, type Page, toPage } from "../../domain/page.ts";
import type { ListedExperiment } from "../../domain/runs/run.ts";
import { cancelRun } from "../runs/work-on-run.ts";
import { comparisonKind } from "./run-comparison.ts";
import type { ExperimentQuery } from "../../storage/runs/experiments.ts";
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
export async function cancelComparison(deps: ComparisonDeps, key: RunKey): Promise<ReadComparison> {
  const read = await readComparison(deps, key);
  if (read.comparison.ended_at !== null) return read;
  await deps.comparisons.keepCounts(key, comparisonCounts(read.summary));
  await cancelRun(deps, comparisonKind(deps), key);
  const cancelled = await readComparison(deps, key);
  await deps.comparisons.keepCounts(key, comparisonCounts(cancelled.summary));
  return cancelled;
}

/** A comparison in a list. */
export type ListedComparison = ListedExperiment<ComparisonHead, ComparisonCounts>;

/** A page of a tenant's comparisons, newest first. Throws a 422 for a bad cursor. */
export async function listComparisons(
  { comparisons }: Pick<ComparisonDeps, "comparisons">,
  tenantId: string,
  { cursor, ...query }: Omit<ExperimentQuery, "before"> & { cursor?: string | undefined },
): Promise<Page<ListedComparison>> {
  const rows = await comparisons.list(tenantId, { ...query, before: decodeCursor("comparisons", cursor) });
  return toPage(rows, query.limit, ({ id }) => id, "comparisons");
}
