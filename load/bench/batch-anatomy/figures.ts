import { table } from "../../harness/table.ts";
import { digits } from "../../harness/numbers.ts";

/** One delivery of messages to the consumer, Unix ms. Its deferred work was over by `last_call`: the end of its last call to any backend. */
export interface Invocation {
  queue: string;
  messages: number;
  began: number;
  /** When the handler returned; null while it runs. */
  returned: number | null;
  last_call: number;
  /** Items that it ended. */
  items: number;
}

/** What the timed Worker tells. Only calls that a consumer made, by name. `item_ms` is the time that all items took from claim to settlement, together. */
export interface Anatomy {
  invocations: Invocation[];
  calls: Record<string, { count: number; ms: number }>;
  items: { claimed: number; settled: number; item_ms: number };
}

/** The consumer's invocations of one queue, one line each: seconds since the first began. */
export function invocationTable(invocations: readonly Invocation[]): string {
  const [first] = invocations;
  const seconds = (at: number | null) => (at === null || !first ? "–" : ((at - first.began) / 1000).toFixed(2));
  const rows = invocations.map((one, index) => [
    String(index + 1),
    String(one.messages),
    String(one.items),
    seconds(one.began),
    seconds(one.returned),
    seconds(one.last_call),
    gapAfter(one, invocations[index + 1]),
  ]);
  return table([["#", "messages", "items", "began", "returned", "last call", "idle until next"], ...rows]);
}

/** The share of the time, from the first beginning to the last return, in which no handler ran. */
export function idleShare(invocations: readonly Invocation[]): number {
  let idle = 0;
  let busyUntil = invocations[0]?.began ?? 0;
  for (const { began, returned } of invocations) {
    idle += Math.max(0, began - busyUntil);
    busyUntil = Math.max(busyUntil, returned ?? busyUntil);
  }
  const whole = busyUntil - (invocations[0]?.began ?? 0);
  return whole > 0 ? idle / whole : 0;
}

/** Where an item's time goes: each backend's calls for one item, how long one takes, and what that makes of an item's time from claim to settlement. */
export function callTable({ calls, items }: Anatomy): string {
  const rows = Object.entries(calls)
    .toSorted(([, a], [, b]) => b.ms - a.ms)
    .map(([name, { count, ms }]) => [
      name,
      digits(count / items.settled),
      digits(ms / count),
      digits(ms / items.settled),
    ]);
  return table([["call", "for an item", "ms each", "ms for an item"], ...rows]);
}

function gapAfter({ returned }: Invocation, next: Invocation | undefined): string {
  return returned === null || !next ? "–" : ((next.began - returned) / 1000).toFixed(2);
}
