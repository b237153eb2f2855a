import { notFound } from "../../domain/errors.ts";
import { isId } from "../../domain/id.ts";
import { type AssessedOptimization, assessCandidates } from "../../domain/optimizations/assess-candidates.ts";
import {
  costOfResults,
  type OptimizationCounts,
  type OptimizationHead,
  type OptimizationRun,
} from "../../domain/optimizations/optimization.ts";
import { whyNothing } from "../../domain/optimizations/search-candidates.ts";
import { decodeCursor, type Page, toPage } from "../../domain/page.ts";
import type { ListedExperiment } from "../../domain/runs/run.ts";
import { cancelRun } from "../runs/work-on-run.ts";
import { optimizationKind } from "./run-optimization.ts";
import type { ExperimentQuery } from "../../storage/runs/experiments.ts";
import type { RunKey } from "../../storage/runs/run-repository.ts";
import type { OptimizationDeps } from "./optimization-deps.ts";

/** An optimisation, and what it found so far. */
export interface ReadOptimization {
  optimization: OptimizationRun;
  known: AssessedOptimization;
  /** Of its executions, the judges' included; null where a price is unknown. */
  cost_nanousd: number | null;
  /** Why it ended and published nothing; null where it did, or may still. */
  reason: string | null;
}

/** Reads an optimisation. Throws `not_found` for one that the tenant does not have. */
export async function readOptimization(
  { optimizations }: Pick<OptimizationDeps, "optimizations">,
  key: RunKey,
): Promise<ReadOptimization> {
  const optimization = isId("opt", key.id) ? await optimizations.find(key) : undefined;
  if (!optimization) throw notFound("optimization");
  const results = await optimizations.results(key);
  const known = assessCandidates(optimization.plan, results);
  const isPublished = known.publication !== undefined && known.publication.published !== null;
  const hasNone = optimization.status === "completed" && !isPublished;
  return {
    optimization,
    known,
    cost_nanousd: costOfResults(results),
    reason: hasNone ? whyNothing(optimization.plan, known, results) : null,
  };
}

/**
 * Cancels an optimisation: nothing further is executed or published. One that has ended stays as it
 * is. Throws as {@link readOptimization} does.
 */
export async function cancelOptimization(deps: OptimizationDeps, key: RunKey): Promise<ReadOptimization> {
  const read = await readOptimization(deps, key);
  if (read.optimization.ended_at !== null) return read;
  const keepCounts = async ({ cost_nanousd, known }: ReadOptimization) =>
    deps.optimizations.keepCounts(key, { cost_nanousd, published: known.publication?.published ?? null });
  await keepCounts(read);
  await cancelRun(deps, optimizationKind(deps), key);
  const cancelled = await readOptimization(deps, key);
  await keepCounts(cancelled);
  return cancelled;
}

/** An optimisation in a list. */
export type ListedOptimization = ListedExperiment<OptimizationHead, OptimizationCounts>;

/** A page of a tenant's optimisations, newest first. Throws a 422 for a bad cursor. */
export async function listOptimizations(
  { optimizations }: Pick<OptimizationDeps, "optimizations">,
  tenantId: string,
  { cursor, ...query }: Omit<ExperimentQuery, "before"> & { cursor?: string | undefined },
): Promise<Page<ListedOptimization>> {
  const rows = await optimizations.list(tenantId, { ...query, before: decodeCursor("optimizations", cursor) });
  return toPage(rows, query.limit, ({ id }) => id, "optimizations");
}
