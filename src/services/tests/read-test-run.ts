import { notFound } from "../../domain/errors.ts";
import { decodeCursor, type Page, toPage } from "../../domain/page.ts";
import { isId } from "../../domain/id.ts";
import { type ListedTestRun, summarizeRun, type TestRun, type TestSummary } from "../../domain/tests/test-run.ts";
import { cancelRun } from "../runs/work-on-run.ts";
import { testKind } from "./run-tests.ts";
import type { RunKey } from "../../storage/runs/run-repository.ts";
import type { TestRunQuery } from "../../storage/tests/test-runs.ts";
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
export async function cancelTestRun(deps: TestDeps, key: RunKey): Promise<ReadRun> {
  const read = await readTestRun(deps, key);
  if (read.run.ended_at !== null) return read;
  const keepCounts = async ({ outcomes: _each, ...counts }: TestSummary) => deps.runs.keepCounts(key, counts);
  await keepCounts(read.summary);
  await cancelRun(deps, testKind(deps), key);
  const cancelled = await readTestRun(deps, key);
  await keepCounts(cancelled.summary);
  return cancelled;
}

/**
 * A page of a prompt's runs, newest first. Throws `not_found` without runs or prompt, 422 for a bad
 * cursor.
 */
export async function listTestRuns(
  { runs, hasPrompt }: Pick<TestDeps, "runs" | "hasPrompt">,
  tenantId: string,
  { cursor, ...query }: Omit<TestRunQuery, "before"> & { cursor?: string },
): Promise<Page<ListedTestRun>> {
  const before = decodeCursor("testruns", cursor);
  const rows = await runs.listOf(tenantId, { ...query, before });
  if (rows.length === 0 && !(await hasPrompt(tenantId, query.prompt))) throw notFound("prompt");
  return toPage(rows, query.limit, ({ id }) => id, "testruns");
}
