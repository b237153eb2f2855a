import { type Lane, LANES } from "../../lane.ts";
import { LANE_RULES, type LaneWait } from "../lanes.ts";
import type { AcquireRequest } from "../protocol/messages.ts";

/** A wish that waits for its turn. `since` is when its first caller began to wait, `deadline` when that caller gives up, `answer_by` when to answer anyway. Epoch ms. */
export interface Waiter {
  ticket: string;
  request: AcquireRequest;
  asked_at: number;
  since: number;
  deadline: number;
  answer_by: number;
}

/** Wishes by lane, the one whose time runs out first at the head. */
export interface WaitQueue {
  add(waiter: Waiter): void;
  remove(waiter: Waiter): void;
  of(lane: Lane): readonly Waiter[];
  /** Lanes in which someone waits. */
  lanes(): Lane[];
  /** Callers that wait in a lane. */
  depth(lane: Lane): number;
  wait(lane: Lane, now: number): LaneWait;
  /** Takes out those whose time has run out. */
  takeOverdue(now: number): Waiter[];
  size(): number;
}

/** An empty queue. */
export function createWaitQueue(): WaitQueue {
  const queues: Record<Lane, Waiter[]> = { high: [], standard: [], batch: [] };
  const depths: Record<Lane, number> = { high: 0, standard: 0, batch: 0 };
  function remove(waiter: Waiter): void {
    const queue = queues[waiter.request.lane];
    const index = queue.indexOf(waiter);
    if (index < 0) return;
    queue.splice(index, 1);
    depths[waiter.request.lane] -= waiter.request.waiting;
  }
  return {
    add(waiter) {
      const queue = queues[waiter.request.lane];
      const behind = queue.findLastIndex((other) => other.deadline <= waiter.deadline);
      queue.splice(behind + 1, 0, waiter);
      depths[waiter.request.lane] += waiter.request.waiting;
    },
    remove,
    of: (lane) => queues[lane],
    lanes: () => LANES.filter((lane) => queues[lane].length > 0),
    depth: (lane) => depths[lane],
    wait(lane, now) {
      const head = queues[lane][0];
      const oldest_wait_ms = head ? Math.max(0, now - head.since) : 0;
      const patience_ms = head ? head.deadline - head.since : LANE_RULES[lane].timeout_ms;
      return { lane, oldest_wait_ms, patience_ms };
    },
    takeOverdue(now) {
      const overdue = LANES.flatMap((lane) => queues[lane].filter((waiter) => waiter.answer_by <= now));
      for (const waiter of overdue) remove(waiter);
      return overdue;
    },
    size: () => LANES.reduce((sum, lane) => sum + queues[lane].length, 0),
  };
}
