import * as z from "zod";
import type { CostKind } from "../completions/cost-lines.ts";
import { undated } from "../completions/rates.ts";
import { exportCount, exportName, groupedName, hasWholeHours, NO_WHOLE_HOURS } from "./export-fields.ts";
import {
  type ExportBucket,
  type ExportKind,
  type ExportLine,
  hasResultWith,
  type PlacedBucket,
  readBuckets,
  type ReadExport,
} from "./provider-export.ts";

const NANOUSD = 1e9;

/** Of `GET /v1/organization/usage/completions`, grouped by model. Input contains its parts. */
const usageResult = z.looseObject({
  model: groupedName("model"),
  input_tokens: exportCount,
  output_tokens: exportCount,
  input_cached_tokens: exportCount.nullish(),
  input_cache_write_tokens: exportCount.nullish(),
  input_audio_tokens: exportCount.nullish(),
  input_image_tokens: exportCount.nullish(),
  output_audio_tokens: exportCount.nullish(),
});
type UsageResult = z.infer<typeof usageResult>;

/** US dollars, which the API gives as a number or as a decimal string. */
const decimal = z.union([
  z.number(),
  z
    .string()
    .regex(/^-?\d{1,15}(\.\d{1,30})?$/, "must be a decimal number")
    .transform(Number),
]);

/** Of `GET /v1/organization/costs`, grouped by line item. Credits are negative. */
const costResult = z.looseObject({
  amount: z.looseObject({ value: decimal, currency: z.string().regex(/^usd$/i, "must be usd") }),
  line_item: groupedName("line_item"),
});

/** Parts that not every export tells apart, with their fields. */
const PARTS = {
  cache_write: "input_cache_write_tokens",
  audio_input: "input_audio_tokens",
  image_input: "input_image_tokens",
  audio_output: "output_audio_tokens",
} as const satisfies Partial<Record<ExportKind, keyof UsageResult>>;
const PART_KINDS = ["cache_write", "audio_input", "image_input", "audio_output"] as const;

/**
 * Reads OpenAI's usage of completions or its costs.
 * Source: developers.openai.com/api/reference, "Usage" and "Costs" of the organization, and line
 * items as they are seen there: `gpt-5.5-2026-04-23, cached input`.
 */
export function readOpenaiExport(buckets: readonly PlacedBucket[]): ReadExport {
  return hasResultWith(buckets, "amount") ? readCosts(buckets) : readUsage(buckets);
}

function readUsage(placed: readonly PlacedBucket[]): ReadExport {
  const { values, faults } = readBuckets(placed, bucketOf(usageResult));
  if (faults.length > 0) return { faults };
  const results = values.flatMap((bucket) => bucket.results);
  const named = new Set<ExportKind>(
    PART_KINDS.filter((kind) => results.every((result) => typeof result[PARTS[kind]] === "number")),
  );
  const buckets = values.map(({ from, to, results: some }) => ({
    from,
    to,
    lines: some.flatMap((result) => usageLines(result, named)),
    other: [],
  }));
  return { export: { unit: "tokens", buckets, kindOf: kindAmong(named) } };
}

function usageLines(result: UsageResult, named: ReadonlySet<ExportKind>): ExportLine[] {
  const model = undated(result.model);
  const partOf = (kind: keyof typeof PARTS) => (named.has(kind) ? (result[PARTS[kind]] ?? 0) : 0);
  const cached = result.input_cached_tokens ?? 0;
  const parts = PART_KINDS.map((kind) => ({ model, kind, amount: partOf(kind) }));
  const ofInput = cached + partOf("cache_write") + partOf("audio_input") + partOf("image_input");
  return [
    { model, kind: "input", amount: result.input_tokens - ofInput },
    { model, kind: "cached_input", amount: cached },
    { model, kind: "output", amount: result.output_tokens - partOf("audio_output") },
    ...parts,
  ];
}

function readCosts(placed: readonly PlacedBucket[]): ReadExport {
  const { values, faults } = readBuckets(placed, bucketOf(costResult));
  if (faults.length > 0) return { faults };
  const buckets = values.map(({ from, to, results }): ExportBucket => {
    const bucket: ExportBucket = { from, to, lines: [], other: [] };
    for (const { line_item, amount } of results) {
      const nanousd = amount.value * NANOUSD;
      const item = readLineItem(line_item);
      if (item) bucket.lines.push({ ...item, amount: nanousd });
      else bucket.other.push({ item: line_item, nanousd });
    }
    return bucket;
  });
  const named = new Set(buckets.flatMap(({ lines }) => lines.map(({ kind }) => kind)));
  return { export: { unit: "usd", buckets, kindOf: kindAmong(named) } };
}

/** `[tier | ]model[ modality], kind[, more]`; null for what is not about a model's tokens. */
function readLineItem(text: string): Pick<ExportLine, "model" | "kind"> | null {
  const [head = "", what = ""] = text.replace(/^[^|]*\|\s*/, "").split(/,\s*/);
  const [model = "", modality = "text"] = head.trim().split(/\s+/);
  const kind = kindOfItem(what.trim().toLowerCase(), modality.toLowerCase());
  return kind && exportName.safeParse(model).success ? { model: undated(model), kind } : null;
}

function kindOfItem(what: string, modality: string): ExportKind | null {
  if (/^cache[d]? writes?( input)?$/.test(what)) return "cache_write";
  if (what === "cached input") return "cached_input";
  if (what === "input") return modality === "audio" ? "audio_input" : modality === "image" ? "image_input" : "input";
  if (what === "output") return modality === "audio" ? "audio_output" : "output";
  return null;
}

/** What an export does not tell apart is in its input or output. */
function kindAmong(named: ReadonlySet<ExportKind>) {
  return (kind: CostKind): ExportKind => {
    if (kind === "reasoning") return "output";
    const own = kind === "cache_write_5m" || kind === "cache_write_1h" ? "cache_write" : kind;
    if (!Object.hasOwn(PARTS, own) || named.has(own)) return own;
    return own === "audio_output" ? "output" : "input";
  };
}

/** A bucket of either export, with its times in Unix ms; the provider's are in seconds. */
function bucketOf<T extends z.ZodType>(result: T) {
  const second = z.int().min(0).max(253_402_300_800);
  return z
    .looseObject({ start_time: second, end_time: second, results: z.array(result) })
    .transform(({ start_time, end_time, results }) => ({ from: start_time * 1000, to: end_time * 1000, results }))
    .refine(hasWholeHours, { path: ["start_time"], message: NO_WHOLE_HOURS });
}
