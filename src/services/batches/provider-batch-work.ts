import { boundedMaxTokens } from "../../domain/completions/output-bound.ts";
import type { BuiltInProvider, CompletionInput } from "../../domain/completions/completion.ts";
import { type AppError, toAppError } from "../../domain/errors.ts";
import type { ProviderBatch } from "../../domain/batches/provider-batch.ts";
import type { BatchProvider } from "../../providers/batch-provider.ts";
import type { ParentBatch, ProviderBatchItem, ProviderBatchStore } from "../../storage/batches/provider-batches.ts";
import type { Clock } from "../../lib/clock.ts";
import { parseOrdered } from "../../lib/ordered-json.ts";
import type { ExecutionRequest } from "../../domain/executions/execution-options.ts";
import { traceOfExecution } from "../../domain/trace-context.ts";
import type { ObserveExecution } from "../executions/ended-execution.ts";
import { modelInput } from "../executions/model-input.ts";
import type { ProviderKey } from "../tenants/provider-keys.ts";
import type { TenantPrices } from "../tenants/tenant-prices.ts";
import type { RecordUsage } from "../usage/record-usage.ts";
import type { BudgetsObject } from "../../domain/budgets/protocol/loan-messages.ts";
import type { BudgetedScopes } from "../budgets/budgeted-scopes.ts";
import type { RouteModel } from "../completions/route-model.ts";
import type { ResolvedPrompt, ResolvePrompt } from "../prompts/resolve-prompt.ts";

/** How provider batches reach the budgets of their tenants. */
export interface ProviderBatchBudgets {
  scopesOf: BudgetedScopes;
  objectOf(tenantId: string): Pick<BudgetsObject, "ask">;
}

/**
 * What the use cases of provider batches share. The composition root fills it once. Times in
 * milliseconds.
 */
export interface ProviderBatchDeps extends Clock {
  /** A random number in [0, 1). */
  random(): number;
  store: ProviderBatchStore;
  providers: Record<BuiltInProvider, BatchProvider>;
  resolve: ResolvePrompt;
  keysFor(tenantId: string, provider: BuiltInProvider): Promise<readonly Pick<ProviderKey, "name" | "secret">[]>;
  route: RouteModel;
  pricesOf: TenantPrices["pricesOf"];
  record: RecordUsage["now"];
  observe: ObserveExecution;
  /** Whether a tenant has content recorded. Answers from memory. */
  keepsContent(tenantId: string): boolean;
  budgets: ProviderBatchBudgets;
  /** Maximum characters of one submission; the items that do not fit go into the next. */
  maxSize: number;
  /** Called when a batch ended as a whole and has a webhook to send. */
  onEnded(tenantId: string, batchId: string): Promise<void>;
  /** Reports a failure. The work is retried, or goes through the queue, by itself. */
  onError(providerBatchId: string, error: unknown): void;
}

/** A provider batch under this worker's claim, and the provider key that it uses. */
export interface ClaimedProviderBatch {
  /** Its `next_poll_at` is the end of the claim; {@link renewClaim} replaces the row. */
  row: ProviderBatch;
  batch: ParentBatch;
  apiKey: string;
}

/** How long a claim lasts unless it is renewed. */
export const CLAIM_MS = 300_000;
/** A claim is renewed when less than this is left of it. */
const RENEW_BELOW_MS = 240_000;

/** The claim was lost: another worker has taken over, and this one must stop. */
export class ClaimLost extends Error {}

/**
 * Renews a claim if it is time to; `until` (Unix ms) renews it in any case, for at least that long,
 * which proves that it still holds. Throws {@link ClaimLost}.
 */
export async function renewClaim(
  deps: Pick<ProviderBatchDeps, "store" | "now">,
  claimed: ClaimedProviderBatch,
  until?: number,
): Promise<void> {
  if (until === undefined && claimed.row.next_poll_at - deps.now() > RENEW_BELOW_MS) return;
  const kept = await deps.store.renewClaim(claimed.row, Math.max(deps.now() + CLAIM_MS, until ?? 0));
  if (!kept) throw new ClaimLost(claimed.row.id);
  claimed.row = kept;
}

/** The prompt of a batch. Its version was resolved when the batch was accepted. */
export async function promptOf(deps: Pick<ProviderBatchDeps, "resolve">, batch: ParentBatch): Promise<ResolvedPrompt> {
  return deps.resolve(batch.tenant_id, batch.request.prompt, 0);
}

/** The execution request of an item. Its trace is its own, and refers to the batch's request. */
export function requestOf({ tenant_id, key_id, request }: ParentBatch, item: ProviderBatchItem): ExecutionRequest {
  const variables = parseOrdered(item.variables) as Record<string, unknown>;
  const { trace: asked, ...options } = request;
  const trace = traceOfExecution(item.execution_id, asked);
  return { id: item.execution_id, tenant_id, key_id, lane: "batch", variables, options, trace };
}

/**
 * What the model is asked for an item. Under a cost limit the output is always bounded. Throws
 * `validation_error` for the item's variables.
 */
export function inputOf({ row }: ResolvedPrompt, batch: ParentBatch, item: ProviderBatchItem): CompletionInput {
  const { definition } = row;
  const { variables, options } = requestOf(batch, item);
  const input = modelInput(definition, variables, options);
  if (batch.max_cost_nanousd !== null) input.parameters.max_tokens = boundedMaxTokens(input.parameters);
  return input;
}

/** Whatever was thrown, as an AppError; a fault on our side may pass. */
export function providerBatchError(thrown: unknown): AppError {
  return toAppError(thrown, "The provider batch failed on our side.", { retryable: true });
}
