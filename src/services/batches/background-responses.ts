import type { BackgroundResponse } from "../../domain/doors/responses/write-background.ts";
import { EXECUTION_KEPT_MS } from "../../domain/batches/batch.ts";
import { notFound } from "../../domain/errors.ts";
import type { RecordedExecution } from "../../domain/executions/execution.ts";
import type { StoredAsyncExecution } from "../../storage/batches/async-executions.ts";
import type { BatchDeps } from "./batch-deps.ts";
import { cancelItems } from "./change-batch.ts";
import { openInput } from "./sealed-input.ts";

/** A response that is made in the background, and its execution once that has succeeded. */
export interface ReadBackgroundResponse extends BackgroundResponse {
  execution: RecordedExecution | undefined;
}

/**
 * Reads a response in the background by its execution's id. Throws `not_found`; it is deleted when
 * it has been kept for its time.
 */
export async function readBackgroundResponse(
  deps: BatchDeps,
  tenantId: string,
  id: string,
): Promise<ReadBackgroundResponse> {
  const { state, error, ended_at, asked } = await find(deps, tenantId, id);
  const execution = state === "succeeded" ? await deps.executions.find(tenantId, id) : undefined;
  // A record that its ledger did not take at once may be on its way for as long.
  const isGone = state === "succeeded" && !execution && ended_at !== null && deps.now() - ended_at > EXECUTION_KEPT_MS;
  if (isGone) throw notFound("response");
  return { id, state, error: state === "failed" ? error : null, asked, execution };
}

/**
 * Cancels a response in the background, unless it has ended. One that runs already is no longer
 * shown, though its call goes on and is recorded. Throws `not_found`.
 */
export async function cancelBackgroundResponse(
  deps: BatchDeps,
  tenant_id: string,
  id: string,
): Promise<ReadBackgroundResponse> {
  const { lane } = await find(deps, tenant_id, id);
  await cancelItems(deps, { tenant_id, id, lane });
  return readBackgroundResponse(deps, tenant_id, id);
}

/** Reads the `input` of the request of a response in the background. Throws `not_found`. */
export async function readBackgroundInput(deps: BatchDeps, tenantId: string, id: string): Promise<unknown> {
  const batch = await deps.batches.findHead(tenantId, id);
  const text = batch?.kind === "execution" ? await deps.asyncExecutions.findInput(tenantId, id) : undefined;
  const { asked, relay } = (batch && text && (await openInput(deps, batch, text)).door) || {};
  if (!asked) throw notFound("response");
  return (relay?.body ?? asked)["input"];
}

async function find(
  { asyncExecutions }: BatchDeps,
  tenantId: string,
  id: string,
): Promise<StoredAsyncExecution & Pick<ReadBackgroundResponse, "asked">> {
  const stored = await asyncExecutions.find(tenantId, id);
  if (!stored?.asked) throw notFound("response");
  return { ...stored, asked: stored.asked };
}
