import { type Services, servicesOf } from "./deps/services.ts";
import type { Execution } from "./domain/executions/execution.ts";
import type { Lane } from "./domain/lane.ts";
import type { WakeUp } from "./domain/batches/wake-up.ts";
import { laneOfQueue } from "./services/batches/wake-ups.ts";
import { describeError, log } from "./telemetry/log.ts";

/** Seconds until a message that failed is delivered again. */
const RETRY_SECONDS = 5;

/** What the queues carry: executions that their shard did not take at first, or wake-ups. */
export type QueueMessage = Execution | WakeUp;

/** Handles the messages of a queue. Each one is acknowledged or retried on its own. */
export async function handleQueue(batch: MessageBatch<QueueMessage>, env: Env): Promise<void> {
  const services = servicesOf(env);
  const lane = laneOfQueue(batch.queue);
  // A queue carries one kind of message; the queue's name says which.
  if (lane === null) return eachMessage(batch as MessageBatch<Execution>, "usage_retry", recordUsage(services));
  return eachMessage(batch as MessageBatch<WakeUp>, "wake_up_retry", wakeUp(services, lane));
}

async function eachMessage<T>(
  batch: MessageBatch<T>,
  event: string,
  work: (body: T) => { id: string; done: Promise<void> },
): Promise<void> {
  await Promise.all(
    batch.messages.map(async (message) => {
      const { id, done } = work(message.body);
      try {
        await done;
        message.ack();
      } catch (error) {
        log("error", event, { id, error: describeError(error) });
        message.retry({ delaySeconds: RETRY_SECONDS });
      }
    }),
  );
}

/** Writes executions that their shard did not take at first. */
function recordUsage({ recordDelivered }: Services) {
  return (execution: Execution) => ({ id: execution.id, done: recordDelivered(execution) });
}

function wakeUp({ startInvocation, handleWakeUp }: Services, lane: Lane) {
  const invocation = startInvocation();
  return (message: WakeUp) => ({ id: idOf(message), done: handleWakeUp(lane, message, invocation) });
}

function idOf(message: WakeUp): string {
  return message.type === "check" ? `${message.tenant_id}/${message.key}` : message.batch_id;
}
