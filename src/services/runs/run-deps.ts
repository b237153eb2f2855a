import type { TracedRun } from "../../domain/traces/run-span.ts";
import type { Clock } from "../../lib/clock.ts";
import type { RunExecutionsDeps } from "./run-executions.ts";
import type { RunKey } from "../../storage/runs/run-repository.ts";

/** What work on runs needs of the runtime, whatever their kind. */
export interface RunDeps extends Clock, RunExecutionsDeps {
  /** How long the lease of a run lasts, ms; it is renewed while its worker lives. */
  leaseMs: number;
  /** Puts a run on the queue. A failure does no harm: the sweep wakes it again. */
  wake(key: RunKey): Promise<void>;
  /** Continues work behind the reply. */
  defer(work: Promise<unknown>): void;
  /** A token that identifies one lease, unique for ever. */
  newToken(): string;
  /** Calls `work` every `ms` milliseconds. Returns a function that stops it. */
  every(ms: number, work: () => void): () => void;
  /** Is told of each run that ends; quick, and never throws. */
  observeRun(run: TracedRun): void;
  /** Reports a failure in the background, under the name of its event. */
  onError(event: string, runId: string, error: unknown): void;
}
