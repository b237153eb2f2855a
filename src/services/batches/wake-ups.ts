import { type Lane, LANES } from "../../domain/lane.ts";
import type { BatchWakeUp } from "../../domain/batches/wake-up.ts";

/** Sends wake-ups of batches into a lane's queue. Throws what the queue throws; nothing is lost by that, the sweep sends them again. */
export type SendWakeUps = (lane: Lane, wakeUps: readonly BatchWakeUp[], delayMs?: number) => Promise<void>;

/** What a queue takes of these. */
export interface WakeUpQueue {
  sendBatch(messages: Array<{ body: BatchWakeUp; delaySeconds: number }>): Promise<unknown>;
}

/** Queues take so many messages a send. */
const MESSAGES_A_SEND = 100;
/** The longest delay that a queue takes: 12 hours. */
const LONGEST_DELAY_S = 43_200;

/** The service over the lanes' queues. */
export function createSendWakeUps(queues: Record<Lane, WakeUpQueue>): SendWakeUps {
  return async function sendWakeUps(lane, wakeUps, delayMs = 0) {
    const delaySeconds = Math.min(LONGEST_DELAY_S, Math.ceil(delayMs / 1000));
    for (let at = 0; at < wakeUps.length; at += MESSAGES_A_SEND) {
      const messages = wakeUps.slice(at, at + MESSAGES_A_SEND).map((body) => ({ body, delaySeconds }));
      await queues[lane].sendBatch(messages);
    }
  };
}

/** The lane whose queue this is, by its name `…-executions-<lane>`; null for any other. */
export function laneOfQueue(name: string): Lane | null {
  return LANES.find((lane) => name.endsWith(`-executions-${lane}`)) ?? null;
}
