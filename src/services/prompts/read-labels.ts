import { notFound } from "../../domain/errors.ts";
import { decodeCursor, type Page, toPage } from "../../domain/page.ts";
import type { LabelKey, LabelMove } from "../../domain/prompts/label-move.ts";
import type { LabelRepository, LabelRow } from "../../storage/prompts/labels.ts";
import type { PromptRepository } from "../../storage/prompts/prompts.ts";

/** What reading labels needs. */
export interface ReadLabelsDeps {
  labels: Pick<LabelRepository, "list" | "moves" | "find">;
  prompts: Pick<PromptRepository, "pointer">;
}

interface PageRequest {
  limit: number;
  cursor?: string;
}

/**
 * A page of a prompt's labels by name, without `latest`. Throws `not_found` for a prompt that does
 * not exist, and a 422 for a bad cursor.
 */
export async function listLabels(
  deps: ReadLabelsDeps,
  tenantId: string,
  { name, limit, cursor }: PageRequest & { name: string },
): Promise<Page<LabelRow>> {
  const after = decodeCursor("labels", cursor);
  const rows = await deps.labels.list({ tenant_id: tenantId, name }, limit, after);
  if (rows.length === 0 && !(await deps.prompts.pointer(tenantId, name))) throw notFound("prompt");
  return toPage(rows, limit, ({ label }) => label, "labels");
}

/**
 * A page of a label's moves, newest first. It outlives the label and its prompt. Throws `not_found`
 * for a label that was never set, and a 422 for a bad cursor.
 */
export async function listMoves(
  { labels }: ReadLabelsDeps,
  { limit, cursor, ...key }: PageRequest & LabelKey,
): Promise<Page<LabelMove>> {
  const before = decodeCursor("moves", cursor);
  const rows = await labels.moves(key, limit, before === undefined ? undefined : Number(before));
  // Labels from before their moves were kept have none.
  if (rows.length === 0 && !(await labels.find(key))) throw notFound("prompt label");
  return toPage(rows, limit, ({ position }) => String(position), "moves");
}
