import type { BatchReply } from "../../../client/batches.ts";

/** How many items of a batch stand how. */
export type Counts = BatchReply["counts"];

/** The states of an item in the order in which a bar shows them. */
export const ITEM_STATES = ["succeeded", "failed", "cancelled", "running", "queued"] as const;

/** One of {@link ITEM_STATES}. */
export type BatchItemState = (typeof ITEM_STATES)[number];

/** The states that an item does not leave by itself. */
const ENDED: ReadonlySet<BatchItemState> = new Set<BatchItemState>(["succeeded", "failed", "cancelled"]);

/** How many items have ended. */
export function endedOf(counts: Counts): number {
  return ITEM_STATES.filter((state) => ENDED.has(state)).reduce((sum, state) => sum + counts[state], 0);
}

/** The counts in words, without those of 0: `12 succeeded, 1 failed`. */
export function countsText(counts: Counts): string {
  const parts = ITEM_STATES.filter((state) => counts[state] > 0).map((state) => `${counts[state]} ${state}`);
  return parts.length === 0 ? "no items" : parts.join(", ");
}

/** Whether a batch will be something else soon. */
export function isOpen({ status, counts }: Pick<BatchReply, "status" | "counts">): boolean {
  return status === "queued" || status === "running" || (status === "cancelled" && counts.running > 0);
}
