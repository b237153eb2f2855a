import type { ComparisonPlan, ComparisonResult } from "../../domain/comparisons/comparison.ts";
import type { ComparisonCounts, ComparisonHead } from "../../domain/comparisons/summarize-comparison.ts";
import type { ExperimentRepository } from "../../storage/runs/experiments.ts";
import type { LimitedSpendingDeps } from "../runs/spend-within-limit.ts";
import type { TestDeps } from "../tests/test-deps.ts";

/** What the use cases of comparisons share. */
export interface ComparisonDeps extends Omit<TestDeps, "runs" | "publishEvent">, LimitedSpendingDeps {
  comparisons: ExperimentRepository<ComparisonPlan, ComparisonResult, ComparisonHead, ComparisonCounts>;
}
