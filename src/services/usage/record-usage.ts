import type { Execution } from "../../domain/executions/execution.ts";
import type { RecordedTimeline } from "../../domain/executions/timeline.ts";
import type { ExecutionsMessage } from "../../domain/executions/usage-message.ts";
import { withTimeout } from "../../lib/deadline.ts";
import { packMessages } from "./fit-record.ts";
import { RecordBehind, type RecordBehindDeps } from "./record-behind.ts";
import { WaitingRecords, type WaitingRecordsDeps } from "./waiting-records.ts";
import { type UnwrittenRecords, writeRecords, type WriteRecordsDeps } from "./write-records.ts";

/**
 * Records executions exactly once: in their share of the ledger, or, while it does not take them
 * in time, on the queue, whose consumer writes them later.
 */
export interface RecordUsage {
  /**
   * Records an execution before the response. Throws only if the share and the queue both refuse
   * it.
   */
  now: (execution: Execution) => Promise<void>;
  /**
   * Records executions that end together, with one write a share. If it throws, some may be
   * recorded.
   */
  all: (executions: readonly Execution[]) => Promise<void>;
  /**
   * Records an execution behind the response: soon, or along with the intents of the tenant's next
   * execution. What it did when is folded then, and not on the way to its reply.
   */
  later(execution: Execution, timeline?: () => RecordedTimeline): void;
  /** Writes what waits of a tenant in this isolate, so that a read that follows sees it. */
  flush: (tenantId: string) => Promise<void>;
  /** The records that wait, for calls that take them along. */
  readonly waiting: WaitingRecords;
}

/** The dependencies of {@link createRecordUsage}. */
export interface RecordUsageDeps
  extends WriteRecordsDeps, Omit<RecordBehindDeps, "write" | "waiting">, Pick<WaitingRecordsDeps, "onLost"> {
  queue: { send(message: ExecutionsMessage): Promise<unknown> };
  /** Called when records go to the queue, with the error of their share. */
  onDeferred(records: UnwrittenRecords): void;
  /** How long a share, and then the queue, may take, ms. */
  timeoutMs: number;
}

/** Creates a {@link RecordUsage} over the repository and the queue. */
export function createRecordUsage(deps: RecordUsageDeps): RecordUsage {
  const all = async (executions: readonly Execution[]) => writeOrQueue(deps, executions);
  const waiting = new WaitingRecords({ ...deps, callMs: 2 * deps.timeoutMs + 1_000 });
  const behind = new RecordBehind({ ...deps, waiting, write: all });
  return {
    now: async (execution) => all([execution]),
    all,
    later: (execution, timeline) => behind.add(execution, timeline),
    flush: async (tenantId) => behind.flush(tenantId),
    waiting,
  };
}

async function writeOrQueue(deps: RecordUsageDeps, executions: readonly Execution[]): Promise<void> {
  const unwritten = await writeRecords(deps, executions, deps.timeoutMs);
  if (unwritten.length === 0) return;
  for (const records of unwritten) deps.onDeferred(records);
  const messages = packMessages(unwritten.flatMap((records) => records.executions));
  const silent = () => new Error(`The usage queue did not answer within ${deps.timeoutMs} ms.`);
  await Promise.all(messages.map(async (message) => withTimeout(deps.queue.send(message), deps.timeoutMs, silent)));
}
