import { AppError } from "../../domain/errors.ts";
import type { Run, StepResult } from "../../domain/runs/run.ts";
import { withTimeout } from "../../lib/deadline.ts";
import { byteLength } from "../../lib/encoding.ts";
import type { RunKey, RunRepository } from "../../storage/runs/run-repository.ts";
import type { RunDeps } from "./run-deps.ts";

/**
 * A run of at most this many executions begins in the request that asks for it, else on the queue.
 */
const STEPS_IN_REQUEST = 50;
/** A request is answered after this time at the latest, ms; its steps go on behind the reply. */
const REPLY_WITHIN_MS = 10_000;
/** A request begins no step after this time, ms: its work may last 30 s after the reply. */
const LAST_START_MS = 10_000;
/** A value of D1 holds 2 MB. */
const MAX_PLAN_BYTES = 1_900_000;
/**
 * Runs of a tenant that have not ended, at the most, on each table. A turn holds a consumer of the
 * standard lane for a minute, and of its 250 others need theirs.
 */
const MOST_OPEN_RUNS = 50;
const FULL_RETRY_MS = 60_000;

/** A run to be started: where it is stored, how much there is to do, and how to work on it. */
export interface RunStart<Plan, Result extends StepResult> {
  runs: Pick<RunRepository<Plan, Result>, "create" | "countOpen">;
  run: Run<Plan>;
  steps: number;
  work: (key: RunKey, lastStartMs: number) => Promise<void>;
}

/**
 * Starts a run; it is committed by the time this resolves, and goes on whoever vanishes. A small
 * one has mostly ended by then. Throws `payload_too_large` for one that cannot be kept, and
 * `rate_limit_error` where too many of the tenant's have not ended.
 */
export async function startRun<Plan, Result extends StepResult>(
  deps: Pick<RunDeps, "wake" | "defer" | "onError">,
  { runs, run, steps, work }: RunStart<Plan, Result>,
): Promise<void> {
  const { tenant_id, id, plan } = run;
  const bytes = byteLength(JSON.stringify(plan));
  if (bytes > MAX_PLAN_BYTES) {
    throw new AppError("payload_too_large", `The run is too large to be kept: ${bytes} of ${MAX_PLAN_BYTES} bytes.`);
  }
  if ((await runs.countOpen(tenant_id, MOST_OPEN_RUNS)) >= MOST_OPEN_RUNS) {
    const detail = `The tenant has ${MOST_OPEN_RUNS} runs that have not ended.`;
    throw new AppError("rate_limit_error", detail, { retryable: true, retryAfterMs: FULL_RETRY_MS });
  }
  await runs.create(run);
  const key = { tenant_id, id };
  if (steps > STEPS_IN_REQUEST) {
    await deps.wake(key).catch((error: unknown) => deps.onError("wake_up_unsent", id, error));
    return;
  }
  const begun = work(key, LAST_START_MS).catch((error: unknown) => deps.onError("run_fault", id, error));
  deps.defer(begun);
  await withTimeout(begun, REPLY_WITHIN_MS, () => new Error("late")).catch(() => undefined);
}
