import type { Execution } from "../../domain/executions/execution.ts";
import type { RecordUsage } from "../usage/record-usage.ts";

/** The pauses between the tries to record an execution, in ms. Its lease is renewed meanwhile. */
const RECORD_PAUSES_MS = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000];

/**
 * Records an execution that is paid for. It would be paid for again by the next run of its work, so
 * shards and queue that both refuse the record are given a minute.
 */
export async function recordPaid(
  deps: { sleep(ms: number): Promise<void> },
  record: RecordUsage["now"],
  execution: Execution,
): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return await record(execution);
    } catch (error) {
      const pause = RECORD_PAUSES_MS[tries];
      if (pause === undefined) throw error;
      await deps.sleep(pause);
    }
  }
}
