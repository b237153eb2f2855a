import type { ChainWakeUp, QueueName } from "../../domain/batches/wake-up.ts";
import type { ExecutionRequest } from "../../domain/executions/execution-options.ts";
import type { TracedRun } from "../../domain/traces/run-span.ts";
import type { Clock } from "../../lib/clock.ts";
import type { ChainRunRepository } from "../../storage/chains/chain-runs.ts";
import type { ChainRepository } from "../../storage/chains/chains.ts";
import type { ExecutionRepository } from "../../storage/executions/executions.ts";
import type { RouteModel } from "../completions/route-model.ts";
import type { ExecutePrompt } from "../executions/execute-prompt.ts";
import type { ExecutionIds } from "../executions/execution-ids.ts";
import type { IdempotencyKeys } from "../executions/idempotency-keys.ts";
import type { ResolvePrompt } from "../prompts/resolve-prompt.ts";
import type { RecordUsage } from "../usage/record-usage.ts";

/** What the use cases of chains share. */
export interface ChainDeps extends Clock {
  chains: ChainRepository;
  runs: ChainRunRepository;
  executions: Pick<ExecutionRepository, "find">;
  execute: ExecutePrompt;
  ids: Pick<ExecutionIds, "next">;
  keys: IdempotencyKeys;
  resolve: ResolvePrompt;
  route: RouteModel;
  record: RecordUsage["now"];
  /** How long an execution may take, in ms. */
  timeLimit(request: ExecutionRequest): Promise<number>;
  queues: Record<QueueName, { sendBatch(messages: { body: ChainWakeUp }[]): Promise<unknown> }>;
  sleep(ms: number): Promise<void>;
  /** A random number in [0, 1). */
  random(): number;
  /** A token that identifies one lease, unique for ever. */
  newToken(): string;
  /** Calls `work` every `ms` milliseconds. Returns a function that stops it. */
  every(ms: number, work: () => void): () => void;
  /** Is told of each run that ends; quick, and never throws. */
  observeRun(run: TracedRun): void;
  /** Reports a failure in the background, under the name of its event. */
  onError(event: string, runId: string, error: unknown): void;
  settings: ChainSettings;
}

/** The deployment's settings for runs of chains: those of batches. Times in ms. */
export interface ChainSettings {
  /** How long a run's lease lasts; it is renewed while its worker lives. */
  leaseMs: number;
  /** The sweep wakes a run again after this time without a sign of life. */
  wakeAfterMs: number;
  /** How long a run stays stored after its end. */
  keptMs: number;
}
