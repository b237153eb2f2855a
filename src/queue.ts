import { servicesOf, type Services } from "./deps/services.ts";
import type { UsageMessage } from "./domain/executions/usage-message.ts";
import type { Lane } from "./domain/lane.ts";
import type { WakeUp } from "./domain/batches/wake-up.ts";
import { isWebhookQueue, laneOfQueue } from "./services/batches/wake-ups.ts";
import { deliverAgainIn } from "./services/usage/deliver-usage.ts";
import { describeError, log } from "./telemetry/log.ts";

/** Seconds until a wake-up or a dead letter that failed is delivered again. */
const RETRY_SECONDS = 5;
/** The end of the name of the queue of usage messages that were delivered too often. */
const DEAD_USAGE = "-usage-dead";

/** What the queues carry: records of executions, or wake-ups. */
export type QueueMessage = UsageMessage | WakeUp;

/**
 * Handles the messages of a queue. Each one is acknowledged or retried on its own. A queue carries
 * one kind of message; its name says which.
 */
export async function handleQueue(batch: MessageBatch<QueueMessage>, env: Env): Promise<void> {
  const services = servicesOf(env);
  // A webhook has no lane; its wake-ups name no group.
  const lane = isWebhookQueue(batch.queue) ? "batch" : laneOfQueue(batch.queue);
  if (lane !== null) return eachMessage(batch as MessageBatch<WakeUp>, "wake_up_retry", wakeUp(services, lane));
  const usage = batch as MessageBatch<UsageMessage>;
  if (batch.queue.endsWith(DEAD_USAGE)) return eachMessage(usage, "usage_dead_retry", redriveUsage(services));
  return deliverUsage(services, usage);
}

/** Writes the records of all messages together. A message that failed comes again, ever later. */
async function deliverUsage(services: Services, { messages }: MessageBatch<UsageMessage>): Promise<void> {
  const deliveries = await services.deliverUsage(messages.map(({ body }) => body));
  for (const [index, message] of messages.entries()) {
    const delivery = deliveries[index];
    if (!delivery) {
      message.ack();
      continue;
    }
    const { attempts } = message;
    log("error", "usage_retry", { id: idOfUsage(message.body), attempts, error: describeError(delivery.error) });
    message.retry({ delaySeconds: deliverAgainIn(attempts, Math.random()) });
  }
}

/** Nothing is given up: a dead letter goes back to its queue, and the log says so. */
function redriveUsage(services: Services) {
  return (message: UsageMessage) => {
    log("error", "usage_dead", { id: idOfUsage(message) });
    return { id: idOfUsage(message), done: services.redriveUsage(message) };
  };
}

/** The first execution of a message. */
function idOfUsage(message: UsageMessage): string {
  if (!("type" in message)) return message.id;
  const [first] = message.type === "executions" ? message.executions : message.intents;
  return first?.id ?? "";
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

function wakeUp({ startInvocation, handleWakeUp }: Services, lane: Lane) {
  const invocation = startInvocation();
  return (message: WakeUp) => ({ id: idOf(message), done: handleWakeUp(lane, message, invocation) });
}

function idOf(message: WakeUp): string {
  if (message.type === "check") return `${message.tenant_id}/${message.key}`;
  if (message.type === "tests" || message.type === "chain") return message.run_id;
  return message.type === "webhook" && message.delivery ? message.delivery.id : message.batch_id;
}
