import { notFound } from "../../domain/errors.ts";
import { decodeCursor, type Page, toPage } from "../../domain/page.ts";
import type { LabelKey, LabelMove } from "../../domain/prompts/label-move.ts";
import type { LabelRow, LabelStore } from "../../storage/prompts/label-store.ts";

export type { LabelRow } from "../../storage/prompts/label-store.ts";

/** What reading labels needs. */
export interface ReadLabelsDeps {
  labels: LabelStore;
}

interface PageRequest {
  limit: number;
  cursor?: string;
}

/**
 * A page of the labels of a prompt or chain by name, without `latest`. Throws `not_found` for one
 * that does not exist, and a 422 for a bad cursor.
 */
export async function listLabels(
  deps: ReadLabelsDeps,
  tenantId: string,
  { name, limit, cursor }: PageRequest & { name: string },
): Promise<Page<LabelRow>> {
  const after = decodeCursor("labels", cursor);
  const owner = { tenant_id: tenantId, name };
  const rows = await deps.labels.list(owner, limit, after);
  if (rows.length === 0 && !(await deps.labels.hasOwner(owner))) throw notFound(deps.labels.tables.noun);
  return toPage(rows, limit, ({ label }) => label, "labels");
}

/**
 * A page of a label's moves, newest first. It outlives the label and what had it. Throws `not_found`
 * for a label that was never set, and a 422 for a bad cursor.
 */
export async function listMoves(
  { labels }: ReadLabelsDeps,
  { limit, cursor, ...key }: PageRequest & LabelKey,
): Promise<Page<LabelMove>> {
  const before = decodeCursor("moves", cursor);
  const rows = await labels.moves(key, limit, before === undefined ? undefined : Number(before));
  // Labels from before their moves were kept have none.
  if (rows.length === 0 && !(await labels.find(key))) throw notFound(`${labels.tables.noun} label`);
  return toPage(rows, limit, ({ position }) => String(position), "moves");
}
