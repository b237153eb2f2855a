import type { ComparisonPlan, ComparisonResult } from "../../domain/comparisons/comparison.ts";
import type { RunRepository } from "../../storage/runs/run-repository.ts";
import type { LimitedSpendingDeps } from "../runs/spend-within-limit.ts";
import type { TestDeps } from "../tests/test-deps.ts";

/** What the use cases of comparisons share. */
export interface ComparisonDeps extends Omit<TestDeps, "runs" | "publishEvent">, LimitedSpendingDeps {
  comparisons: RunRepository<ComparisonPlan, ComparisonResult>;
}
