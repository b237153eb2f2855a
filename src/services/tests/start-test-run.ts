import { newId } from "../../domain/id.ts";
import type { Run } from "../../domain/runs/run.ts";
import { type TestPlan, trialCount } from "../../domain/tests/test-run.ts";
import type { RunKey } from "../../storage/runs/run-repository.ts";
import { type CommitRun, startOnce } from "../runs/start-once.ts";
import { startRun } from "../runs/start-run.ts";
import { planTestRun, type TestRunRequest } from "./plan-test-run.ts";
import { type ReadRun, readTestRun } from "./read-test-run.ts";
import { runTests } from "./run-tests.ts";
import type { TestDeps } from "./test-deps.ts";

/** A run that was started. `replayed`: by an earlier request with the same idempotency key. */
export interface StartedRun extends ReadRun {
  replayed: boolean;
}

/**
 * Starts a run, once for each idempotency key; it is committed by the time this resolves, and goes
 * on whoever vanishes. Returns it as it is then: a small one has mostly ended. Throws `not_found`
 * for a prompt, version or label that does not exist, `validation_error` where there is nothing to
 * run, or too much, and as {@link IdempotencyKeys} does.
 */
export async function startTestRun(deps: TestDeps, request: TestRunRequest, key?: string): Promise<StartedRun> {
  const { tenant_id, key_id: _caller, trace: _trace, ...asked } = request;
  const { id, replayed } = await startOnce(deps, {
    tenant_id,
    key,
    request: { form: "tests", ...asked },
    id: request.id ?? newId("tst", deps.now()),
    find: async (of) => deps.runs.find({ tenant_id, id: of }),
    start: async (of, commit) => start(deps, request, of, commit),
  });
  return { ...(await readTestRun(deps, { tenant_id, id })), replayed };
}

/** Begins a run once it is committed. */
async function start(deps: TestDeps, request: TestRunRequest, id: string, commit: CommitRun): Promise<void> {
  const { run, reused } = await planTestRun(deps, request, id);
  const create = async (planned: Run<TestPlan>) => commit(async () => deps.runs.create(planned, reused));
  const work = async (of: RunKey, lastStartMs: number) => runTests(deps, of, lastStartMs);
  const countOpen = async (tenantId: string, most: number) => deps.runs.countOpen(tenantId, most);
  await startRun(deps, { runs: { create, countOpen }, run, steps: trialCount(run.plan) - reused.length, work });
}
