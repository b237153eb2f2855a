import type { Config } from "../config.ts";
import type { TestsWakeUp } from "../domain/batches/wake-up.ts";
import { comparisonHead } from "../domain/comparisons/summarize-comparison.ts";
import { optimizationHead } from "../domain/optimizations/optimization.ts";
import { isId } from "../domain/id.ts";
import type { ComparisonDeps } from "../services/comparisons/comparison-deps.ts";
import { cancelComparison, listComparisons, readComparison } from "../services/comparisons/read-comparison.ts";
import { runComparison } from "../services/comparisons/run-comparison.ts";
import { startComparison } from "../services/comparisons/start-comparison.ts";
import type { OptimizationDeps } from "../services/optimizations/optimization-deps.ts";
import {
  cancelOptimization,
  listOptimizations,
  readOptimization,
} from "../services/optimizations/read-optimization.ts";
import { runOptimization } from "../services/optimizations/run-optimization.ts";
import { startOptimization } from "../services/optimizations/start-optimization.ts";
import { sweepRuns } from "../services/runs/sweep-runs.ts";
import { ExperimentRepository } from "../storage/runs/experiments.ts";
import type { Shards } from "../storage/shards.ts";
import { bind } from "./bind.ts";
import { buildTestParts, type TestParts, TURN_MS } from "./tests.ts";

/** The services that comparisons and optimisations are built over. */
export type ExperimentParts = TestParts & Pick<OptimizationDeps, "route" | "publishPrompt" | "listVersions">;

/** The use cases of comparisons and optimisations. */
export type ExperimentServices = ReturnType<typeof bindExperiments>;

/** Builds the use cases of comparisons and optimisations. */
export function buildExperiments(env: Env, config: Config, parts: ExperimentParts): ExperimentServices {
  const { settings, ...ofRuns } = buildTestParts(env, config);
  const optimizerModel = config.models.optimizer;
  return bindExperiments(parts.shards, { ...parts, ...ofRuns, settings: { ...settings, optimizerModel } });
}

/** Binds the use cases of comparisons and optimisations to what they work with. */
export function bindExperiments(shards: Shards, parts: Omit<OptimizationDeps, "optimizations">) {
  const comparisons: ComparisonDeps["comparisons"] = new ExperimentRepository(shards, {
    kind: "comparison",
    headOf: comparisonHead,
  });
  const optimizations: OptimizationDeps["optimizations"] = new ExperimentRepository(shards, {
    kind: "optimization",
    headOf: optimizationHead,
  });
  const deps: ComparisonDeps & OptimizationDeps = { ...parts, comparisons, optimizations };
  return {
    startComparison: bind(startComparison, deps),
    readComparison: bind(readComparison, deps),
    cancelComparison: bind(cancelComparison, deps),
    listComparisons: bind(listComparisons, deps),
    startOptimization: bind(startOptimization, deps),
    readOptimization: bind(readOptimization, deps),
    cancelOptimization: bind(cancelOptimization, deps),
    listOptimizations: bind(listOptimizations, deps),
    sweepExperiments: async () => sweepRuns({ ...deps, runs: comparisons }),
    async resumeExperiment({ tenant_id, run_id: id }: TestsWakeUp) {
      const key = { tenant_id, id };
      if (isId("cmp", id)) return runComparison(deps, key, TURN_MS);
      if (isId("opt", id)) return runOptimization(deps, key, TURN_MS);
    },
  };
}
