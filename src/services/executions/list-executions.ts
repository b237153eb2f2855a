import { decodeCursor, type Page } from "../../domain/page.ts";
import type { RecordedExecution } from "../../domain/executions/execution.ts";
import type { ExecutionQuery, ExecutionRepository } from "../../storage/executions/executions.ts";
import type { RecordUsage } from "../usage/record-usage.ts";

/** A page of a tenant's executions, newest first. Throws a 422 for a bad cursor. */
export async function listExecutions(
  { executions, flush }: { executions: Pick<ExecutionRepository, "list"> } & Pick<RecordUsage, "flush">,
  tenantId: string,
  { cursor, ...query }: Omit<ExecutionQuery, "before"> & { cursor?: string },
): Promise<Page<RecordedExecution>> {
  const before = decodeCursor("executions", cursor);
  await flush(tenantId);
  return executions.list(tenantId, { ...query, before });
}
