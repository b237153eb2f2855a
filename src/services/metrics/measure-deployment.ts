import type { Measured } from "../../domain/metrics/exposition.ts";
import type { Readiness } from "../system/check-readiness.ts";

/** How much waits in a queue. The time is that of the oldest message, where there is one. */
export interface QueueBacklog {
  backlogCount: number;
  backlogBytes: number;
  oldestMessageTimestamp?: Date;
}

/** The backlog of a queue. `now` in Unix ms. */
export function measureQueue(queue: string, backlog: QueueBacklog, now: number): Measured[] {
  const oldest = backlog.oldestMessageTimestamp?.getTime() ?? now;
  return [
    { metric: "queueMessages", labels: [queue], value: backlog.backlogCount },
    { metric: "queueBytes", labels: [queue], value: backlog.backlogBytes },
    { metric: "queueOldest", labels: [queue], value: Math.max(0, now - oldest) / 1000 },
  ];
}

/** Which parts of the platform answer. */
export function measureReadiness({ checks }: Readiness): Measured[] {
  return Object.entries(checks).map(([backend, state]) => ({
    metric: "backendUp",
    labels: [backend],
    value: state === "ok" ? 1 : 0,
  }));
}
