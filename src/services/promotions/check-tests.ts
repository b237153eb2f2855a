import { AppError, toAppError } from "../../domain/errors.ts";
import {
  comparePassRates,
  CONFIDENCE,
  MARGIN,
  type PassComparison,
  repeatsFor,
} from "../../domain/promotions/non-inferiority.ts";
import { type CheckResult, type Promotion, servedVersion, type TestPair } from "../../domain/promotions/promotion.ts";
import { toTestCase } from "../../domain/tests/test-case.ts";
import { MAX_TRIALS } from "../../domain/tests/test-run.ts";
import type { TestRunRequest } from "../tests/plan-test-run.ts";
import type { ReadRun } from "../tests/read-test-run.ts";
import { pairRuns, percent, points, rateText } from "./paired-runs.ts";
import type { PromotionDeps } from "./promotion-deps.ts";

const PENDING: CheckResult = { status: "pending", detail: "The tests are running." };

/**
 * Whether the tests of each new version pass about as often with it as with the served version, by
 * `comparePassRates`. Both runs make the new version's tests, as often, at the same time. Where no
 * version is served, every trial has to pass. Pending until the runs have ended.
 */
export async function checkTests(deps: PromotionDeps, promotion: Promotion): Promise<CheckResult> {
  const results = await Promise.all(promotion.test_pairs.map(async (pair) => checkPair(deps, promotion, pair)));
  const first = (status: CheckResult["status"]) => results.find((each) => each.status === status);
  const detail = results.map((each) => each.detail).join(" ");
  return first("failed") ?? first("pending") ?? { status: "passed", detail: detail || "There is no new version." };
}

async function checkPair(deps: PromotionDeps, promotion: Promotion, pair: TestPair): Promise<CheckResult> {
  const { tenant_id, name } = promotion;
  const { version, run_id, served_run_id } = pair;
  const row = await deps.prompts.version(tenant_id, name, version);
  const tests = row?.definition.tests.map(toTestCase) ?? [];
  if (!row || tests.length === 0) return failed(`Version ${version} has no tests.`);
  if (tests.length > MAX_TRIALS) return failed(`Version ${version} has more than ${MAX_TRIALS} tests.`);
  const repeat = repeatsFor(tests.length, MAX_TRIALS);
  const { key_id } = promotion;
  const of = async (id: string, tested: number) =>
    findOrStartRun(deps, { id, tenant_id, key_id, prompt: { name, version: tested }, tests, repeat });
  const served = servedVersion(promotion);
  try {
    const [run, other] = await Promise.all([
      of(run_id, version),
      served_run_id !== null && served !== undefined ? of(served_run_id, served) : undefined,
    ]);
    return judge(run, other, version);
  } catch (thrown) {
    // What a budget or a limit refuses is refused again; a fault of ours may not be.
    if (thrown instanceof AppError && !thrown.retryable) return failed(toAppError(thrown).detail);
    throw thrown;
  }
}

/** A run under an id that was assigned before: another worker may have started it. */
export async function findOrStartRun(
  deps: Pick<PromotionDeps, "readTestRun" | "startTestRun">,
  request: TestRunRequest & { id: string },
): Promise<ReadRun> {
  const { tenant_id, id } = request;
  try {
    return await deps.readTestRun({ tenant_id, id });
  } catch (thrown) {
    if (!(thrown instanceof AppError && thrown.code === "not_found")) throw thrown;
    return deps.startTestRun(request);
  }
}

function judge(run: ReadRun, served: ReadRun | undefined, version: number): CheckResult {
  const runs = served ? [run, served] : [run];
  const cancelled = runs.find((each) => each.run.status === "cancelled");
  if (cancelled) return failed(`The test run ${cancelled.run.id} was cancelled.`);
  if (runs.some((each) => each.run.status === "running")) return PENDING;
  if (!served) {
    const isPassed = run.summary.failed === 0;
    const detail = `Version ${version} passed ${rateText(run)}; no version is served that it could be compared with.`;
    return { status: isPassed ? "passed" : "failed", detail };
  }
  const { difference, lower_bound, is_non_inferior }: PassComparison = comparePassRates(
    pairRuns(run, served, "served"),
  );
  const detail =
    `Version ${version} passed ${rateText(run)}, version ${served.run.plan.prompt.version} ${rateText(served)}: ` +
    `${points(difference)}, with ${percent(CONFIDENCE)} confidence above ${points(lower_bound)}; ` +
    `above ${points(-MARGIN)} is enough.`;
  return { status: is_non_inferior ? "passed" : "failed", detail };
}

function failed(detail: string): CheckResult {
  return { status: "failed", detail };
}
