import { boundedMaxTokens } from "../../domain/completions/output-bound.ts";
import { hasProviderTools } from "../../domain/completions/provider-tools.ts";
import { priceRequestOf } from "../../domain/completions/tenant-price.ts";
import { type AppError, invalid } from "../../domain/errors.ts";
import type { Candidate } from "../../domain/completions/candidate.ts";
import type { CompletionInput } from "../../domain/completions/completion.ts";
import { worstCostOf } from "../../domain/budgets/worst-cost.ts";
import { MAX_ATTEMPTS } from "../completions/make-completion.ts";
import type { ExecutionRequest } from "../../domain/executions/execution-options.ts";
import type { Execution } from "../../domain/executions/execution.ts";
import { modelInput } from "../executions/model-input.ts";
import { resolvedFor } from "../executions/resolved-for.ts";
import type { BatchDeps } from "./batch-deps.ts";

/** A request whose output is bounded, and the most that it can cost, nano-dollars. */
export interface BoundedRequest {
  request: ExecutionRequest;
  nanousd: number;
}

/**
 * Bounds the output of a request and computes the most that it can cost: its prompt at a token a
 * byte and its output up to `max_tokens`, from its dearest candidate, once for each attempt,
 * because answers that break off or do not fit an output schema are billed, too. Throws what
 * executing would throw for the prompt and its variables, and 422 if a candidate has no known
 * price, or tools that run at its provider.
 */
export async function boundCost(
  deps: Pick<BatchDeps, "resolve" | "route">,
  request: ExecutionRequest,
): Promise<BoundedRequest> {
  const { tenant_id, options } = request;
  const { row } = await resolvedFor(deps.resolve, request, 0);
  const { definition } = row;
  const input = modelInput(definition, request.variables, options, request.door);
  const { messages, tools } = input;
  const max_tokens = boundedMaxTokens(input.parameters);
  const { model, models } = options;
  const { candidates } = await deps.route({
    tenant_id,
    prompt_name: row.name,
    definition,
    messages,
    tools,
    model,
    models,
    relay: request.door?.relay,
  });
  const costs = candidates.map((candidate) => {
    const cost = worstCostOf(candidate, input);
    if (cost === null) throw cannotBeHeld(candidate, input);
    return cost;
  });
  return {
    request: { ...request, options: { ...options, parameters: { ...options.parameters, max_tokens } } },
    nanousd: Math.max(...costs) * MAX_ATTEMPTS,
  };
}

/**
 * The most that an execution spent, in nano-dollars. Under a cost limit a call that may be billed
 * for more than was seen of it counts at its worst: `reserved` covers every attempt.
 */
export function mostSpent({ cost_nanousd }: Pick<Execution, "cost_nanousd">, reserved: number, uncounted = 0): number {
  const booked = cost_nanousd ?? 0;
  return Math.max(booked, Math.min(reserved, booked + (uncounted * reserved) / MAX_ATTEMPTS));
}

function cannotBeHeld(candidate: Candidate, { parameters }: CompletionInput): AppError {
  const { model } = candidate;
  const why = hasProviderTools(candidate, parameters)
    ? `\`${model}\` may use tools of its provider any number of times`
    : `\`${model}\` has no known price; ${priceRequestOf(candidate)}`;
  return invalid([{ path: "max_cost_usd", message: `cannot be held: ${why}` }]);
}
