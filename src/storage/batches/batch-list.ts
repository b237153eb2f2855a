import { type SQL, sql } from "drizzle-orm";
import type { BatchCounts, BatchMode, BatchStatus } from "../../domain/batches/batch.ts";
import type { ListedBatch } from "../../domain/batches/batch-record.ts";
import type { PromptReference } from "../../domain/prompts/prompt-reference.ts";
import type { Database } from "../shards.ts";

/** Which batches of a tenant to list; `before` is the id of the last one of the page before. */
export interface BatchQuery {
  status?: BatchStatus | undefined;
  before?: string | undefined;
  limit: number;
}

interface Row extends Omit<BatchCounts, "total"> {
  id: string;
  state: ListedBatch["state"];
  mode: BatchMode;
  prompt: string | null;
  cost_nanousd: number;
  max_cost_nanousd: number | null;
  webhook_url: string | null;
  created_at: number;
  ended_at: number | null;
}

const COUNTS = sql.raw(
  ["queued", "running", "succeeded", "failed", "cancelled", "cost_nanousd"]
    .map((name) => `coalesce(sum(g.${name}), 0) as ${name}`)
    .join(", "),
);

/**
 * A tenant's batches, newest first; up to `limit + 1`. It reads the batches that it returns and
 * their groups, of which the largest batch has a thousand, and for `queued` and `running` those of
 * the tenant's batches that have not ended.
 */
export async function listBatches(db: Database, tenantId: string, query: BatchQuery): Promise<ListedBatch[]> {
  return (await db.all<Row>(batchListStatement(tenantId, query))).map(toListedBatch);
}

/** The statement of {@link listBatches}. */
export function batchListStatement(tenantId: string, { status, before, limit }: BatchQuery): SQL {
  return sql`
    with page as materialized (
      select id, state, mode, request -> '$.prompt' as prompt, max_cost_nanousd, webhook_url, created_at, ended_at
      from batches where tenant_id = ${tenantId} and kind = 'batch' and ${hasStatus(status)}
        ${before === undefined ? sql`` : sql`and id < ${before}`}
      order by id desc limit ${limit + 1})
    select page.*, ${COUNTS}
    from page left join batch_groups g on g.batch_id = page.id group by page.id order by page.id desc`;
}

/** Whether a batch has a status, as `batchStatus` derives it from the counts of its groups. */
function hasStatus(status: BatchStatus | undefined): SQL {
  if (status === undefined) return sql`state in ('open', 'cancelled')`;
  const begun = sql`exists (select 1 from batch_groups
    where batch_id = batches.id and running + succeeded + failed + cancelled > 0)`;
  if (status === "queued") return sql`phase = 'open' and not ${begun}`;
  if (status === "running") return sql`phase = 'open' and ${begun}`;
  return sql`phase = ${status}`;
}

function toListedBatch({ prompt, queued, running, succeeded, failed, cancelled, ...row }: Row): ListedBatch {
  const total = queued + running + succeeded + failed + cancelled;
  return {
    ...row,
    counts: { total, queued, running, succeeded, failed, cancelled },
    request: prompt === null ? null : { prompt: JSON.parse(prompt) as PromptReference },
  };
}
