import { AppError, toAppError } from "../../domain/errors.ts";
import { newId } from "../../domain/id.ts";
import { DAY_MS } from "../../domain/ledger/periods.ts";
import {
  type CanaryTestPair,
  type CanaryTests,
  isOfOwnTests,
  isSameSuite,
  levelOfNext,
  MAX_KNOWN_RUNS,
  withDone,
} from "../../domain/promotions/canary-tests.ts";
import { proveWorse } from "../../domain/promotions/non-inferiority.ts";
import type { LabelKey } from "../../domain/prompts/label-move.ts";
import { toTestCase } from "../../domain/tests/test-case.ts";
import type { ListedTestRun } from "../../domain/tests/test-run.ts";
import type { ReadRun } from "../tests/read-test-run.ts";
import { findOrStartRun } from "./check-tests.ts";
import { pairRuns, percent, points, rateText } from "./paired-runs.ts";
import type { PromotionDeps } from "./promotion-deps.ts";

/** A split whose versions' test runs are looked at. */
export interface TestedSplit {
  key: LabelKey;
  served: number;
  canaries: readonly number[];
  /** The chance of a false alarm that all comparisons may have together. */
  level: number;
}

/** What a look at test runs found. */
export interface LookedAtTests {
  tests: CanaryTests;
  /** Why a canary is worse, where one is. */
  worse?: string;
}

/** Runs that one look reads of the canaries, and of the served version for each of them. */
const READ_AT_ONCE = 5;
const NANO = 1e9;
/** A run of the served version is compared with one that was begun at most so long before or after. */
const APART_MS = DAY_MS;

/**
 * Looks at runs of the canaries' own tests that have ended: each is compared with a run of the same
 * tests by the served version, as a promotion does. Where there is none, one is started under the
 * key of the canary's run, by the look after this one, so that its id is stored before.
 */
export async function lookAtTests(
  deps: PromotionDeps,
  split: TestedSplit,
  before: CanaryTests,
): Promise<LookedAtTests> {
  const { key, canaries } = split;
  let tests = before.since > 0 ? before : { ...before, since: await beginOf(deps, key) };
  for (const pair of before.pairs) {
    const looked = await lookAtPair(deps, split, tests, pair);
    if (looked.worse !== undefined) return looked;
    ({ tests } = looked);
  }
  const { data } = await deps.listTestRuns(key.tenant_id, { prompt: key.name, limit: MAX_KNOWN_RUNS });
  const known = new Set([...tests.done, ...tests.pairs.map(({ run_id }) => run_id)]);
  const ended = data.filter(
    ({ id, status, prompt, created_at }) =>
      status === "completed" && canaries.includes(prompt.version) && created_at >= tests.since && !known.has(id),
  );
  for (const { id } of ended.toReversed().slice(0, READ_AT_ONCE)) {
    const looked = await lookAtRun(deps, { split, listed: data, id }, tests);
    if (looked.worse !== undefined) return looked;
    ({ tests } = looked);
  }
  return { tests };
}

/** When the split began: what was run before it, such as by its promotion, does not count. */
async function beginOf(deps: PromotionDeps, key: LabelKey): Promise<number> {
  const [last] = await deps.labels.moves(key, 1);
  return last?.moved_at ?? deps.now();
}

async function lookAtRun(
  deps: PromotionDeps,
  { split, listed, id }: { split: TestedSplit; listed: readonly ListedTestRun[]; id: string },
  tests: CanaryTests,
): Promise<LookedAtTests> {
  const { tenant_id, name } = split.key;
  const run = await deps.readTestRun({ tenant_id, id });
  const { version } = run.run.plan.prompt;
  const row = await deps.prompts.version(tenant_id, name, version);
  const isFit = row && isWhole(run) && isOfOwnTests(run.run.plan, row.definition.tests.map(toTestCase));
  if (!isFit) return { tests: withDone(tests, id, false) };
  const candidates = listed.filter(
    (each) =>
      each.status === "completed" &&
      each.prompt.version === split.served &&
      Math.abs(each.created_at - run.run.created_at) <= APART_MS,
  );
  for (const each of candidates.slice(0, READ_AT_ONCE)) {
    const other = await deps.readTestRun({ tenant_id, id: each.id });
    if (isSameSuite(run.run.plan, other.run.plan) && isWhole(other)) return compare(split, tests, run, other);
  }
  const served_run_id = (await awaitedRun(deps, tenant_id, tests, run)) ?? newId("tst", deps.now());
  return { tests: { ...tests, pairs: [...tests.pairs, { version, run_id: id, served_run_id }] } };
}

/** The run of the served version that another run of the same tests waits for. */
async function awaitedRun(
  deps: PromotionDeps,
  tenant_id: string,
  { pairs }: CanaryTests,
  { run }: ReadRun,
): Promise<string | undefined> {
  for (const pair of pairs) {
    const other = await deps.readTestRun({ tenant_id, id: pair.run_id });
    if (isSameSuite(run.plan, other.run.plan)) return pair.served_run_id;
  }
  return undefined;
}

async function lookAtPair(
  deps: PromotionDeps,
  split: TestedSplit,
  tests: CanaryTests,
  { run_id, served_run_id }: CanaryTestPair,
): Promise<LookedAtTests> {
  const { tenant_id, name } = split.key;
  try {
    const run = await deps.readTestRun({ tenant_id, id: run_id });
    const { cases, models, repeat, concurrency, max_cost_nanousd } = run.run.plan;
    const named = models.flatMap((model) => model ?? []);
    const other = await findOrStartRun(deps, {
      id: served_run_id,
      tenant_id,
      key_id: run.run.key_id,
      prompt: { name, version: split.served },
      tests: cases,
      repeat,
      concurrency,
      // Whoever limits the money of one run means the other one, too.
      ...(max_cost_nanousd !== undefined && { max_cost_usd: max_cost_nanousd / NANO }),
      ...(named.length > 0 && { models: named }),
    });
    if (other.run.status === "running") return { tests };
    if (other.run.status === "completed" && isWhole(other)) return compare(split, tests, run, other);
  } catch (thrown) {
    // What a budget or a limit refuses is refused again; a fault of ours may not be.
    if (!(thrown instanceof AppError) || thrown.retryable) throw thrown;
    deps.onError("canary_tests_not_compared", run_id, toAppError(thrown));
  }
  return { tests: withDone(tests, run_id, false) };
}

function compare({ level, served }: TestedSplit, tests: CanaryTests, run: ReadRun, other: ReadRun): LookedAtTests {
  const of = levelOfNext(tests, level);
  const { difference, upper_bound, is_worse } = proveWorse(pairRuns(run, other, "new"), of);
  const done = withDone(tests, run.run.id, true);
  if (!is_worse) return { tests: done };
  const { version } = run.run.plan.prompt;
  const worse =
    `Version ${version} is worse than ${served} in its tests: it passed ${rateText(run)}, version ${served} ` +
    `${rateText(other)}: ${points(difference)}, with ${percent(1 - of)} confidence below ${points(upper_bound)} ` +
    `(runs ${run.run.id} and ${other.run.id}).`;
  return { tests: done, worse };
}

/** Whether every case was tried: a run may have ended for lack of money. */
function isWhole({ summary }: ReadRun): boolean {
  return summary.total > 0 && summary.outcomes.length === summary.total;
}
