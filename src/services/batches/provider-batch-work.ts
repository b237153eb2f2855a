import { CAPPED_MAX_TOKENS } from "../../domain/batches/batch.ts";
import type { CompletionInput, ProviderName } from "../../domain/completions/completion.ts";
import { AppError } from "../../domain/errors.ts";
import type { ProviderBatch } from "../../domain/batches/provider-batch.ts";
import type { BatchProvider } from "../../providers/batch-provider.ts";
import type { BatchContext, HeldItem, ProviderBatchStore } from "../../storage/batches/provider-batches.ts";
import type { Clock } from "../../lib/clock.ts";
import type { ExecutionRequest } from "../../domain/executions/execution-options.ts";
import { parametersOf } from "../executions/execute-prompt.ts";
import type { ProviderKey } from "../tenants/provider-keys.ts";
import type { RecordUsage } from "../usage/record-usage.ts";
import { renderPrompt } from "../prompts/render-prompt.ts";
import type { RouteModel } from "../completions/route-model.ts";
import type { ResolvedPrompt, ResolvePrompt } from "../prompts/resolve-prompt.ts";

/** What the services of provider batches share. `random` in [0, 1); times in milliseconds. */
export interface ProviderBatchDeps extends Clock {
  random(): number;
  store: ProviderBatchStore;
  providers: Record<ProviderName, BatchProvider>;
  resolve: ResolvePrompt;
  keysFor(tenantId: string, provider: ProviderName): Promise<readonly Pick<ProviderKey, "name" | "secret">[]>;
  route: RouteModel;
  record: RecordUsage["now"];
  /** Most characters of one submission's requests; what is over goes into the next. */
  maxSize: number;
  /** Told when a batch ended as a whole and has a webhook to send. */
  onEnded(tenantId: string, batchId: string): Promise<void>;
  /** Told what went wrong, with which provider batch; it is tried again or goes another way by itself. */
  onError(providerBatchId: string, error: unknown): void;
}

/** A provider batch under a claim: what is worked on, under which key, until when. */
export interface Claimed {
  row: ProviderBatch;
  batch: BatchContext;
  apiKey: string;
}

/** How long a claim lasts without a sign of life. */
export const CLAIM_MS = 300_000;
/** A claim is extended when so much of it is left. */
const EXTEND_BELOW_MS = 240_000;

/** Thrown where a claim was lost: someone else has taken over, and nothing more may be done here. */
export class ClaimLost extends Error {}

/** Extends a claim where it is time to, or where `sure`. Throws {@link ClaimLost}. */
export async function stillMine(
  { store, now }: Pick<ProviderBatchDeps, "store" | "now">,
  claimed: Claimed,
  sure = false,
): Promise<void> {
  if (!sure && claimed.row.next_poll_at - now() > EXTEND_BELOW_MS) return;
  const kept = await store.keep(claimed.row, now() + CLAIM_MS);
  if (!kept) throw new ClaimLost(claimed.row.id);
  claimed.row = kept;
}

/** The prompt of a batch; its version was settled when the batch was accepted. */
export async function promptOf(deps: Pick<ProviderBatchDeps, "resolve">, batch: BatchContext): Promise<ResolvedPrompt> {
  return deps.resolve(batch.tenant_id, batch.request.prompt, 0);
}

/** An item as the execution that it is. */
export function requestOf({ tenant_id, key_id, request }: BatchContext, item: HeldItem): ExecutionRequest {
  const variables = JSON.parse(item.variables) as Record<string, unknown>;
  return { id: item.execution_id, tenant_id, key_id, lane: "batch", variables, options: request };
}

/** What the model is asked for an item. Under a cost limit its output is bounded in any case. Throws `validation_error` for the item's variables. */
export function inputOf({ row }: ResolvedPrompt, batch: BatchContext, item: HeldItem): CompletionInput {
  const { definition } = row;
  const { variables, options } = requestOf(batch, item);
  const parameters = { ...parametersOf(definition.settings), ...options.parameters };
  if (batch.max_cost_nanousd !== null) parameters.max_tokens ??= CAPPED_MAX_TOKENS;
  const messages = renderPrompt(definition, variables);
  return { messages, parameters, output_schema: definition.output_schema, user: options.user };
}

/** Whatever was thrown, as an AppError. */
export function asAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  return new AppError("internal_error", "The provider batch failed on our side.", { retryable: true, cause: error });
}
