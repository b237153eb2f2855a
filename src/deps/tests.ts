import type { Config } from "../config.ts";
import type { TestsWakeUp } from "../domain/batches/wake-up.ts";
import { followTestRun } from "../services/tests/follow-test-run.ts";
import { cancelTestRun, listTestRuns, readTestRun } from "../services/tests/read-test-run.ts";
import { runTests } from "../services/tests/run-tests.ts";
import { startTestRun } from "../services/tests/start-test-run.ts";
import type { RunDeps } from "../services/runs/run-deps.ts";
import { sweepRuns } from "../services/runs/sweep-runs.ts";
import type { TestDeps } from "../services/tests/test-deps.ts";
import type { Shards } from "../storage/shards.ts";
import { TestRunRepository } from "../storage/tests/test-runs.ts";
import { bind } from "./bind.ts";
import { clock, defer, every, report, sleep } from "./runtime.ts";

/** How long a message of the queue works on a run before it lets others have their turn, ms. */
export const TURN_MS = 60_000;

/** The services that test runs are built over. */
export type TestParts = Pick<
  TestDeps,
  "executions" | "record" | "execute" | "resolve" | "route" | "keys" | "hasPrompt" | "publishEvent" | "observeRun"
> & {
  shards: Shards;
};

/** The use cases of test runs. */
export type TestServices = ReturnType<typeof bindTests>;

/** Builds the use cases of test runs. */
export function buildTests(env: Env, config: Config, parts: TestParts): TestServices {
  return bindTests({ ...parts, ...buildTestParts(env, config), runs: new TestRunRepository(parts.shards) });
}

/** What runs of all kinds take from the runtime and the settings. */
export function buildTestParts(
  env: Env,
  config: Config,
): Omit<RunDeps, "observeRun" | "executions" | "record"> & Pick<TestDeps, "random" | "sleep" | "settings"> {
  return {
    ...clock,
    leaseMs: config.batch.leaseMs,
    wake: async ({ tenant_id, id }) => {
      await env.STANDARD_QUEUE.send({ type: "tests", tenant_id, run_id: id } satisfies TestsWakeUp);
    },
    defer,
    every,
    sleep,
    random: () => Math.random(),
    newToken: () => crypto.randomUUID(),
    onError: (event, run, error) => report(event, error, { run }),
    settings: { judgeModel: config.models.judge, concurrency: config.gate.concurrency.test },
  };
}

/** Binds the use cases of test runs to what they work with. */
export function bindTests(deps: TestDeps) {
  return {
    startTestRun: bind(startTestRun, deps),
    readTestRun: bind(readTestRun, deps),
    cancelTestRun: bind(cancelTestRun, deps),
    listTestRuns: bind(listTestRuns, deps),
    followTestRun: bind(followTestRun, deps),
    sweepTestRuns: async () => sweepRuns(deps),
    resumeTestRun: async ({ tenant_id, run_id }: TestsWakeUp) => runTests(deps, { tenant_id, id: run_id }, TURN_MS),
  };
}
