import { stableJson } from "../../lib/stable-json.ts";
import type { TestCase } from "../tests/test-case.ts";
import type { TestPlan } from "../tests/test-run.ts";

/** A run of a canary's tests, and the run of the served version that it waits for. */
export interface CanaryTestPair {
  version: number;
  run_id: string;
  /** The id of a run that is made for the comparison; assigned before it is started. */
  served_run_id: string;
}

/** What is known of test runs of a split's versions. It is JSON. */
export interface CanaryTests {
  /** Runs count that were begun since, Unix ms; 0 before the first look. */
  since: number;
  /** Runs that wait for one of the served version. */
  pairs: CanaryTestPair[];
  /** The newest runs of canaries that are done with. */
  done: string[];
  /** The comparisons that were made. */
  comparisons: number;
}

/** More runs than these are not remembered, and not looked at either. */
export const MAX_KNOWN_RUNS = 50;

/** What is known before the first run. */
export function noTests(): CanaryTests {
  return { since: 0, pairs: [], done: [], comparisons: 0 };
}

/** The state after a run is done with. */
export function withDone(tests: CanaryTests, runId: string, isCompared: boolean): CanaryTests {
  return {
    ...tests,
    pairs: tests.pairs.filter(({ run_id }) => run_id !== runId),
    done: [...tests.done, runId].slice(-2 * MAX_KNOWN_RUNS),
    comparisons: tests.comparisons + (isCompared ? 1 : 0),
  };
}

/**
 * The chance of a false alarm that the next comparison may have: of what all may have 1/2, 1/6,
 * 1/12, …, so that no number of runs has more.
 */
export function levelOfNext({ comparisons }: CanaryTests, all: number): number {
  return all / ((comparisons + 1) * (comparisons + 2));
}

/**
 * Whether a run made tests of its version's own. Whoever may run tests may give others, and must
 * not move a label with them.
 */
export function isOfOwnTests({ cases }: TestPlan, own: readonly TestCase[]): boolean {
  const known = new Set(own.map(stableJson));
  return cases.every((each) => known.has(stableJson(each)));
}

/** Whether two runs made the same tests by the same models. */
export function isSameSuite(one: TestPlan, other: TestPlan): boolean {
  return stableJson([one.cases, one.models]) === stableJson([other.cases, other.models]);
}
