import { type Services, servicesOf } from "./deps/services.ts";
import type { Execution } from "./domain/executions/execution.ts";
import type { Lane } from "./domain/lane.ts";
import type { WakeUp } from "./domain/batches/wake-up.ts";
import { laneOfQueue } from "./services/batches/wake-ups.ts";
import { describeError, log } from "./telemetry/log.ts";

/** Seconds before a record that could not be written, or a wake-up that came to nothing, is tried again. */
const RETRY_SECONDS = 5;

/** What the queues carry: records that their shard refused at first, or wake-ups. */
export type QueueMessage = Execution | WakeUp;

/** Does what the messages of a queue ask for. Each message stands for itself: done and acknowledged, or tried again. */
export async function handleQueue(batch: MessageBatch<QueueMessage>, env: Env): Promise<void> {
  const services = servicesOf(env);
  const lane = laneOfQueue(batch.queue);
  // A queue carries one kind of message; its name tells which.
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

/** Writes the executions that their shard refused at first. */
function recordUsage({ recordDelivered }: Services) {
  return (execution: Execution) => ({ id: execution.id, done: recordDelivered(execution) });
}

function wakeUp({ handleWakeUps }: Services, lane: Lane) {
  const invocation = handleWakeUps.invocation();
  const idOf = (message: WakeUp) =>
    message.type === "check" ? `${message.tenant_id}/${message.key}` : message.batch_id;
  return (message: WakeUp) => ({ id: idOf(message), done: handleWakeUps.handle(lane, message, invocation) });
}
