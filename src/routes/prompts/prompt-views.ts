import * as z from "zod";
import { LATEST_LABEL, type PromptPointer } from "../../domain/prompts/label.ts";
import type { VersionRow } from "../../storage/prompts/prompts.ts";
import { rfc3339 } from "../router.ts";

const version = z.int().min(1).max(2_147_483_647);
const arm = z.object({ version, weight: z.number().positive().max(1_000_000) });

/** What a label is set to. */
export const splitSchema = z.union(
  [z.strictObject({ version }), z.strictObject({ split: z.array(arm).min(1).max(20) })],
  "give either `version` or `split: [{version, weight}]`",
);

/** A label as set. */
export const labelsView = z.object({
  name: z.string(),
  label: z.string(),
  version: z.int().optional(),
  split: z.array(arm).optional(),
});

/** A version in a list. */
export const versionView = z.object({
  version: z.int(),
  content_hash: z.string(),
  created_at: z.string(),
  warnings: z.array(z.string()),
});

/** What a publish answers. `labels` are those that point at this version. */
export const publishedView = versionView.extend({ name: z.string(), labels: z.array(z.string()) });

/** A version in full: the definition in its normal shape. */
export const promptView = publishedView.extend({
  definition: z.looseObject({
    messages: z.array(z.object({ role: z.string(), content: z.string() })),
    models: z.array(z.string()),
    tags: z.array(z.string()),
  }),
});

/** A version as the wire shows it. */
export function toPromptView(row: VersionRow, pointer: PromptPointer): z.infer<typeof promptView> {
  const labels = Object.entries(pointer.labels)
    .filter(([, split]) => split.some((each) => each.version === row.version))
    .map(([label]) => label);
  if (pointer.latest_version === row.version) labels.unshift(LATEST_LABEL);
  return {
    name: row.name,
    version: row.version,
    content_hash: row.content_hash,
    labels,
    created_at: rfc3339(row.created_at),
    warnings: row.warnings,
    definition: { ...row.definition },
  };
}
