import { type Lane, LANES } from "../../lane.ts";
import { LANE_RULES, type LaneWait } from "../lanes.ts";
import { type AcquireRequest, LONGEST_ACQUIRE_MS } from "../protocol/messages.ts";

/**
 * An acquire request that the gate has not answered. Epoch ms: `since` its first caller waits,
 * `deadline` ends that caller's patience, `answer_by` is when the gate must answer.
 */
export interface PendingRequest {
  ticket: string;
  request: AcquireRequest;
  asked_at: number;
  since: number;
  deadline: number;
  answer_by: number;
}

/** A request that came `now`, to be answered under a ticket. */
export function pendingOf(request: AcquireRequest, ticket: string, now: number): PendingRequest {
  const { waited_ms, patience_ms, stay_ms } = request;
  return {
    ticket,
    request,
    asked_at: now,
    since: now - waited_ms,
    deadline: now + patience_ms,
    answer_by: patience_ms > 0 ? now + Math.min(stay_ms, LONGEST_ACQUIRE_MS) : Infinity,
  };
}

/**
 * Acquire requests that wait for an answer, by lane, the earliest deadline first. One without
 * patience comes last: what others wait for is not free.
 */
export class PendingRequests {
  readonly #queues: Record<Lane, PendingRequest[]> = { high: [], standard: [], batch: [] };
  readonly #callers: Record<Lane, number> = { high: 0, standard: 0, batch: 0 };

  add(pending: PendingRequest): void {
    const { lane, waiting, patience_ms } = pending.request;
    const queue = this.#queues[lane];
    const behind =
      patience_ms > 0 ? queue.findLastIndex((other) => other.deadline <= pending.deadline) : queue.length - 1;
    queue.splice(behind + 1, 0, pending);
    this.#callers[lane] += waiting;
  }

  remove(pending: PendingRequest): void {
    const { lane, waiting } = pending.request;
    const index = this.#queues[lane].indexOf(pending);
    if (index < 0) return;
    this.#queues[lane].splice(index, 1);
    this.#callers[lane] -= waiting;
  }

  /** Removes and returns the requests that must be answered now. */
  takeOverdue(now: number): PendingRequest[] {
    const overdue = LANES.flatMap((lane) => this.#queues[lane].filter(({ answer_by }) => answer_by <= now));
    for (const pending of overdue) this.remove(pending);
    return overdue;
  }

  of(lane: Lane): readonly PendingRequest[] {
    return this.#queues[lane];
  }

  /** All requests, the more important lanes first. */
  all(): PendingRequest[] {
    return LANES.flatMap((lane) => this.#queues[lane]);
  }

  /** The first request of the most important lane that has one. */
  first(): PendingRequest | undefined {
    return LANES.flatMap((lane) => this.#queues[lane][0] ?? [])[0];
  }

  /** Lanes that have a request. */
  lanes(): Lane[] {
    return LANES.filter((lane) => this.#queues[lane].length > 0);
  }

  /** Callers that wait in a lane, over all its requests. */
  callers(lane: Lane): number {
    return this.#callers[lane];
  }

  wait(lane: Lane, now: number): LaneWait {
    const head = this.#queues[lane][0];
    const oldest_wait_ms = head ? Math.max(0, now - head.since) : 0;
    const patience_ms = head ? head.deadline - head.since : LANE_RULES[lane].timeout_ms;
    return { lane, oldest_wait_ms, patience_ms };
  }

  /** The number of requests. */
  get size(): number {
    return LANES.reduce((sum, lane) => sum + this.#queues[lane].length, 0);
  }
}
