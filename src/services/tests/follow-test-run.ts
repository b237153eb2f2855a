import { notFound } from "../../domain/errors.ts";
import { isId } from "../../domain/id.ts";
import type { TestProgress } from "../../domain/tests/test-run.ts";
import { pollChanges } from "../../lib/poll-changes.ts";
import type { RunKey } from "../../storage/runs/run-repository.ts";
import { type ReadRun, readTestRun } from "./read-test-run.ts";
import type { TestDeps } from "./test-deps.ts";

/** A look at a run under way, and the run itself once it has ended. */
export interface SeenProgress extends TestProgress {
  ended_run?: ReadRun;
}

/**
 * An invocation has 1,000 subrequests, and may look so often for as long as it watches. A client
 * that wants more asks again.
 */
const TIMES = { first_wait_ms: 500, longest_wait_ms: 5_000, longest_watch_ms: 300_000 };

type FollowDeps = Pick<TestDeps, "runs" | "sleep">;

/**
 * Looks at a run now and whenever it got on, until it has ended or five minutes have passed. Throws
 * as {@link readTestRun} does.
 */
export async function followTestRun(deps: FollowDeps, key: RunKey): Promise<AsyncIterable<SeenProgress>> {
  return watch(deps, key, await look(deps, key));
}

async function* watch(deps: FollowDeps, key: RunKey, first: TestProgress): AsyncGenerator<SeenProgress> {
  const seen = pollChanges(first, {
    ...TIMES,
    sleep: deps.sleep,
    look: async () => look(deps, key),
    isOver: ({ status }) => status !== "running",
    hasChanged: (now, before) => now.ended !== before.ended || now.status !== before.status,
  });
  for await (const progress of seen) {
    yield progress.status === "running" ? progress : { ...progress, ended_run: await readTestRun(deps, key) };
  }
}

async function look({ runs }: Pick<TestDeps, "runs">, key: RunKey): Promise<TestProgress> {
  const seen = isId("tst", key.id) ? await runs.progress(key) : undefined;
  if (!seen) throw notFound("test run");
  return seen;
}
