import { type Lane, LANES } from "../../domain/lane.ts";
import type { BatchWakeUp, GroupKey, GroupWakeUp, QueueName } from "../../domain/batches/wake-up.ts";
import type { WakeTimes } from "../../storage/batches/group-line.ts";
import type { BatchDeps } from "./batch-deps.ts";

/** Maximum messages in one send. */
const MESSAGES_A_SEND = 100;
/** The longest delay that a queue takes: 12 hours. */
const LONGEST_DELAY_S = 43_200;

/**
 * Sends wake-ups of batches to a queue. Throws what the queue throws; nothing is lost then,
 * because the sweep sends them again.
 */
export async function sendWakeUps(
  { queues }: Pick<BatchDeps, "queues">,
  queue: QueueName,
  wakeUps: readonly BatchWakeUp[],
  delayMs = 0,
): Promise<void> {
  const delaySeconds = Math.min(LONGEST_DELAY_S, Math.ceil(delayMs / 1000));
  for (let at = 0; at < wakeUps.length; at += MESSAGES_A_SEND) {
    const messages = wakeUps.slice(at, at + MESSAGES_A_SEND).map((body) => ({ body, delaySeconds }));
    await queues[queue].sendBatch(messages);
  }
}

/** Sends wake-ups of committed work. A failure is only reported: the sweep sends them again. */
export async function sendWakeUpsOrReport(
  deps: Pick<BatchDeps, "queues" | "onError">,
  batchId: string,
  queue: QueueName,
  wakeUps: readonly BatchWakeUp[],
): Promise<void> {
  await sendWakeUps(deps, queue, wakeUps).catch((error: unknown) => deps.onError("wake_up_unsent", batchId, error));
}

/** The wake-ups of groups. */
export function groupWakeUps(groups: readonly GroupKey[]): GroupWakeUp[] {
  return groups.map(({ tenant_id, batch_id, group }) => ({ type: "group", tenant_id, batch_id, group }));
}

/** When the sweep repeats a wake-up that is sent now. */
export function wakeTimes({ now, settings }: Pick<BatchDeps, "now" | "settings">): WakeTimes {
  return { now: now(), wakeAt: now() + settings.wakeAfterMs };
}

/** Whether a queue carries the wake-ups of webhooks, from its name. */
export function isWebhookQueue(name: string): boolean {
  return name.endsWith("-webhooks");
}

/** The lane of a queue, from its name `…-executions-<lane>`; null for any other queue. */
export function laneOfQueue(name: string): Lane | null {
  return LANES.find((lane) => name.endsWith(`-executions-${lane}`)) ?? null;
}
