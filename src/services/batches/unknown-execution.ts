import { AppError } from "../../domain/errors.ts";
import type { ExecutionRequest } from "../../domain/executions/execution-options.ts";
import type { Execution } from "../../domain/executions/execution.ts";
import { toUnknown } from "../../domain/executions/intent.ts";
import { MAX_ATTEMPTS } from "../completions/make-completion.ts";
import { routeRequest } from "../executions/route-request.ts";
import { toIntent } from "../executions/to-execution.ts";
import type { BatchDeps } from "./batch-deps.ts";

/**
 * The record of an item's execution that began and whose end nobody recorded. Undefined where the
 * request cannot be executed, so that it cannot have spent anything. Its attempts are not known, so
 * it counts as many as there may have been. `startedAt` is about when it began, Unix ms.
 */
export async function unknownExecution(
  deps: Pick<BatchDeps, "resolve" | "route">,
  request: ExecutionRequest & { id: string },
  startedAt: number,
): Promise<Execution | undefined> {
  const { id, tenant_id } = request;
  try {
    const { resolved, input, route } = await routeRequest(deps, request, 0);
    return toUnknown(tenant_id, toIntent({ id, startedAt, request, resolved, route }, input, MAX_ATTEMPTS));
  } catch (error) {
    if (error instanceof AppError && !error.retryable) return undefined;
    throw error;
  }
}
