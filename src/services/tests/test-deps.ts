import type { Clock } from "../../lib/clock.ts";
import type { ExecutionRepository } from "../../storage/executions/executions.ts";
import type { TestRunKey, TestRunRepository } from "../../storage/tests/test-runs.ts";
import type { ExecutePrompt } from "../executions/execute-prompt.ts";
import type { ResolvePrompt } from "../prompts/resolve-prompt.ts";
import type { PublishEvent } from "../webhooks/publish-event.ts";

/** What the use cases of test runs share. */
export interface TestDeps extends Clock {
  runs: TestRunRepository;
  executions: Pick<ExecutionRepository, "find">;
  execute: Pick<ExecutePrompt, "run">;
  resolve: ResolvePrompt;
  /** Whether a tenant has a prompt of this name. */
  hasPrompt(tenantId: string, name: string): Promise<boolean>;
  publishEvent: PublishEvent;
  /** Puts a run on the queue. A failure does no harm: the sweep wakes it again. */
  wake(key: TestRunKey): Promise<void>;
  /** Continues work behind the reply. */
  defer(work: Promise<unknown>): void;
  /** A random number in [0, 1). */
  random(): number;
  /** A token that identifies one lease, unique for ever. */
  newToken(): string;
  /** Calls `work` every `ms` milliseconds. Returns a function that stops it. */
  every(ms: number, work: () => void): () => void;
  /** Reports a failure in the background, under the name of its event. */
  onError(event: string, runId: string, error: unknown): void;
  settings: {
    /** The model of our own judge. */
    judgeModel: string;
    /** Trials of a run at a time, at most. */
    concurrency: number;
  };
}
