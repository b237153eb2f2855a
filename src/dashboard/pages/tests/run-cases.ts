import type { TestRunReply } from "../../../client/test-runs.ts";

/** A test by a model, with what its trials said. */
export type CaseResult = TestRunReply["results"][number];

/** The parts of the results that a page shows. */
export const CASE_FILTERS = ["all", "failed", "flaky"] as const;

/** One of {@link CASE_FILTERS}. */
export type CaseFilter = (typeof CASE_FILTERS)[number];

/** What a test by a model came to, in a word. A test that only sometimes passes is flaky, not failed. */
export function verdictOf({ passed, flaky }: Pick<CaseResult, "passed" | "flaky">): "passed" | "failed" | "flaky" {
  if (flaky) return "flaky";
  return passed ? "passed" : "failed";
}

/** The results that a filter leaves. */
export function casesOf(results: readonly CaseResult[], filter: string): readonly CaseResult[] {
  if (filter === "failed") return results.filter((each) => !each.passed);
  return filter === "flaky" ? results.filter(({ flaky }) => flaky) : results;
}

/** What names a test by a model in an address. */
export function caseKey({ test, model }: Pick<CaseResult, "test" | "model">): string {
  return model === null ? test : `${test} · ${model}`;
}

/** The first check that was not met, or the error. */
export function faultLine({ error, checks }: Pick<CaseResult, "error" | "checks">): string | null {
  if (error) return `${error.code}: ${error.detail}`;
  const missed = checks.find(({ passed }) => !passed);
  return missed ? `${missed.kind}: ${missed.detail}` : null;
}

/** How many trials passed of those that were made. */
export function trialsText({ pass_rate, repeats }: Pick<CaseResult, "pass_rate" | "repeats">): string {
  return `${Math.round(pass_rate * repeats)} of ${repeats}`;
}

/** The mean of scores; null of none. */
export function meanOf(scores: readonly number[]): number | null {
  return scores.length === 0 ? null : scores.reduce((sum, score) => sum + score, 0) / scores.length;
}
