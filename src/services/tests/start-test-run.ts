import { newId } from "../../domain/id.ts";
import type { Run } from "../../domain/runs/run.ts";
import { type TestPlan, trialCount } from "../../domain/tests/test-run.ts";
import type { RunKey } from "../../storage/runs/run-repository.ts";
import { unresolved } from "../executions/idempotency-keys.ts";
import { startRun } from "../runs/start-run.ts";
import { planTestRun, type TestRunRequest } from "./plan-test-run.ts";
import { type ReadRun, readTestRun } from "./read-test-run.ts";
import { runTests } from "./run-tests.ts";
import type { TestDeps } from "./test-deps.ts";

/** A run that was started. `replayed`: by an earlier request with the same idempotency key. */
export interface StartedRun extends ReadRun {
  replayed: boolean;
}

/** After this time, ms, a worker that commits a run under an idempotency key counts as gone. */
const COMMIT_LEASE_MS = 30_000;

/**
 * Starts a run, once for each idempotency key; it is committed by the time this resolves, and goes
 * on whoever vanishes. Returns it as it is then: a small one has mostly ended. Throws `not_found`
 * for a prompt, version or label that does not exist, `validation_error` where there is nothing to
 * run, or too much, and as {@link IdempotencyKeys} does.
 */
export async function startTestRun(deps: TestDeps, request: TestRunRequest, key?: string): Promise<StartedRun> {
  const { tenant_id } = request;
  if (key !== undefined) return startOnce(deps, request, key);
  const id = request.id ?? newId("tst", deps.now());
  await start(deps, request, id, async (commit) => commit());
  return { ...(await readTestRun(deps, { tenant_id, id })), replayed: false };
}

/** Commits a run as `around` wants it, and begins it. */
async function start(
  deps: TestDeps,
  request: TestRunRequest,
  id: string,
  around: (commit: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const { run, reused } = await planTestRun(deps, request, id);
  const create = async (planned: Run<TestPlan>) => around(async () => deps.runs.create(planned, reused));
  const work = async (of: RunKey, lastStartMs: number) => runTests(deps, of, lastStartMs);
  const countOpen = async (tenantId: string, most: number) => deps.runs.countOpen(tenantId, most);
  await startRun(deps, { runs: { create, countOpen }, run, steps: trialCount(run.plan) - reused.length, work });
}

async function startOnce(deps: TestDeps, request: TestRunRequest, key: string): Promise<StartedRun> {
  const { tenant_id, key_id: _caller, ...asked } = request;
  const begun = await deps.keys.begin({
    tenant_id,
    key,
    request: { form: "tests", ...asked },
    id: newId("tst", deps.now()),
    lease_ms: COMMIT_LEASE_MS,
  });
  if ("result" in begun) {
    return { ...(await readTestRun(deps, { tenant_id, id: begun.result })), replayed: true };
  }
  const { id, resumed } = begun;
  const uncertain = async (error: unknown) => {
    await begun.handBack();
    throw unresolved("The run may have been accepted. Send it again.", error);
  };
  const left = resumed ? await deps.runs.find({ tenant_id, id }).catch(uncertain) : undefined;
  let isCommitting = false;
  const commitOnce = async (commit: () => Promise<void>) => {
    isCommitting = true;
    await commit().catch(uncertain);
    await begun.settle("done", id);
  };
  try {
    if (left) await begun.settle("done", id);
    else await start(deps, request, id, commitOnce);
  } catch (error) {
    // Before the commit nothing can have been accepted, unless an earlier worker did it.
    if (!isCommitting) await (resumed ? begun.handBack() : begun.release());
    throw error;
  }
  return { ...(await readTestRun(deps, { tenant_id, id })), replayed: left !== undefined };
}
