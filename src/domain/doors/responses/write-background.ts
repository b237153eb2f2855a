import type { ExecutionError } from "../../executions/execution.ts";
import { timeOfId } from "../../id.ts";
import type { DoorAnswer, WireBody } from "../door.ts";
import { responseError, toResponse, writeResponse } from "./write-response.ts";

/** The states of the item that a response is made by, as its client is told of them. */
const STATUSES = {
  queued: "queued",
  running: "in_progress",
  succeeded: "in_progress",
  failed: "failed",
  cancelled: "cancelled",
} as const;

/** A response in the background as it stands. */
export interface BackgroundResponse {
  /** The execution's id. */
  id: string;
  state: keyof typeof STATUSES;
  /** Why it failed, where it did. */
  error: ExecutionError | null;
  /** What its answer repeats of the request. */
  asked: WireBody;
}

/**
 * The body of a response in the background; `answer` once there is one. One that has succeeded and
 * whose answer is not on record yet is in progress to its client.
 */
export function writeBackground({ id, state, error, asked }: BackgroundResponse, answer?: DoorAnswer): object {
  // The time is that of the id, so that it is the same in each answer.
  const head = { id, created_at: timeOfId(id), model: String(asked["model"]) };
  if (state === "succeeded" && answer) return writeResponse({ ...answer, created_at: head.created_at }, asked);
  const failure = error ? responseError(error.code, error.detail) : undefined;
  return toResponse(head, asked, { status: STATUSES[state], output: [], error: failure });
}
