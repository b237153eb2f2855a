import * as z from "zod";
import {
  CACHED_FROM,
  EXECUTION_STATUSES,
  type Execution,
  type RecordedExecution,
} from "../../domain/executions/execution.ts";
import { NO_PROMPT_NAME } from "../../domain/executions/execution-options.ts";
import { COST_KINDS } from "../../domain/completions/cost-lines.ts";
import { parseArguments } from "../../domain/completions/tools.ts";
import { MODEL_TIERS } from "../../domain/completions/model-tiers.ts";
import { withoutTrailing } from "../../lib/without-trailing.ts";
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
  tool_calls: z
    .array(z.object({ id: z.string(), name: z.string(), arguments: z.unknown() }))
    .optional()
    .describe("The calls that the model asks for; `arguments` is JSON, or the raw text where it is none"),
  reasoning: z.string().optional().describe('The model\'s reasoning, with `include: ["reasoning"]`'),
  response_id: z
    .string()
    .optional()
    .describe("The provider's id of the response, for `previous_response_id`; absent where it keeps none"),
  warnings: z.array(z.string()).optional().describe("What the model was not sent, and why"),
  model: z.string().nullable(),
  provider: z.string().nullable(),
  usage: z.object({
    prompt_tokens: z.int(),
    completion_tokens: z.int(),
    total_tokens: z.int(),
    cached_tokens: z.int().optional().describe("The part of `prompt_tokens` that the provider's cache served"),
    cache_write_tokens: z.int().optional().describe("The part of `prompt_tokens` that the provider's cache took in"),
    cache_write_1h_tokens: z.int().optional().describe("The part of those that it keeps for longer"),
    reasoning_tokens: z.int().optional().describe("The part of `completion_tokens` that is not in the answer"),
    audio_tokens: z.int().optional().describe("Heard and spoken"),
    estimated: z.boolean().optional().describe("True where the provider sent no usage"),
  }),
  cost_usd: z.number().nullable(),
  cost: z
    .object({
      lines: z.array(
        z.object({
          kind: z.enum(COST_KINDS),
          tokens: z.int(),
          uses: z.int().optional().describe("How often a tool was used that is billed by use"),
          usd: z.number(),
        }),
      ),
      table: z.string().nullable(),
      service_tier: z.string().nullable(),
    })
    .optional()
    .describe("`cost_usd` by line; absent where it is not known"),
  latency_ms: z.int(),
  service_tier: z.string().optional().describe("The tier that served the call"),
  cached: z.union([z.literal(false), z.enum(CACHED_FROM)]),
  saved_usd: z.number().nullable().optional().describe("What the call would have cost that was not made"),
  prompt: z
    .object({ name: z.string(), version: z.int(), label: z.string().nullable() })
    .nullable()
    .describe("Null for an execution without a stored prompt, from a drop-in door"),
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

/** US dollars as a plain decimal, for a header: never with an exponent. */
export function usdText(nanousd: number): string {
  return withoutTrailing(withoutTrailing((nanousd / NANOUSD_PER_USD).toFixed(9), "0"), ".");
}

/** Converts an execution to the reply's body. */
export function toExecutionView(row: Execution): z.infer<typeof executionView> {
  const { prompt_tokens, completion_tokens } = row;
  return {
    id: row.id,
    status: row.status,
    output: row.output,
    ...(row.output_json === undefined || row.output_json === null ? {} : { output_json: row.output_json }),
    ...(row.tool_calls && {
      tool_calls: row.tool_calls.map((call) => ({ ...call, arguments: parseArguments(call.arguments) })),
    }),
    ...(row.reasoning === undefined ? {} : { reasoning: row.reasoning }),
    ...(row.response_id === undefined ? {} : { response_id: row.response_id }),
    ...(row.warnings ? { warnings: row.warnings } : {}),
    model: row.model,
    provider: row.provider,
    usage: {
      prompt_tokens,
      completion_tokens,
      total_tokens: prompt_tokens + completion_tokens,
      ...(row.cached_tokens > 0 ? { cached_tokens: row.cached_tokens } : {}),
      ...row.billing?.tokens,
      ...(row.usage_estimated ? { estimated: true } : {}),
    },
    cost_usd: usd(row.cost_nanousd),
    ...costOf(row),
    latency_ms: row.latency_ms,
    cached: row.cached ?? false,
    ...(row.cached === null ? {} : { saved_usd: usd(row.saved_nanousd) }),
    prompt:
      row.prompt_name === NO_PROMPT_NAME
        ? null
        : { name: row.prompt_name, version: row.prompt_version, label: row.prompt_label },
    finish_reason: row.finish_reason,
    attempts: row.attempts,
    ...(row.routing ? { routing: row.routing } : {}),
  };
}

/** The lines of a known cost, and the tier; nothing where the record has none. */
function costOf({ billing, cost_nanousd, price_table: table }: Execution) {
  if (!billing) return {};
  const { service_tier } = billing;
  const lines = billing.lines.map(({ nanousd, ...line }) => ({ ...line, usd: nanousd / NANOUSD_PER_USD }));
  return {
    ...(cost_nanousd === null ? {} : { cost: { lines, table, service_tier } }),
    ...(service_tier === null ? {} : { service_tier }),
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
