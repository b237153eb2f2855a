import type { Execution } from "../../domain/executions/execution.ts";
import type { ExecutionRepository } from "../../storage/executions/executions.ts";

/**
 * The longest answer, in characters, that a D1 row (2 MB) and a queue message (128 KB) can hold. A
 * character takes up to four bytes, and the other fields need room.
 */
const MAX_ROW_TEXT = 400_000;
const MAX_MESSAGE_TEXT = 20_000;

/**
 * Records executions exactly once: in their shard, or, while the shard takes no writes, on the
 * queue, whose consumer writes them later.
 */
export interface RecordUsage {
  /**
   * Records an execution before the response. Throws only if the shard and the queue both refuse
   * it.
   */
  now: (execution: Execution) => Promise<void>;
  /**
   * Records executions that end together, with one write a shard. If it throws, some may be
   * recorded.
   */
  all: (executions: readonly Execution[]) => Promise<void>;
  /**
   * Records an execution behind the response, in one write a shard with others that end at the same
   * time.
   */
  later(execution: Execution): void;
}

/** The dependencies of {@link createRecordUsage}. */
export interface RecordUsageDeps {
  executions: Pick<ExecutionRepository, "record" | "recordAll">;
  queue: { send(execution: Execution): Promise<unknown> };
  /** Called when an execution goes to the queue, with the error of its shard. */
  onDeferred: (id: string, error: unknown) => void;
  /** Continues work behind the response. */
  defer: (work: Promise<unknown>) => void;
  sleep: (ms: number) => Promise<void>;
}

/** How long an execution waits for others to share its write, milliseconds. */
const GATHER_MS = 10;
/** The most executions of one write. */
const MAX_WRITE = 50;

/** Creates a {@link RecordUsage} over the repository and the queue. */
export function createRecordUsage({ executions, queue, onDeferred, defer, sleep }: RecordUsageDeps): RecordUsage {
  let ended: Execution[] = [];

  async function now(execution: Execution): Promise<void> {
    try {
      await executions.record(fit(execution, MAX_ROW_TEXT));
    } catch (error) {
      onDeferred(execution.id, error);
      await queue.send(fit(execution, MAX_MESSAGE_TEXT));
    }
  }

  async function all(many: readonly Execution[]): Promise<void> {
    for (let at = 0; at < many.length; at += MAX_WRITE) {
      const some = many.slice(at, at + MAX_WRITE);
      // One row that cannot be written must not lose the others, so each is then written by itself.
      await executions
        .recordAll(some.map((execution) => fit(execution, MAX_ROW_TEXT)))
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
      // Every request writes all waiting executions, because the request that began the wait may be
      // cut off.
      defer(gather());
    },
  };
}

/**
 * The execution with at most `length` characters of its answer. Tokens, cost and outcome are never
 * cut.
 */
function fit(execution: Execution, length: number): Execution {
  if (execution.output === null || execution.output.length <= length) return execution;
  const { output_json: _dropped, ...rest } = execution;
  return { ...rest, output: execution.output.slice(0, length).toWellFormed(), output_truncated: true };
}
