import type { TestRunRepository } from "../../storage/tests/test-runs.ts";
import type { RouteModel } from "../completions/route-model.ts";
import type { ExecutePrompt } from "../executions/execute-prompt.ts";
import type { IdempotencyKeys } from "../executions/idempotency-keys.ts";
import type { ResolvePrompt } from "../prompts/resolve-prompt.ts";
import type { RunDeps } from "../runs/run-deps.ts";
import type { PublishEvent } from "../webhooks/publish-event.ts";

/** What the use cases of test runs share. */
export interface TestDeps extends RunDeps {
  runs: TestRunRepository;
  execute: Pick<ExecutePrompt, "run">;
  resolve: ResolvePrompt;
  route: RouteModel;
  keys: IdempotencyKeys;
  /** Whether a tenant has a prompt of this name. */
  hasPrompt(tenantId: string, name: string): Promise<boolean>;
  publishEvent: PublishEvent;
  sleep(ms: number): Promise<void>;
  /** A random number in [0, 1). */
  random(): number;
  settings: {
    /** The model of our own judge. */
    judgeModel: string;
    /** Trials of a run at a time, at most. */
    concurrency: number;
  };
}
