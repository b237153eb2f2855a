import * as z from "zod";
import {
  CACHED_FROM,
  EXECUTION_STATUSES,
  type Execution,
  type RecordedExecution,
} from "../../domain/executions/execution.ts";
import { MODEL_TIERS } from "../../domain/completions/model-tiers.ts";
import { rfc3339 } from "../router.ts";

const NANOUSD_PER_USD = 1e9;

/**
 * The reply to an execution. Money in USD, null where the model has no known price; durations in
 * ms.
 */
export const executionView = z.object({
  id: z.string(),
  status: z
    .enum(EXECUTION_STATUSES)
    .describe("`unknown`: its end was never recorded, so it counts at what was reserved"),
  output: z.string().nullable(),
  output_json: z.unknown().optional(),
  model: z.string().nullable(),
  provider: z.string().nullable(),
  usage: z.object({
    prompt_tokens: z.int(),
    completion_tokens: z.int(),
    total_tokens: z.int(),
    estimated: z.boolean().optional().describe("True where the provider sent no usage"),
  }),
  cost_usd: z.number().nullable(),
  latency_ms: z.int(),
  cached: z.union([z.literal(false), z.enum(CACHED_FROM)]),
  saved_usd: z.number().nullable().optional().describe("What the call would have cost that was not made"),
  prompt: z.object({ name: z.string(), version: z.int(), label: z.string().nullable() }),
  finish_reason: z.string().nullable(),
  attempts: z.int(),
  routing: z
    .object({ choice: z.enum(MODEL_TIERS), score: z.number(), reasons: z.array(z.string()) })
    .optional()
    .describe("How `auto` became a model: the tier, its score in [0, 100] and what the score is the sum of"),
});

/** A recorded execution: the first reply, and what was recorded with it. */
export const recordedView = executionView.extend({
  created_at: z.string(),
  output_truncated: z.boolean().describe("True where only the beginning of `output` was kept"),
  price_table: z.string().nullable().describe("The price table, with its version, that `cost_usd` comes from"),
  error: z.object({ code: z.string(), detail: z.string() }).nullable(),
  user: z.string().nullable(),
  metadata: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).nullable(),
  feedback: z.object({ score: z.number(), comment: z.string().nullable() }).nullable(),
});

/** Converts nano-dollars to US dollars. */
export function usd(nanousd: number | null): number | null {
  return nanousd === null ? null : nanousd / NANOUSD_PER_USD;
}

/** Converts an execution to the reply's body. */
export function toExecutionView(row: Execution): z.infer<typeof executionView> {
  const { prompt_tokens, completion_tokens } = row;
  return {
    id: row.id,
    status: row.status,
    output: row.output,
    ...(row.output_json === undefined || row.output_json === null ? {} : { output_json: row.output_json }),
    model: row.model,
    provider: row.provider,
    usage: {
      prompt_tokens,
      completion_tokens,
      total_tokens: prompt_tokens + completion_tokens,
      ...(row.usage_estimated ? { estimated: true } : {}),
    },
    cost_usd: usd(row.cost_nanousd),
    latency_ms: row.latency_ms,
    cached: row.cached ?? false,
    ...(row.cached === null ? {} : { saved_usd: usd(row.saved_nanousd) }),
    prompt: { name: row.prompt_name, version: row.prompt_version, label: row.prompt_label },
    finish_reason: row.finish_reason,
    attempts: row.attempts,
    ...(row.routing ? { routing: row.routing } : {}),
  };
}

/** Converts a recorded execution to the body of a read. */
export function toRecordedView(row: RecordedExecution): z.infer<typeof recordedView> {
  return {
    ...toExecutionView(row),
    created_at: rfc3339(row.created_at),
    output_truncated: row.output_truncated,
    price_table: row.price_table,
    error: row.error,
    user: row.end_user,
    metadata: row.metadata,
    feedback: row.feedback_score === null ? null : { score: row.feedback_score, comment: row.feedback_comment },
  };
}
