import { CAPPED_MAX_TOKENS } from "../../domain/batches/batch.ts";
import { invalid } from "../../domain/errors.ts";
import { priceOf } from "../../domain/completions/prices.ts";
import { estimateTokens } from "../../domain/completions/token-estimate.ts";
import { MAX_ATTEMPTS } from "../completions/make-completion.ts";
import type { ExecutionRequest } from "../../domain/executions/execution-options.ts";
import { renderPrompt } from "../prompts/render-prompt.ts";
import type { BatchDeps } from "./batch-deps.ts";

/** A request whose output is bounded, and the most that it can cost, nano-dollars. */
export interface BoundedRequest {
  request: ExecutionRequest;
  nanousd: number;
}

/**
 * True token counts are at most about twice the estimate; digits and JSON come closest (see
 * {@link estimateTokens}).
 */
export const ESTIMATE_MARGIN = 2;

/**
 * Bounds the output of a request and computes the most that it can cost: output up to
 * `max_tokens` from its dearest candidate, once, or once an attempt where an output schema may
 * reject answers. Throws what executing would throw for the prompt and its variables, and 422 if a
 * candidate has no known price.
 */
export async function boundCost(
  deps: Pick<BatchDeps, "resolve" | "route">,
  request: ExecutionRequest,
): Promise<BoundedRequest> {
  const { tenant_id, options } = request;
  const { row } = await deps.resolve(tenant_id, options.prompt, 0);
  const { definition } = row;
  const max_tokens = options.parameters.max_tokens ?? definition.settings.max_tokens ?? CAPPED_MAX_TOKENS;
  const messages = renderPrompt(definition, request.variables);
  const prompt_tokens = estimateTokens(messages) * ESTIMATE_MARGIN;
  const usage = { prompt_tokens, completion_tokens: max_tokens, total_tokens: prompt_tokens + max_tokens };
  const { model, models } = options;
  const { candidates } = await deps.route({ tenant_id, prompt_name: row.name, definition, messages, model, models });
  const prices = candidates.map((candidate) => {
    const price = priceOf(candidate.provider, candidate.model, usage);
    if (!price)
      throw invalid([{ path: "max_cost_usd", message: `cannot be held: \`${candidate.model}\` has no known price` }]);
    return price.cost_nanousd;
  });
  const answers = definition.output_schema ? MAX_ATTEMPTS : 1;
  return {
    request: { ...request, options: { ...options, parameters: { ...options.parameters, max_tokens } } },
    nanousd: Math.max(...prices) * answers,
  };
}
