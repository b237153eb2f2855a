import { HISTOGRAM_WIDTH } from "./histogram.ts";

/** A part of a row: a sum, or a histogram of milliseconds whose first bound is given. */
type Slot = readonly [name: string, firstMs?: number];

/** What is counted together: by which labels, and which numbers. */
interface Family {
  labels: readonly string[];
  /** In the order in which rows have them: a new one goes to the end. */
  slots: readonly Slot[];
}

/**
 * What isolates count. Executions are told apart by all of their labels at once, so that one
 * look-up finds the row that an execution is added to; metrics add up the rows that they do not
 * tell apart.
 */
export const FAMILIES = {
  executions: {
    labels: ["prompt", "model", "lane", "outcome", "source"],
    slots: [
      ["executions"],
      ["within_sla"],
      ["cost_nanousd"],
      ["saved_nanousd"],
      ["duration", 10],
      ["overhead", 0.5],
      ["gate_wait", 1],
      ["first_token", 10],
    ],
  },
  attempts: {
    labels: ["provider", "model", "outcome"],
    slots: [
      ["attempts"],
      ["input"],
      ["output"],
      ["cache_read"],
      ["cache_write"],
      ["reasoning"],
      ["duration", 10],
      ["first_chunk", 10],
    ],
  },
  requests: { labels: ["route", "method", "status"], slots: [["requests"], ["duration", 1]] },
  backends: { labels: ["backend", "outcome"], slots: [["calls"], ["duration", 1]] },
  throttled: { labels: [], slots: [["requests"]] },
  feedback: { labels: [], slots: [["scores"], ["score"]] },
  isolates: { labels: [], slots: [["started"]] },
} as const satisfies Record<string, Family>;

/** One of {@link FAMILIES}. */
export type FamilyName = keyof typeof FAMILIES;

/** The name of a number of a family. */
export type SlotOf<F extends FamilyName> = (typeof FAMILIES)[F]["slots"][number][0];

/** Where a slot is in the rows of its family, and the first bound of its histogram. */
export interface SlotPlace {
  at: number;
  /** In ms; absent for a sum. */
  firstMs?: number;
}

/** Where the slots of a family are. */
function placesIn(slots: readonly Slot[]): Record<string, SlotPlace> {
  let at = 0;
  const places: Record<string, SlotPlace> = {};
  for (const [name, firstMs] of slots) {
    places[name] = firstMs === undefined ? { at } : { at, firstMs };
    at += firstMs === undefined ? 1 : HISTOGRAM_WIDTH;
  }
  return places;
}

/** Where each slot of each family is. */
export const PLACES = Object.fromEntries(
  Object.entries(FAMILIES).map(([family, { slots }]) => [family, placesIn(slots)]),
) as { [F in FamilyName]: Record<SlotOf<F>, SlotPlace> };
