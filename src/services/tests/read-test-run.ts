import { notFound } from "../../domain/errors.ts";
import { isId } from "../../domain/id.ts";
import { summarizeRun, type TestRun, type TestSummary } from "../../domain/tests/test-run.ts";
import type { RunKey } from "../../storage/runs/run-repository.ts";
import type { TestDeps } from "./test-deps.ts";

/** A run, and what it found so far. */
export interface ReadRun {
  run: TestRun;
  summary: TestSummary;
}

/** Reads a run. Throws `not_found` for one that the tenant does not have. */
export async function readTestRun({ runs }: Pick<TestDeps, "runs">, key: RunKey): Promise<ReadRun> {
  const run = isId("tst", key.id) ? await runs.find(key) : undefined;
  if (!run) throw notFound("test run");
  return { run, summary: summarizeRun(run.plan, await runs.results(key)) };
}

/**
 * Cancels a run: no further trial begins, and those under way end by themselves. One that has ended
 * stays as it is. Throws as {@link readTestRun} does.
 */
export async function cancelTestRun(deps: Pick<TestDeps, "runs" | "now">, key: RunKey): Promise<ReadRun> {
  if (isId("tst", key.id)) await deps.runs.end(key, "cancelled", deps.now());
  return readTestRun(deps, key);
}
