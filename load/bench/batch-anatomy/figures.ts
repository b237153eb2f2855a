import { digits } from "../../harness/numbers.ts";
import { table } from "../../harness/table.ts";

/** One delivery of messages to the queue consumer. Times in Unix ms. */
export interface Invocation {
  queue: string;
  messages: number;
  began: number;
  /** When the handler returned; null while it runs. */
  returned: number | null;
  /** The end of its last backend call, which may be behind its return (`waitUntil`). */
  last_call: number;
  /** The number of items that it settled. */
  items: number;
}

/** The answer of the timed Worker. It covers the calls of the queue consumer only. */
export interface Anatomy {
  invocations: Invocation[];
  calls: Record<string, { count: number; ms: number }>;
  /** `item_ms` is the sum over all items of the time from claim to settlement. */
  items: { claimed: number; settled: number; item_ms: number };
}

/** The invocations of one queue, one a line, in seconds since the first began. */
export function invocationTable(invocations: readonly Invocation[]): string {
  const [first] = invocations;
  const seconds = (at: number | null) => (at === null || !first ? "–" : ((at - first.began) / 1000).toFixed(2));
  const rows = invocations.map((each, index) => [
    String(index + 1),
    String(each.messages),
    String(each.items),
    seconds(each.began),
    seconds(each.returned),
    seconds(each.last_call),
    gapAfter(each, invocations[index + 1]),
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

/** For each kind of backend call: calls per item, ms of one call, ms per item. */
export function callTable({ calls, items }: Anatomy): string {
  const rows = Object.entries(calls)
    .toSorted(([, a], [, b]) => b.ms - a.ms)
    .map(([name, { count, ms }]) => [
      name,
      digits(count / items.settled),
      digits(ms / count),
      digits(ms / items.settled),
    ]);
  return table([["call", "per item", "ms each", "ms per item"], ...rows]);
}

function gapAfter({ returned }: Invocation, next: Invocation | undefined): string {
  return returned === null || !next ? "–" : ((next.began - returned) / 1000).toFixed(2);
}
