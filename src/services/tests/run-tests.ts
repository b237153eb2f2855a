import { summarizeRun, type TestRun, type Trial, type TrialResult, trialsOf } from "../../domain/tests/test-run.ts";
import { gather } from "../../lib/gather.ts";
import type { ClaimedRun, TestRunKey } from "../../storage/tests/test-runs.ts";
import { runTrial } from "./run-trial.ts";
import type { TestDeps } from "./test-deps.ts";

/** How long a lease of a run lasts, and how often it is renewed, ms. */
const LEASE_MS = 60_000;
const RENEW_MS = 20_000;
/** The most trials that begin in one invocation: each may take a few of its D1 statements. */
const TRIALS_AN_INVOCATION = 300;
/** A run that was started this often and never ended does not end: its workers die of it. */
const MOST_STARTS = 100;
const NANOUSD_PER_USD = 1e9;

/**
 * Works on a run: makes the trials that have no result yet, and ends the run after the last one. No
 * trial begins `lastStartMs` after this one did; then the run goes back to the queue. Does nothing
 * where another works on the run, or it has ended. Where this throws, the sweep takes the run up
 * again once its lease is over.
 */
export async function runTests(deps: TestDeps, key: TestRunKey, lastStartMs: number): Promise<void> {
  const startedAt = deps.now();
  const claimed = await deps.runs.claim(key, deps.newToken(), startedAt, startedAt + LEASE_MS);
  if (!claimed) return;
  if (claimed.starts > MOST_STARTS) return giveUp(deps, key);
  const known = await deps.runs.results(key);
  const done = new Set(known.map(({ position }) => position));
  const waiting = trialsOf(claimed.run.plan).filter(({ position }) => !done.has(position));
  const turn = waiting.slice(0, TRIALS_AN_INVOCATION);
  const { left, open } = await makeTrials(deps, claimed, turn, startedAt + lastStartMs);
  if (!open) return;
  if (left === 0 && turn.length === waiting.length) return endRun(deps, claimed.run);
  if (await deps.runs.renew(key, claimed.token, deps.now())) await deps.wake(key);
}

/** Makes trials, some at a time, until `lastStart`. `open`: the run goes on, and is still ours. */
async function makeTrials(
  deps: TestDeps,
  claimed: ClaimedRun,
  trials: readonly Trial[],
  lastStart: number,
): Promise<{ left: number; open: boolean }> {
  const { run, token, starts } = claimed;
  const waiting = [...trials];
  let open = true;
  const save = gather(async (results: readonly TrialResult[]) => deps.runs.save(run, results));
  const renew = async () => {
    open = (await deps.runs.renew(run, token, deps.now() + LEASE_MS)) && open;
  };
  const stop = deps.every(RENEW_MS, () => {
    void renew().catch((error: unknown) => deps.onError("test_lease_not_renewed", run.id, error));
  });
  const work = async () => {
    while (open && deps.now() < lastStart) {
      const trial = waiting.shift();
      if (!trial) return;
      open = (await save(await runTrial(deps, run, trial, starts > 1))) && open;
    }
  };
  try {
    await settleAll(Array.from({ length: run.plan.concurrency }, work));
  } finally {
    stop();
  }
  return { left: waiting.length, open };
}

/** Waits for all of them, and then throws what the first one threw that failed. */
async function settleAll(work: readonly Promise<void>[]): Promise<void> {
  const settled = await Promise.allSettled(work);
  for (const each of settled) if (each.status === "rejected") throw each.reason;
}

async function giveUp(deps: TestDeps, key: TestRunKey): Promise<void> {
  deps.onError("test_run_given_up", key.id, new Error(`It was started ${MOST_STARTS} times and never ended.`));
  await deps.runs.end(key, "cancelled", deps.now());
}

/** The event is stored first, once however often: a crash between the two loses neither. */
async function endRun(deps: TestDeps, run: TestRun): Promise<void> {
  const { tenant_id, id, plan } = run;
  const summary = summarizeRun(plan, await deps.runs.results(run));
  const { passed, failed, flaky, pass_rate, cost_nanousd } = summary;
  const { name: prompt, version } = plan.prompt;
  const cost_usd = cost_nanousd === null ? null : cost_nanousd / NANOUSD_PER_USD;
  const at = deps.now();
  await deps.publishEvent(tenant_id, {
    type: "test_run.completed",
    key: `test_run.completed/${id}`,
    prompt,
    at,
    data: { id, prompt, version, passed, failed, flaky, pass_rate, cost_usd },
  });
  await deps.runs.end(run, "completed", at);
}
