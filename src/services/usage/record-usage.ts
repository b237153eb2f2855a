import type { Execution } from "../../domain/executions/execution.ts";
import type { ExecutionRepository } from "../../storage/executions/executions.ts";

/** Characters of an answer that a D1 row (2 MB) keeps, and that a queue's message (128 KB) carries: at most four bytes each, and room for the rest. */
const ROW_TEXT = 400_000;
const MESSAGE_TEXT = 20_000;

/** Records executions exactly once: in their shard, or, while that shard takes no writes, on the queue whose consumer writes them later. */
export interface RecordUsage {
  /** Records before the reply. Throws only where both the shard and the queue refuse. */
  now: (execution: Execution) => Promise<void>;
  /** The same for many that end together: one write a shard. Where it throws, those that were written are on record all the same. */
  all: (executions: readonly Execution[]) => Promise<void>;
  /** Records behind the reply, together with what else ends in the same moment: one write a shard. */
  later(execution: Execution): void;
}

/** What {@link createRecordUsage} needs. */
export interface RecordUsageDeps {
  executions: Pick<ExecutionRepository, "record" | "recordAll">;
  queue: { send(execution: Execution): Promise<unknown> };
  onDeferred: (id: string, error: unknown) => void;
  /** Lets work go on behind the reply. */
  defer: (work: Promise<unknown>) => void;
  sleep: (ms: number) => Promise<void>;
}

/** How long an execution that ended waits for others to be written with, milliseconds; and how many are written at once. */
const GATHER_MS = 10;
const MOST_AT_ONCE = 50;

/** The service over the repository and the queue. */
export function createRecordUsage({ executions, queue, onDeferred, defer, sleep }: RecordUsageDeps): RecordUsage {
  let ended: Execution[] = [];

  async function now(execution: Execution): Promise<void> {
    try {
      await executions.record(fit(execution, ROW_TEXT));
    } catch (error) {
      onDeferred(execution.id, error);
      await queue.send(fit(execution, MESSAGE_TEXT));
    }
  }

  async function all(many: readonly Execution[]): Promise<void> {
    for (let at = 0; at < many.length; at += MOST_AT_ONCE) {
      const some = many.slice(at, at + MOST_AT_ONCE);
      // One row that cannot be written must not take the others with it: then each is written for itself.
      await executions
        .recordAll(some.map((execution) => fit(execution, ROW_TEXT)))
        .catch(async () => Promise.all(some.map(now)));
    }
  }

  async function gather(): Promise<void> {
    await sleep(GATHER_MS);
    const some = ended;
    ended = [];
    await all(some);
  }

  return {
    now,
    all,
    later(execution) {
      ended.push(execution);
      // Each sees to it that all is written: whoever comes first does it, and nobody relies on a request that may have been cut off.
      defer(gather());
    },
  };
}

/** The execution with no more of its answer than `length` characters; tokens, cost and outcome are never cut. */
function fit(execution: Execution, length: number): Execution {
  if (execution.output === null || execution.output.length <= length) return execution;
  const { output_json: _dropped, ...rest } = execution;
  return { ...rest, output: execution.output.slice(0, length).toWellFormed(), output_truncated: true };
}
