import * as z from "zod";
import { ATTEMPT_OUTCOMES } from "../../domain/completions/attempt.ts";
import type { RecordedExecution } from "../../domain/executions/execution.ts";
import { PHASES } from "../../domain/executions/timings.ts";
import { readTimeline } from "../../domain/executions/timeline.ts";
import { recordedView, toRecordedView, usd } from "./execution-views.ts";

const start_ms = z.int().describe("Since `created_at`; negative for what came before");

const timelineView = z.object({
  phases: z
    .array(
      z.object({
        name: z
          .enum([...PHASES, "admission", "settle"])
          .describe("As in `server-timing`; `admission` comes before the first attempt, `settle` after the last"),
        start_ms,
        duration_ms: z.int(),
      }),
    )
    .describe("In the order in which they began; they overlap"),
  attempts: z.array(
    z.object({
      model: z.string(),
      provider: z.string(),
      key: z.string().describe("The name of the provider's key"),
      outcome: z.enum(ATTEMPT_OUTCOMES),
      start_ms,
      duration_ms: z.int().optional(),
      ttft_ms: z.int().optional().describe("Until the first part of a stream came"),
      status: z.int().optional().describe("The HTTP status of a provider that failed"),
      error_code: z.string().optional(),
      cost_usd: z.number().optional(),
    }),
  ),
});

const inputView = z.object({
  variables: z.record(z.string(), z.unknown()),
  messages: z.array(z.unknown()).optional(),
  model: z.string().optional(),
  models: z.array(z.string()).optional(),
  parameters: z.record(z.string(), z.unknown()).optional(),
  include: z.array(z.string()).optional(),
  tools: z.array(z.unknown()).optional(),
  tool_choice: z.unknown().optional(),
  parallel_tool_calls: z.boolean().optional(),
});

/** One recorded execution, with what lists leave out. */
export const detailView = recordedView.extend({
  timeline: timelineView.optional().describe("What it did when; absent in records of older versions"),
  trace_id: z
    .string()
    .optional()
    .describe("The trace that its spans are in, as collectors have it; absent in records of older versions"),
  input: inputView
    .optional()
    .describe("What the request asked, where the tenant has content recorded: see `PUT /v1/telemetry`"),
  input_truncated: z.literal(true).optional().describe("Only the beginning of `input` is on record, or nothing of it"),
});

/** Converts a recorded execution to the body of a read of it alone. */
export function toDetailView(row: RecordedExecution): z.infer<typeof detailView> {
  const { timeline, input, input_truncated } = row;
  return {
    ...toRecordedView(row),
    ...(timeline && { timeline: toTimelineView(row, timeline) }),
    ...(timeline?.t !== undefined && { trace_id: timeline.t }),
    ...(input && { input: input as z.infer<typeof inputView> }),
    ...(input_truncated && { input_truncated }),
  };
}

function toTimelineView(
  row: RecordedExecution,
  timeline: NonNullable<RecordedExecution["timeline"]>,
): z.infer<typeof timelineView> {
  const { phases, attempts } = readTimeline(timeline, row);
  return {
    phases,
    attempts: attempts.map(({ cost_nanousd, ...attempt }) => {
      const cost_usd = usd(cost_nanousd ?? null);
      return { ...attempt, ...(cost_usd !== null && { cost_usd }) };
    }),
  };
}
