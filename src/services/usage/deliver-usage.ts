import type { UsageMessage } from "../../domain/executions/usage-message.ts";
import type { Execution } from "../../domain/executions/execution.ts";
import { writeRecords, type WriteRecordsDeps } from "./write-records.ts";

/** What {@link deliverUsage} needs. */
export type DeliverUsageDeps = WriteRecordsDeps;

/** How long a shard may take in a consumer, which has more time than a request, ms. */
const TIMEOUT_MS = 10_000;
/** The delays between the deliveries of a message: the first, and the longest, seconds. */
const RETRY_S = { first: 5, most: 600 };
/** How long a dead letter rests before it is tried again, seconds. */
const REDRIVE_S = 1_800;

/** What became of a message: null where all of it is on record, else the error that it met. */
export type Delivery = { error: unknown } | null;

/**
 * Writes what messages of the usage queue carry, with one write a shard for up to 50 records,
 * whatever their messages. Returns what became of each message, in their order.
 */
export async function deliverUsage(deps: DeliverUsageDeps, messages: readonly UsageMessage[]): Promise<Delivery[]> {
  const carried = messages.map(executionsOf);
  const unwritten = await writeRecords(deps, carried.flat(), TIMEOUT_MS);
  const errors = new Map(unwritten.flatMap(({ executions, error }) => executions.map(({ id }) => [id, { error }])));
  return carried.map((executions) => {
    const failed = executions.find(({ id }) => errors.has(id));
    return failed ? (errors.get(failed.id) ?? null) : null;
  });
}

function executionsOf(message: UsageMessage): Execution[] {
  return "type" in message ? message.executions : [message];
}

/**
 * The delay before the next delivery of a message, seconds: twice as long each time, up to ten
 * minutes, and drawn from the upper half, so that a shard that returns is not stormed. A hundred
 * deliveries take at least seven hours.
 */
export function deliverAgainIn(attempts: number, roll: number): number {
  return jittered(Math.min(RETRY_S.most, RETRY_S.first * 2 ** Math.min(attempts - 1, 20)), roll);
}

/** The delay before a dead letter is delivered again, seconds. */
export function redriveIn(roll: number): number {
  return jittered(REDRIVE_S, roll);
}

function jittered(seconds: number, roll: number): number {
  return Math.ceil(seconds * (0.5 + roll / 2));
}
