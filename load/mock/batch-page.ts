import type { MockBatch } from "./batch-store.ts";
import type { LoggedCall } from "./provider-call.ts";

/** One page of a key's batches, newest first. */
export interface BatchPage {
  batches: MockBatch[];
  firstId: string | null;
  lastId: string | null;
  hasMore: boolean;
}

const DEFAULT_LIMIT = 20;

/**
 * The page that a list request asks for: its query parameter `limit`, and the id of the batch
 * before the page in the parameter that `cursor` names.
 */
export function readBatchPage({ state, wire, record, request }: LoggedCall, cursor: string): BatchPage {
  const query = new URL(request.url ?? "", "http://mock").searchParams;
  const all = state.batches.list(wire, record.key);
  const from = all.findIndex((batch) => batch.id === query.get(cursor)) + 1;
  const batches = all.slice(from, from + Number(query.get("limit") ?? DEFAULT_LIMIT));
  return {
    batches,
    firstId: batches[0]?.id ?? null,
    lastId: batches.at(-1)?.id ?? null,
    hasMore: from + batches.length < all.length,
  };
}
