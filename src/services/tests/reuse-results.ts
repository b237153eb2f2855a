import type { PromptDefinition } from "../../domain/prompts/prompt.ts";
import { JUDGE_PROMPT } from "../../domain/tests/judge.ts";
import type { ReusedTrial, TestPlan, TrialResult } from "../../domain/tests/test-run.ts";
import { sha256Hex } from "../../lib/hash.ts";
import { stableJson } from "../../lib/stable-json.ts";
import type { TestDeps } from "./test-deps.ts";

/**
 * Digests of all that the results of a plan depend on, for each case by each model: the tenant, the
 * version but for what no model sees of it, the case but for its name and weight, the model, who
 * judges, and whether trials are independent of each other.
 */
export async function hashInputs(
  deps: TestDeps,
  tenantId: string,
  { tests: _tests, tags: _tags, description: _about, source_version: _named, ...definition }: PromptDefinition,
  { cases, models, repeat }: Pick<TestPlan, "cases" | "models" | "repeat">,
): Promise<string[]> {
  const asked = cases.some(({ assertions }) => assertions.some(({ type }) => type === "llm_rubric"));
  const judge = asked ? await judgeOf(deps, tenantId) : null;
  const version = await sha256Hex(stableJson(definition));
  const common = [tenantId, version, judge, repeat > 1];
  const hashes = cases.map(async ({ name: _name, weight: _weight, ...inputs }) => {
    const ofCase = await sha256Hex(stableJson([common, inputs]));
    return Promise.all(models.map(async (model) => sha256Hex(stableJson([ofCase, model]))));
  });
  return (await Promise.all(hashes)).flat();
}

/** The digest by which a result is found again; undefined for one that nothing should rest on. */
export function inputHashOf({ input_hashes, repeat }: TestPlan, result: TrialResult): string | undefined {
  if (result.error !== null || result.is_unjudged === true) return undefined;
  return input_hashes?.[Math.floor(result.position / repeat)];
}

/** The stored trials that stand for those of a plan: all of a case by a model, or none of them. */
export async function findReusable(deps: TestDeps, tenantId: string, plan: TestPlan): Promise<ReusedTrial[]> {
  const { input_hashes = [], repeat } = plan;
  const found = Map.groupBy(await deps.runs.stored(tenantId, input_hashes, repeat), (each) => each.of);
  return [...found].flatMap(([of, trials]) => {
    if (trials.length < repeat) return [];
    return trials.map(({ run_id, position }, at) => ({ run_id, position, as: of * repeat + at }));
  });
}

/** Our own judge by its model, or the tenant's prompt by its content. */
async function judgeOf(deps: TestDeps, tenantId: string): Promise<string> {
  if (!(await deps.hasPrompt(tenantId, JUDGE_PROMPT))) return deps.settings.judgeModel;
  const { row } = await deps.resolve(tenantId, { name: JUDGE_PROMPT }, deps.random());
  return row.content_hash;
}
