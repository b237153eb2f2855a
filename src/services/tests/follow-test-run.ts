import { notFound } from "../../domain/errors.ts";
import { isId } from "../../domain/id.ts";
import type { TestProgress } from "../../domain/tests/test-run.ts";
import type { RunKey } from "../../storage/runs/run-repository.ts";
import { type ReadRun, readTestRun } from "./read-test-run.ts";
import type { TestDeps } from "./test-deps.ts";

/** A look at a run under way, and the run itself once it has ended. */
export interface SeenProgress extends TestProgress {
  ended_run?: ReadRun;
}

/** An invocation has 1,000 subrequests, and may look so often for as long as it watches. */
const FIRST_LOOK_MS = 500;
const LONGEST_LOOK_MS = 5_000;
/** {@link followTestRun} ends after this time; a client that wants more asks again. */
const LONGEST_WATCH_MS = 300_000;

/**
 * Looks at a run now and whenever it got on, until it has ended or five minutes have passed. Throws
 * as {@link readTestRun} does.
 */
export async function followTestRun(
  deps: Pick<TestDeps, "runs" | "sleep">,
  key: RunKey,
): Promise<AsyncIterable<SeenProgress>> {
  return watch(deps, key, await look(deps, key));
}

async function* watch(
  deps: Pick<TestDeps, "runs" | "sleep">,
  key: RunKey,
  first: TestProgress,
): AsyncGenerator<SeenProgress> {
  let [seen, isNew, waited, wait] = [first, true, 0, FIRST_LOOK_MS];
  while (seen.status === "running") {
    if (isNew) yield seen;
    if (waited >= LONGEST_WATCH_MS) return;
    await deps.sleep(wait);
    waited += wait;
    const now = await look(deps, key);
    isNew = now.ended !== seen.ended || now.status !== seen.status;
    wait = isNew ? FIRST_LOOK_MS : Math.min(LONGEST_LOOK_MS, wait * 2);
    seen = now;
  }
  yield { ...seen, ended_run: await readTestRun(deps, key) };
}

async function look({ runs }: Pick<TestDeps, "runs">, key: RunKey): Promise<TestProgress> {
  const seen = isId("tst", key.id) ? await runs.progress(key) : undefined;
  if (!seen) throw notFound("test run");
  return seen;
}
