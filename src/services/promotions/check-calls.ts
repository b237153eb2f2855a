import type { GivenVariables } from "../../domain/executions/given-variables.ts";
import { DAY_MS } from "../../domain/ledger/periods.ts";
import { checkVariables } from "../../domain/promotions/compatible-variables.ts";
import { type CheckResult, newVersions, type Promotion, servedVersion } from "../../domain/promotions/promotion.ts";
import type { LabelKey } from "../../domain/prompts/label-move.ts";
import type { PromotionDeps } from "./promotion-deps.ts";

/** The newest calls of each of the last days are looked at. */
const DAYS = 7;
const CALLS_A_DAY = 50;

/**
 * Whether the new versions take what callers of the label give: by the served version's declaration
 * and by a sample of the label's calls. At most {@link DAYS} pages of records are read.
 */
export async function checkCalls(deps: PromotionDeps, promotion: Promotion): Promise<CheckResult> {
  const { tenant_id, name } = promotion;
  const specsOf = async (version: number) =>
    (await deps.prompts.version(tenant_id, name, version))?.definition.variables;
  const served = servedVersion(promotion);
  const before = served === undefined ? undefined : await specsOf(served);
  const calls = await sampleCalls(deps, promotion);
  const results = await Promise.all(
    newVersions(promotion).map(async (version): Promise<CheckResult> => {
      const after = await specsOf(version);
      if (!after) return { status: "failed", detail: `Version ${version} was deleted.` };
      return checkVariables(before ?? null, after, calls);
    }),
  );
  const failed = results.find(({ status }) => status === "failed");
  return failed ?? results[0] ?? { status: "passed", detail: "There is no new version." };
}

/** The variables of calls by the label. Records of older versions do not have them. */
async function sampleCalls(deps: PromotionDeps, { tenant_id, name, label }: LabelKey): Promise<GivenVariables[]> {
  const now = deps.now();
  await deps.flush(tenant_id);
  const days = Array.from({ length: DAYS }, (_, day) => now - day * DAY_MS);
  const pages = await Promise.all(
    days.map(async (to) =>
      deps.executions.list(tenant_id, { prompt: name, from: to - DAY_MS, to: to + 1, limit: CALLS_A_DAY }),
    ),
  );
  const calls = pages.flatMap(({ data }) => data).filter(({ prompt_label }) => prompt_label === label);
  return calls.flatMap(({ variables }) => (variables ? [variables] : []));
}
