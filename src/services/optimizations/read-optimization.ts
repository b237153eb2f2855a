import { notFound } from "../../domain/errors.ts";
import { isId } from "../../domain/id.ts";
import { type AssessedOptimization, assessCandidates } from "../../domain/optimizations/assess-candidates.ts";
import { costOfResults, type OptimizationRun } from "../../domain/optimizations/optimization.ts";
import { whyNothing } from "../../domain/optimizations/search-candidates.ts";
import { decodeCursor, type Page, toPage } from "../../domain/page.ts";
import { tracedRun } from "../runs/trace-run.ts";
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
export async function cancelOptimization(
  deps: Pick<OptimizationDeps, "optimizations" | "now" | "observeRun">,
  key: RunKey,
): Promise<ReadOptimization> {
  const ended = isId("opt", key.id) && (await deps.optimizations.end(key, "cancelled", deps.now()));
  if (ended) deps.observeRun(tracedRun(ended));
  return readOptimization(deps, key);
}

/** A page of a tenant's optimisations, newest first. Throws a 422 for a bad cursor. */
export async function listOptimizations(
  { optimizations }: Pick<OptimizationDeps, "optimizations">,
  tenantId: string,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<Page<OptimizationRun>> {
  const before = decodeCursor("optimizations", cursor);
  const rows = await optimizations.list(tenantId, "opt_", limit, before);
  return toPage(rows, limit, ({ id }) => id, "optimizations");
}
