import type { Config } from "../config.ts";
import { buildChains, type ChainParts, type ChainServices } from "./chains.ts";
import { buildExperiments, type ExperimentParts, type ExperimentServices } from "./experiments.ts";
import { buildPromotions, type PromotionParts, type PromotionServices } from "./promotions.ts";
import { buildTests, type TestServices } from "./tests.ts";

/** The services that committed runs are built over. */
export type RunParts = ExperimentParts & ChainParts & Omit<PromotionParts, keyof TestServices>;

/** What works in committed runs, and promotions, which wait for some. */
export type RunServices = TestServices & ExperimentServices & PromotionServices & ChainServices;

/** Builds the use cases of test runs, comparisons, optimisations, promotions and chains. */
export function buildRuns(env: Env, config: Config, parts: RunParts): RunServices {
  const tests = buildTests(env, config, parts);
  return {
    ...tests,
    ...buildExperiments(env, config, parts),
    ...buildPromotions({ ...parts, ...tests }),
    ...buildChains(env, config, parts),
  };
}
