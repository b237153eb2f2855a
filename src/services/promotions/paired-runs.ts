import type { PairedTest } from "../../domain/promotions/non-inferiority.ts";
import type { TestOutcome } from "../../domain/tests/test-run.ts";
import type { ReadRun } from "../tests/read-test-run.ts";

/**
 * The same tests by two versions. Trials without an answer count for one of them and against the
 * other: an outage must not say what the comparison is made to prove.
 */
export function pairRuns(run: ReadRun, served: ReadRun, unansweredFor: "new" | "served"): PairedTest[] {
  const [forNew, forServed] = unansweredFor === "new" ? [1, 0] : [0, 1];
  return run.summary.outcomes.flatMap((outcome, at) => {
    const other = served.summary.outcomes[at];
    if (!other) return [];
    return [
      {
        passed: passesOf(outcome) + forNew * outcome.unanswered,
        trials: outcome.repeats,
        served_passed: passesOf(other) + forServed * other.unanswered,
        served_trials: other.repeats,
      },
    ];
  });
}

/** The pass rate of a run, for a person. */
export function rateText({ summary }: ReadRun): string {
  const trials = summary.outcomes.reduce((sum, { repeats }) => sum + repeats, 0);
  return `${percent(summary.pass_rate ?? 0)} of ${trials} trials`;
}

/** A share of one, as percent with one digit. */
export function percent(share: number): string {
  return `${Number((100 * share).toFixed(1))} %`;
}

/** A difference of shares, as points. */
export function points(share: number): string {
  return `${share > 0 ? "+" : ""}${Number((100 * share).toFixed(1))} points`;
}

function passesOf({ pass_rate, repeats }: TestOutcome): number {
  return Math.round(pass_rate * repeats);
}
