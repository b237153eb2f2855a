import * as z from "zod";
import { batchStatus } from "../../domain/batches/batch.ts";
import type { BatchResult } from "../../services/batches/read-batch.ts";
import type { BatchRecord } from "../../storage/batches/batches.ts";
import { executionView, toExecutionView, usd } from "../executions/execution-views.ts";
import { rfc3339 } from "../router.ts";

const count = z.int().min(0);

/** A batch on the wire. Money in USD. */
export const batchView = z.object({
  id: z.string(),
  status: z.enum(["queued", "running", "completed", "cancelled", "failed"]),
  counts: z.object({
    total: count,
    queued: count,
    running: count,
    succeeded: count,
    failed: count,
    cancelled: count,
  }),
  cost_usd: z.number().nullable().describe("What its executions have cost so far"),
  max_cost_usd: z.number().nullable(),
  mode: z.enum(["queue", "provider"]),
  prompt: z.object({ name: z.string(), version: z.int() }),
  webhook: z.object({ url: z.string() }).nullable(),
  created_at: z.string(),
  ended_at: z.string().nullable(),
});

/** One line of the results. */
export const resultView = z.object({
  custom_id: z.string().nullable(),
  index: count,
  status: z.enum(["queued", "running", "succeeded", "failed", "cancelled"]),
  execution: executionView.optional().describe("Items that are equal share one"),
  error: z.object({ code: z.string(), detail: z.string() }).optional(),
});

/** The wire's form of a batch. */
export function toBatchView(record: BatchRecord): z.infer<typeof batchView> {
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

/** The wire's form of a result. */
export function toResultView({ item, execution }: BatchResult): z.infer<typeof resultView> {
  return {
    custom_id: item.custom_id,
    index: item.position,
    status: item.state,
    ...(execution ? { execution: toExecutionView(execution) } : {}),
    ...(item.error && item.state === "failed" ? { error: item.error } : {}),
  };
}
