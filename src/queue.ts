import { servicesOf } from "./deps.ts";
import type { Execution } from "./domain/execution.ts";
import { describeError, log } from "./telemetry/log.ts";

/** Seconds before a record that could not be written is tried again. */
const RETRY_SECONDS = 5;

/** Writes the executions that their shard refused at first. Each message stands for itself: written and acknowledged, or tried again. */
export async function handleQueue(batch: MessageBatch<Execution>, env: Env): Promise<void> {
  const { executions } = servicesOf(env);
  await Promise.all(
    batch.messages.map(async (message) => {
      try {
        await executions.record(message.body);
        message.ack();
      } catch (error) {
        log("error", "usage_retry", { execution_id: message.body.id, error: describeError(error) });
        message.retry({ delaySeconds: RETRY_SECONDS });
      }
    }),
  );
}
