import * as z from "zod";
import { BATCH_STATUSES, batchStatus } from "../../domain/batches/batch.ts";
import type { ListedBatch } from "../../domain/batches/batch-record.ts";
import type { ItemResult } from "../../services/batches/read-batch.ts";
import { executionView, toExecutionView, usd } from "../executions/execution-views.ts";
import { rfc3339 } from "../router.ts";

const count = z.int().min(0);

/** A batch in the HTTP API. Money in US dollars. */
export const batchView = z.object({
  id: z.string(),
  status: z.enum(BATCH_STATUSES),
  counts: z.object({
    total: count,
    queued: count,
    running: count,
    succeeded: count,
    failed: count,
    cancelled: count,
  }),
  cost_usd: z.number().nullable().describe("Cost of its executions so far"),
  max_cost_usd: z.number().nullable(),
  mode: z.enum(["queue", "provider"]),
  prompt: z.object({ name: z.string(), version: z.int() }),
  webhook: z.object({ url: z.string() }).nullable(),
  created_at: z.string(),
  ended_at: z.string().nullable(),
});

/** One line of the results (NDJSON). */
export const resultView = z.object({
  custom_id: z.string().nullable(),
  index: count,
  status: z.enum(["queued", "running", "succeeded", "failed", "cancelled"]),
  execution: executionView.optional().describe("Items with equal variables share one execution"),
  error: z.object({ code: z.string(), detail: z.string() }).optional(),
});

/** Converts a batch to its form in the HTTP API. */
export function toBatchView(record: ListedBatch): z.infer<typeof batchView> {
  const { id, counts, state, request, mode, webhook_url } = record;
  return {
    id,
    status: batchStatus(counts, state === "cancelled"),
    counts,
    cost_usd: usd(record.cost_nanousd),
    max_cost_usd: usd(record.max_cost_nanousd),
    mode,
    prompt: { name: request?.prompt.name ?? "", version: request?.prompt.version ?? 0 },
    webhook: webhook_url === null ? null : { url: webhook_url },
    created_at: rfc3339(record.created_at),
    ended_at: record.ended_at === null ? null : rfc3339(record.ended_at),
  };
}

/** Converts an item's result to its form in the HTTP API. */
export function toResultView({ item, execution }: ItemResult): z.infer<typeof resultView> {
  return {
    custom_id: item.custom_id,
    index: item.position,
    status: item.state,
    ...(execution ? { execution: toExecutionView(execution) } : {}),
    ...(item.error && item.state === "failed" ? { error: item.error } : {}),
  };
}
