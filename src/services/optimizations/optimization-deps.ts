import type { OptimizationPlan, OptimizationResult } from "../../domain/optimizations/optimization.ts";
import type { RunRepository } from "../../storage/runs/run-repository.ts";
import type { ListedVersions } from "../prompts/list-versions.ts";
import type { PromptSource, PublishedPrompt } from "../prompts/publish-prompt.ts";
import type { ComparisonDeps } from "../comparisons/comparison-deps.ts";

/** What the use cases of optimisations share. */
export interface OptimizationDeps extends Omit<ComparisonDeps, "comparisons"> {
  optimizations: RunRepository<OptimizationPlan, OptimizationResult>;
  publishPrompt(tenantId: string, source: PromptSource): Promise<PublishedPrompt>;
  listVersions: ListedVersions;
  settings: ComparisonDeps["settings"] & {
    /** The model that proposes candidates. */
    optimizerModel: string;
  };
}
