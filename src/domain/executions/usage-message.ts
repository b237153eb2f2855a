import type { Execution } from "./execution.ts";
import type { ResolveIntents } from "./intent.ts";

/**
 * A message of the usage queue. A bare execution is the form of older versions, whose messages may
 * still be on the queue.
 */
export type UsageMessage = ExecutionsMessage | ResolveIntents | Execution;

/** Records that their shard did not take at first, many in one message. */
export interface ExecutionsMessage {
  type: "executions";
  executions: Execution[];
}
