import type { BatchHead } from "../../domain/batches/batch-record.ts";
import type { ExecutionRequest } from "../../domain/executions/execution-options.ts";
import { LANE_RULES } from "../../domain/gate/lanes.ts";
import { MAX_TIMEOUT_MS } from "../../domain/time-limits.ts";
import { traceOfExecution } from "../../domain/trace-context.ts";
import type { ClaimedItem } from "../../storage/batches/claims.ts";
import type { BatchDeps } from "./batch-deps.ts";
import { openInput } from "./sealed-input.ts";

/**
 * The execution that an item asks for. An asynchronous execution goes on in its request's trace,
 * and an item of a batch has a trace of its own that refers to the request's.
 */
export async function requestOf(
  deps: Pick<BatchDeps, "tenants" | "vault">,
  batch: BatchHead,
  item: ClaimedItem,
): Promise<ExecutionRequest & { id: string }> {
  const { tenant_id, key_id, kind, lane } = batch;
  const { options: shared, ...input } = await openInput(deps, batch, item.variables);
  // Clients of a door ask in the background for what takes long, and know no lanes.
  const default_timeout_ms = input.door ? MAX_TIMEOUT_MS : LANE_RULES[lane].timeout_ms;
  const { trace: asked, ...options } = shared;
  const trace = asked && kind === "batch" ? traceOfExecution(item.execution_id, asked) : asked;
  const own = { id: item.execution_id, tenant_id, key_id, lane, options, default_timeout_ms };
  return { ...input, ...own, ...(trace && { trace }) };
}
