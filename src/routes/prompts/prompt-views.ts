import * as z from "zod";
import { LATEST_LABEL, type PromptPointer } from "../../domain/prompts/label.ts";
import type { PromptVersion } from "../../services/prompts/resolve-prompt.ts";
import { rfc3339 } from "../router.ts";

/** A version in a list. */
export const versionView = z.object({
  version: z.int(),
  content_hash: z.string(),
  created_at: z.string(),
  warnings: z.array(z.string()),
});

/**
 * A published version. `labels` are the labels that point at it, `includes` the versions of other
 * prompts that stand in its messages.
 */
export const publishedView = versionView.extend({
  name: z.string(),
  labels: z.array(z.string()),
  includes: z.array(z.object({ name: z.string(), version: z.int() })),
});

/** A version with its definition in the normal shape. */
export const promptView = publishedView.extend({
  definition: z.looseObject({
    messages: z.array(z.unknown()),
    models: z.array(z.string()),
    tags: z.array(z.string()),
  }),
});

/** Converts a version to its view. */
export function toPromptView(row: PromptVersion, pointer: PromptPointer): z.infer<typeof promptView> {
  const labels = Object.entries(pointer.labels)
    .filter(([, split]) => split.some((each) => each.version === row.version))
    .map(([label]) => label);
  if (pointer.latest_version === row.version) labels.unshift(LATEST_LABEL);
  const { includes = [], ...definition } = row.definition;
  return {
    name: row.name,
    version: row.version,
    content_hash: row.content_hash,
    labels,
    created_at: rfc3339(row.created_at),
    warnings: row.warnings,
    includes: includes.map(({ name, version: pinned }) => ({ name, version: pinned })),
    definition,
  };
}
