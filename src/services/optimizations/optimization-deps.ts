import type {
  OptimizationCounts,
  OptimizationHead,
  OptimizationPlan,
  OptimizationResult,
} from "../../domain/optimizations/optimization.ts";
import type { ExperimentRepository } from "../../storage/runs/experiments.ts";
import type { ListedVersions } from "../prompts/list-versions.ts";
import type { PromptSource, PublishedPrompt } from "../prompts/publish-prompt.ts";
import type { ComparisonDeps } from "../comparisons/comparison-deps.ts";

/** What the use cases of optimisations share. */
export interface OptimizationDeps extends Omit<ComparisonDeps, "comparisons"> {
  optimizations: ExperimentRepository<OptimizationPlan, OptimizationResult, OptimizationHead, OptimizationCounts>;
  publishPrompt(tenantId: string, source: PromptSource): Promise<PublishedPrompt>;
  listVersions: ListedVersions;
  settings: ComparisonDeps["settings"] & {
    /** The model that proposes candidates. */
    optimizerModel: string;
  };
}
