import * as z from "zod";
import { HOUR_MS } from "../ledger/periods.ts";

/** The longest bucket, ms: a day, with room for a provider's month. */
const MAX_BUCKET_MS = 31 * 24 * HOUR_MS;

/** A count of an export. */
export const exportCount = z.int().min(0);

/** A name in an export: longer ones than the ledger keeps are no model's. */
export const exportName = z.string().min(1).max(200);

/** The same, where the provider says null unless it is asked to group by it. */
export function groupedName(field: string) {
  return z
    .string({
      error: (issue) => (issue.input === null ? `is null: ask the provider for group_by=${field}` : undefined),
    })
    .min(1)
    .max(300);
}

/** Whether a bucket has whole hours, which is how the ledger counts. Times are Unix ms. */
export function hasWholeHours({ from, to }: { from: number; to: number }): boolean {
  return from % HOUR_MS === 0 && to % HOUR_MS === 0 && to > from && to - from <= MAX_BUCKET_MS;
}

/** What is wrong with a bucket that has no whole hours. */
export const NO_WHOLE_HOURS = "must be a bucket of whole hours: ask the provider for bucket_width=1h or 1d";
