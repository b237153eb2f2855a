import { sql } from "drizzle-orm";
import type { GroupKey } from "../../domain/batches/wake-up.ts";
import type { Database } from "../shards.ts";
import { transact } from "../transaction.ts";
import { auditedSql } from "../audit/audited.ts";
import { jsonChunks, recountGroups } from "./batch-sql.ts";
import { fillWindow, joinLine } from "./group-line.ts";

/** The fresh execution id under which a failed item runs again. */
export interface FreshExecution {
  position: number;
  execution_id: string;
}

/** Implements `BatchRepository.requeueFailed`. */
export async function requeueFailed(
  db: Database,
  tenantId: string,
  batchId: string,
  fresh: readonly FreshExecution[],
  wakeAt: number,
): Promise<GroupKey[]> {
  const line = { tenant_id: tenantId, lane: "batch" as const };
  const open = sql`exists (select 1 from batches where id = ${batchId} and tenant_id = ${tenantId} and state = 'open')`;
  const about = { tenant_id: tenantId, action: "batch.redriven", object: `batch:${batchId}` } as const;
  const requeue = jsonChunks(fresh).flatMap((chunk) => {
    const note = { ...about, detail: { items: (JSON.parse(chunk) as unknown[]).length } };
    const change = sql`
      update batch_items set state = 'queued', execution_id = json_extract(j.value, '$.execution_id'), error = null,
        starts = 0, failures = 0, not_before = 0
      from json_each(${chunk}) j
      where batch_id = ${batchId} and position = json_extract(j.value, '$.position') and state = 'failed' and ${open}`;
    return auditedSql(note, change);
  });
  const results = await transact(db, [
    ...requeue,
    recountGroups(batchId),
    joinLine(batchId, line, wakeAt),
    sql`update batches set ended_at = null, webhook_due_at = null, webhook_attempts = 0
      where id = ${batchId} and tenant_id = ${tenantId} and state = 'open'
        and exists (select 1 from batch_groups where batch_id = ${batchId} and open = 1)`,
    fillWindow(line, wakeAt),
  ]);
  return (results.at(-1) ?? []) as unknown as GroupKey[];
}
