import * as z from "zod";
import type { CostKind } from "../completions/cost-lines.ts";
import { undated } from "../completions/rates.ts";
import { exportCount, groupedName, hasWholeHours, NO_WHOLE_HOURS } from "./export-fields.ts";
import {
  type ExportBucket,
  type ExportKind,
  type ExportLine,
  hasResultWith,
  type PlacedBucket,
  readBuckets,
  type ReadExport,
} from "./provider-export.ts";

/** Nano-dollars of a cent. */
const NANOUSD_PER_CENT = 1e7;

/**
 * Of `GET /v1/organizations/usage_report/messages`, grouped by model. No count contains another.
 */
const usageResult = z.looseObject({
  model: groupedName("model"),
  uncached_input_tokens: exportCount,
  cache_creation: z
    .looseObject({ ephemeral_5m_input_tokens: exportCount, ephemeral_1h_input_tokens: exportCount })
    .nullish(),
  cache_read_input_tokens: exportCount.nullish(),
  output_tokens: exportCount,
  server_tool_use: z.looseObject({ web_search_requests: exportCount.nullish() }).nullish(),
});

const TOKEN_TYPES = {
  uncached_input_tokens: "input",
  cache_read_input_tokens: "cached_input",
  "cache_creation.ephemeral_5m_input_tokens": "cache_write_5m",
  "cache_creation.ephemeral_1h_input_tokens": "cache_write_1h",
  output_tokens: "output",
} as const satisfies Record<string, ExportKind>;

/** Of `GET /v1/organizations/cost_report`, grouped by description. Amounts are decimal cents. */
const costResult = z.looseObject({
  amount: z.string().regex(/^-?\d{1,15}(\.\d{1,30})?$/, "must be cents as a decimal string"),
  currency: z.string().regex(/^usd$/i, "must be USD"),
  description: groupedName("description"),
  model: z.string().max(300).nullish(),
  token_type: z.string().max(100).nullish(),
});

/**
 * Reads Anthropic's usage report of messages or its cost report.
 * Source: platform.claude.com/docs/en/api/admin/usage_report and …/cost_report, read on 2026-11-26.
 */
export function readAnthropicExport(buckets: readonly PlacedBucket[]): ReadExport {
  return hasResultWith(buckets, "amount") ? readCosts(buckets) : readUsage(buckets);
}

function readUsage(placed: readonly PlacedBucket[]): ReadExport {
  const { values, faults } = readBuckets(placed, bucketOf(usageResult));
  if (faults.length > 0) return { faults };
  const buckets = values.map(({ from, to, results }) => ({ from, to, lines: results.flatMap(usageLines), other: [] }));
  return { export: { unit: "tokens", buckets, kindOf } };
}

function usageLines(result: z.infer<typeof usageResult>): ExportLine[] {
  const model = undated(result.model);
  const { cache_creation, server_tool_use } = result;
  return [
    { model, kind: "input", amount: result.uncached_input_tokens },
    { model, kind: "cached_input", amount: result.cache_read_input_tokens ?? 0 },
    { model, kind: "cache_write_5m", amount: cache_creation?.ephemeral_5m_input_tokens ?? 0 },
    { model, kind: "cache_write_1h", amount: cache_creation?.ephemeral_1h_input_tokens ?? 0 },
    { model, kind: "output", amount: result.output_tokens },
    { model, kind: "web_search", amount: server_tool_use?.web_search_requests ?? 0 },
  ];
}

function readCosts(placed: readonly PlacedBucket[]): ReadExport {
  const { values, faults } = readBuckets(placed, bucketOf(costResult));
  if (faults.length > 0) return { faults };
  const buckets = values.map(({ from, to, results }): ExportBucket => {
    const bucket: ExportBucket = { from, to, lines: [], other: [] };
    for (const { amount, description, model, token_type } of results) {
      const nanousd = Number(amount) * NANOUSD_PER_CENT;
      const kind = Object.entries(TOKEN_TYPES).find(([type]) => type === token_type)?.[1];
      if (model && kind) bucket.lines.push({ model: undated(model), kind, amount: nanousd });
      else bucket.other.push({ item: description, nanousd });
    }
    return bucket;
  });
  return { export: { unit: "usd", buckets, kindOf } };
}

/** Anthropic bills images as input, and has no audio. */
function kindOf(kind: CostKind): ExportKind {
  if (kind === "reasoning" || kind === "audio_output") return "output";
  return kind === "audio_input" || kind === "image_input" ? "input" : kind;
}

/** A bucket of either report, with its times in Unix ms. */
function bucketOf<T extends z.ZodType>(result: T) {
  const time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
  return z
    .looseObject({ starting_at: time, ending_at: time, results: z.array(result) })
    .transform(({ starting_at, ending_at, results }) => ({ from: starting_at, to: ending_at, results }))
    .refine(hasWholeHours, { path: ["starting_at"], message: NO_WHOLE_HOURS });
}
