import { bindExperiments } from "../../src/deps/experiments.ts";
import type { ComparisonRequest } from "../../src/services/comparisons/start-comparison.ts";
import type { PromptSource, PublishedPrompt } from "../../src/services/prompts/publish-prompt.ts";
import { NO_PROMPT } from "../../src/services/executions/no-prompt.ts";
import type { OptimizationRequest } from "../../src/services/optimizations/start-optimization.ts";
import { sha256Hex } from "../../src/lib/hash.ts";
import type { VersionSummary } from "../../src/storage/prompts/prompts.ts";
import { openTestWorld } from "./test-world.ts";

/** The services of comparisons and optimisations in the world of test runs. */
export function openExperimentWorld() {
  const { world, shards, parts } = openTestWorld();
  const published: (PromptSource & VersionSummary)[] = [];
  /** Called with a version once it is stored. */
  const hooks = { onPublish: async () => undefined as void };
  const services = bindExperiments(shards, {
    ...parts,
    async publishPrompt(_tenant, source): Promise<PublishedPrompt> {
      const version = { version: 4 + published.length, content_hash: await sha256Hex(source.source) };
      published.push({ ...source, ...version, created_at: world.now, warnings: [] });
      await hooks.onPublish();
      return { version: { ...NO_PROMPT.row, ...version }, created: true, pointer: NO_PROMPT.pointer };
    },
    listVersions: async () => ({ data: published.toReversed(), next_cursor: null }),
    settings: { ...parts.settings, optimizerModel: "gpt-4o" },
  });
  const of = () => ({ tenant_id: world.tenant, key_id: "key_1" });
  const compare = async (request: Partial<ComparisonRequest> & Pick<ComparisonRequest, "subjects">, key?: string) =>
    services.startComparison({ ...of(), prompt: "p", repeat: 1, ...request }, key);
  const optimize = async (request: Partial<OptimizationRequest>, key?: string) => {
    const usual = {
      goal: "tokens",
      min_saving: 0.1,
      margin: 0.05,
      max_cost_usd: 100,
      level: "telegraphic",
      reflections: 0,
    } as const;
    return services.startOptimization({ ...of(), prompt: { name: "p" }, ...usual, ...request }, key);
  };
  const read = async (id: string) => services.readComparison({ tenant_id: world.tenant, id });
  const readOptimization = async (id: string) => services.readOptimization({ tenant_id: world.tenant, id });
  const resume = async (id: string) =>
    services.resumeExperiment({ type: "tests", tenant_id: world.tenant, run_id: id });
  return { world, hooks, published, services, compare, optimize, read, readOptimization, resume };
}
