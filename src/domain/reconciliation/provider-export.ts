import type { z } from "zod";
import type { CostKind } from "../completions/cost-lines.ts";
import type { FieldError } from "../errors.ts";

/**
 * A kind of tokens that exports tell apart. `cache_write` is OpenAI's, which does not tell for how
 * long.
 */
export type ExportKind = Exclude<CostKind, "reasoning"> | "cache_write";

/** What a provider counts of a kind: tokens or uses of a tool, or nano-dollars in a cost export. */
export interface ExportLine {
  model: string;
  kind: ExportKind;
  amount: number;
}

/** A part of an export that is about no model's tokens. */
export interface OtherCost {
  item: string;
  nanousd: number;
}

/** What a provider counts from `from` up to, and without, `to`, both Unix ms. */
export interface ExportBucket {
  from: number;
  to: number;
  lines: ExportLine[];
  other: OtherCost[];
}

/** A provider's usage or cost export, of either provider, in the same terms. */
export interface ProviderExport {
  unit: "tokens" | "usd";
  buckets: ExportBucket[];
  /** The kind under which the export counts one of ours. */
  kindOf: (kind: CostKind) => ExportKind;
}

/** A row of an export with its place in the request, such as `rows.0.data.3`. */
export interface PlacedBucket {
  path: string;
  bucket: unknown;
}

/** What is read from rows: the export, or the faults of all of them. */
export type ReadExport = { export: ProviderExport } | { faults: FieldError[] };

/** The buckets in rows. A row is a bucket, or a page of them as the provider answers it. */
export function bucketsOf(rows: readonly Record<string, unknown>[]): PlacedBucket[] {
  return rows.flatMap((row, at) => {
    const { data } = row;
    if (!Array.isArray(data)) return [{ path: `rows.${at}`, bucket: row }];
    return data.map((bucket: unknown, index) => ({ path: `rows.${at}.data.${index}`, bucket }));
  });
}

/** Whether the first result of some buckets has a field; false where there is no result. */
export function hasResultWith(buckets: readonly PlacedBucket[], field: string): boolean {
  const results = buckets.flatMap(({ bucket }) =>
    isObject(bucket) && Array.isArray(bucket["results"]) ? (bucket["results"] as unknown[]) : [],
  );
  const [first] = results;
  return isObject(first) && Object.hasOwn(first, field);
}

/** Reads every bucket by a schema. A fault names the field's place in the request. */
export function readBuckets<T>(
  buckets: readonly PlacedBucket[],
  schema: z.ZodType<T>,
): { values: T[]; faults: FieldError[] } {
  const values: T[] = [];
  const faults: FieldError[] = [];
  for (const { path, bucket } of buckets) {
    const read = schema.safeParse(bucket);
    if (read.success) values.push(read.data);
    else faults.push(...read.error.issues.map((issue) => faultAt(path, issue)));
  }
  return { values, faults };
}

function faultAt(path: string, issue: { path: PropertyKey[]; message: string }): FieldError {
  return { path: [path, ...issue.path.map(String)].join("."), message: issue.message };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
