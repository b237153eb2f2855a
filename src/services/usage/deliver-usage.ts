import type { UsageMessage } from "../../domain/executions/usage-message.ts";
import type { Execution } from "../../domain/executions/execution.ts";
import { toUnknown } from "../../domain/executions/intent.ts";
import type { IntentsObject } from "../../domain/executions/intent-blocks.ts";
import { withTimeout } from "../../lib/deadline.ts";
import type { ExecutionRepository } from "../../storage/executions/executions.ts";
import { writeRecords, type WriteRecordsDeps } from "./write-records.ts";

/** What {@link deliverUsage} needs. */
export interface DeliverUsageDeps extends WriteRecordsDeps {
  executions: WriteRecordsDeps["executions"] & Pick<ExecutionRepository, "findEnded">;
  /** An object of intents of older versions, by its name. */
  intentsOf(object: string): Pick<IntentsObject, "forget">;
}

/** How long a share may take in a consumer, which has more time than a request, ms. */
const TIMEOUT_MS = 10_000;
/** The delays between the deliveries of a message: the first, and the longest, seconds. */
const RETRY_S = { first: 5, most: 600 };
/** How long a dead letter rests before it is tried again, seconds. */
const REDRIVE_S = 1_800;

/** What became of a message: null where all of it is on record, else the error that it met. */
export type Delivery = { error: unknown } | null;

/**
 * Writes what messages of the usage queue carry, with one write a share for up to 50 records,
 * whatever their messages. Returns what became of each message, in their order.
 */
export async function deliverUsage(deps: DeliverUsageDeps, messages: readonly UsageMessage[]): Promise<Delivery[]> {
  const carried = await Promise.allSettled(messages.map(async (message) => recordsOf(deps, message)));
  const records = carried.flatMap((each) => (each.status === "fulfilled" ? each.value : []));
  const unwritten = await writeRecords(deps, records, TIMEOUT_MS);
  const errors = new Map(unwritten.flatMap(({ executions, error }) => executions.map(({ id }) => [id, { error }])));
  return Promise.all(
    messages.map(async (message, index): Promise<Delivery> => {
      const own = carried[index];
      if (own?.status !== "fulfilled") return { error: own?.reason };
      const failed = own.value.find(({ id }) => errors.has(id));
      return failed ? (errors.get(failed.id) ?? null) : forgetIntents(deps, message);
    }),
  );
}

/** The records to write for a message: for intents, those of executions without a known end. */
async function recordsOf(deps: DeliverUsageDeps, message: UsageMessage): Promise<readonly Execution[]> {
  if (!("type" in message)) return [message];
  if (message.type === "executions") return message.executions;
  const { tenant_id, intents } = message;
  const ids = intents.map(({ id }) => id);
  const ended = await within(deps.executions.findEnded(tenant_id, ids));
  return intents.filter(({ id }) => !ended.has(id)).map((intent) => toUnknown(tenant_id, intent));
}

/** Tells the object of intents that they are resolved. */
async function forgetIntents(deps: DeliverUsageDeps, message: UsageMessage): Promise<Delivery> {
  if (!("type" in message) || message.type !== "resolve-intents" || !message.from) return null;
  const { object, blocks } = message.from;
  return within(deps.intentsOf(object).forget(blocks)).then(
    () => null,
    (error: unknown) => ({ error }),
  );
}

async function within<T>(work: Promise<T>): Promise<T> {
  return withTimeout(work, TIMEOUT_MS, () => new Error(`There was no answer within ${TIMEOUT_MS} ms.`));
}

/**
 * The delay before the next delivery of a message, seconds: twice as long each time, up to ten
 * minutes, and drawn from the upper half, so that a share that returns is not stormed. A hundred
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
