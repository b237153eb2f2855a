import type { BatchHead } from "../../domain/batches/batch-record.ts";
import { readItemInput } from "../../domain/batches/item-input.ts";
import { AppError } from "../../domain/errors.ts";
import type { ExecutionRequest } from "../../domain/executions/execution-options.ts";
import { LANE_RULES } from "../../domain/gate/lanes.ts";
import { MAX_TIMEOUT_MS } from "../../domain/time-limits.ts";
import { traceOfExecution } from "../../domain/trace-context.ts";
import type { ClaimedItem } from "../../storage/batches/claims.ts";

/**
 * The execution that an item asks for. An asynchronous execution goes on in its request's trace, and
 * an item of a batch has a trace of its own that refers to the request's.
 */
export function requestOf(
  { tenant_id, key_id, kind, lane, request }: BatchHead,
  item: ClaimedItem,
): ExecutionRequest & { id: string } {
  if (request === null) throw new AppError("internal_error", "The batch has no request.");
  const input = readItemInput(item.variables);
  // Clients of a door ask in the background for what takes long, and know no lanes.
  const default_timeout_ms = input.door ? MAX_TIMEOUT_MS : LANE_RULES[lane].timeout_ms;
  const { trace: asked, ...options } = request;
  const trace = asked && kind === "batch" ? traceOfExecution(item.execution_id, asked) : asked;
  const own = { id: item.execution_id, tenant_id, key_id, lane, options, default_timeout_ms };
  return { ...input, ...own, ...(trace && { trace }) };
}
