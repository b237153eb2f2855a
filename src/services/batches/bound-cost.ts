import { CAPPED_MAX_TOKENS } from "../../domain/batches/batch.ts";
import { invalid } from "../../domain/errors.ts";
import { priceOf } from "../../domain/usage/prices.ts";
import { estimateTokens } from "../../domain/completions/token-estimate.ts";
import { MAX_ATTEMPTS } from "../completions/make-completion.ts";
import type { ExecutionRequest } from "../../domain/executions/execution-options.ts";
import { renderPrompt } from "../prompts/render-prompt.ts";
import type { ResolvePrompt } from "../prompts/resolve-prompt.ts";
import type { RouteModel } from "../completions/route-model.ts";

/**
 * The request with a bound on its output, and the most nano-dollars that it can cost: output up to its `max_tokens`, at the dearest model that may
 * answer, as often as answers may be bought (once, or with an output schema for every attempt). Throws what executing would for the prompt and
 * variables, and 422 where a model has no known price.
 */
export type BoundCost = (request: ExecutionRequest) => Promise<{ request: ExecutionRequest; nanousd: number }>;

/** True counts are at most about twice the estimate (digits, JSON; see {@link estimateTokens}). */
export const ESTIMATE_MARGIN = 2;

/** The service. */
export function createBoundCost(resolve: ResolvePrompt, route: RouteModel): BoundCost {
  return async function boundCost(request) {
    const { tenant_id, options } = request;
    const { row } = await resolve(tenant_id, options.prompt, 0);
    const { definition } = row;
    const max_tokens = options.parameters.max_tokens ?? definition.settings.max_tokens ?? CAPPED_MAX_TOKENS;
    const messages = renderPrompt(definition, request.variables);
    const prompt_tokens = estimateTokens(messages) * ESTIMATE_MARGIN;
    const usage = { prompt_tokens, completion_tokens: max_tokens, total_tokens: prompt_tokens + max_tokens };
    const { model, models } = options;
    const { candidates } = await route({ tenant_id, prompt_name: row.name, definition, messages, model, models });
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
  };
}
