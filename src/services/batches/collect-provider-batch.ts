import { retryDelay } from "../../domain/batches/batch.ts";
import { type Attempt, spentOn, withAnswer } from "../../domain/completions/attempt.ts";
import type { CompletionInput } from "../../domain/completions/completion.ts";
import { AppError } from "../../domain/errors.ts";
import type { Execution } from "../../domain/executions/execution.ts";
import { newId } from "../../domain/id.ts";
import { positionOf, type ProviderBatch } from "../../domain/batches/provider-batch.ts";
import { startDeadline } from "../../lib/deadline.ts";
import type { BatchLineResult } from "../../providers/batch-provider.ts";
import type { HeldItem, HeldOutcome, HeldRetry } from "../../storage/batches/provider-batches.ts";
import { batchCost } from "../../domain/usage/prices.ts";
import { checkOutput } from "../completions/check-output.ts";
import { toExecution } from "../executions/to-execution.ts";
import {
  inputOf,
  asAppError,
  type Claimed,
  promptOf,
  type ProviderBatchDeps,
  requestOf,
  stillMine,
} from "./provider-batch-work.ts";
import type { ResolvedPrompt } from "../prompts/resolve-prompt.ts";

/**
 * Reads the results of a provider batch that has ended and ends its items, each once, however often it is called. Whether it came to the
 * last of them before `until`, Unix ms. What expired, was cancelled or has no result stays held. Throws what the port throws, ClaimLost, and what storage throws.
 */
export type CollectProviderBatch = (claimed: Claimed, sources: readonly string[], until: number) => Promise<boolean>;

/** Results that end in one transaction. */
const PAGE = 50;
/** Reading results may take so long at the longest. */
const LONGEST_READ_MS = 600_000;

type Told = Extract<BatchLineResult, { type: "completion" | "error" }>;

/** The service. */
export function createCollectProviderBatch(deps: ProviderBatchDeps): CollectProviderBatch {
  /** The execution that an item's result makes; its id was settled when the item was accepted, so it is recorded once. */
  function executionOf(claimed: Claimed, prompt: ResolvedPrompt, item: HeldItem, result: Told) {
    const { row, batch } = claimed;
    const candidate = { provider: row.provider, model: row.model };
    const prepared = {
      id: item.execution_id,
      startedAt: row.created_at,
      request: requestOf(batch, item),
      resolved: prompt,
      route: { candidates: [candidate] },
    };
    const input = inputOf(prompt, batch, item);
    const now = deps.now();
    const attempt = batchAttempt(row, input, result, now);
    if (result.type === "error") {
      const { error } = result;
      return { error, execution: toExecution(prepared, { candidate, attempts: [attempt], text: null, error }, now) };
    }
    const { text, finish_reason } = result.completion;
    try {
      const output_json = checkOutput(input, result.completion);
      const execution_id = prepared.id;
      const answer = { ...spentOn([attempt]), ...candidate, text, finish_reason, execution_id, output_json };
      return { execution: toExecution(prepared, { candidate, attempts: [attempt], text, answer }, now) };
    } catch (thrown) {
      const error = asAppError(thrown);
      const attempts = [{ ...attempt, outcome: "rejected" as const, error }];
      return { error, execution: toExecution(prepared, { candidate, attempts, text, error }, now) };
    }
  }

  async function endOf(claimed: Claimed, prompt: ResolvedPrompt, item: HeldItem, result: Told) {
    const { execution, error } = executionOf(claimed, prompt, item, result);
    await deps.record(execution);
    const wait = error ? retryDelay(error, item.failures + 1, deps.random()) : null;
    return wait === null ? { ended: outcomeOf(item, execution) } : { retried: retryOf(item, execution, wait) };
  }

  function retryOf({ position }: HeldItem, { cost_nanousd }: Execution, wait: number): HeldRetry {
    const now = deps.now();
    return { position, not_before: now + wait, cost_nanousd: cost_nanousd ?? 0, execution_id: newId("exe", now) };
  }

  async function settle(claimed: Claimed, prompt: ResolvedPrompt, page: readonly Told[]): Promise<void> {
    const { row, batch } = claimed;
    const byPosition = new Map(page.map((result) => [positionOf(row.id, result.custom_id), result]));
    const positions = [...byPosition.keys()].filter((position) => position !== null);
    const items = await deps.store.heldAt(row, positions);
    const ends = await Promise.all(
      items.flatMap((item) => {
        const result = byPosition.get(item.position);
        return result ? [endOf(claimed, prompt, item, result)] : [];
      }),
    );
    const ended = ends.flatMap((end) => end.ended ?? []);
    const retried = ends.flatMap((end) => end.retried ?? []);
    if (await deps.store.finish(row, ended, retried, deps.now())) await deps.onEnded(batch.tenant_id, batch.id);
    await stillMine(deps, claimed);
  }

  return async function collectProviderBatch(claimed, sources, until) {
    const { row, batch, apiKey } = claimed;
    const prompt = await promptOf(deps, batch);
    const overdue = () => new AppError("timeout", "The results did not come in time.", { retryable: true });
    const deadline = startDeadline(LONGEST_READ_MS, overdue);
    let page: Told[] = [];
    try {
      for await (const result of deps.providers[row.provider].results(sources, { apiKey, signal: deadline.signal })) {
        if (result.type !== "completion" && result.type !== "error") continue;
        page.push(result);
        if (page.length < PAGE) continue;
        await settle(claimed, prompt, page);
        page = [];
        if (deps.now() >= until) return false;
      }
      if (page.length > 0) await settle(claimed, prompt, page);
      return true;
    } finally {
      deadline.clear();
    }
  };
}

/** The provider's one attempt at an item, at the price of its batch API. */
function batchAttempt(row: ProviderBatch, input: CompletionInput, result: Told, now: number): Attempt {
  const attempt: Attempt = {
    candidate: { provider: row.provider, model: row.model },
    key: row.key_name,
    started_at: row.submitted_at ?? row.created_at,
    first_token_at: null,
    ended_at: now,
    outcome: result.type === "error" ? "failed" : "answered",
    usage: null,
    usage_estimated: false,
    cost: null,
    limits: {},
  };
  if (result.type === "error") return { ...attempt, error: result.error };
  const answered = withAnswer(attempt, input, result.completion);
  const { cost } = answered;
  return { ...answered, cost: cost && { ...cost, cost_nanousd: batchCost(cost.cost_nanousd) } };
}

function outcomeOf({ position }: HeldItem, { status, cost_nanousd, error }: Execution): HeldOutcome {
  return { position, state: status, cost_nanousd: cost_nanousd ?? 0, error };
}
