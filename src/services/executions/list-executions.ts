import { decodeCursor, type Page } from "../../domain/page.ts";
import type { RecordedExecution } from "../../domain/executions/execution.ts";
import type { ExecutionQuery, ExecutionRepository } from "../../storage/executions/executions.ts";

/** A page of a tenant's executions, newest first. Throws a 422 for a bad cursor. */
export async function listExecutions(
  { executions }: { executions: Pick<ExecutionRepository, "list"> },
  tenantId: string,
  { cursor, ...query }: Omit<ExecutionQuery, "before"> & { cursor?: string },
): Promise<Page<RecordedExecution>> {
  return executions.list(tenantId, { ...query, before: decodeCursor("executions", cursor) });
}
