import { CAPPED_MAX_TOKENS } from "../../domain/batches/batch.ts";
import { invalid } from "../../domain/errors.ts";
import { priceOf } from "../../domain/usage/prices.ts";
import { estimateTokens } from "../../domain/completions/token-estimate.ts";
import { MAX_ATTEMPTS } from "../completions/complete.ts";
import type { ExecuteRequest } from "../executions/execute-request.ts";
import { renderPrompt } from "../prompts/render-prompt.ts";
import type { ResolvePrompt } from "../prompts/resolve-prompt.ts";
import type { RouteModel } from "../completions/route-model.ts";

/**
 * The request with a bound on its output, and the most nano-dollars that it can cost: output up to its `max_tokens`, at the dearest model that may
 * answer, as often as answers may be bought (once, or with an output schema for every attempt). Throws what executing would for the prompt and
 * variables, and 422 where a model has no known price.
 */
export type BoundCost = (request: ExecuteRequest) => Promise<{ request: ExecuteRequest; nanousd: number }>;

/** True counts are at most about twice the estimate (digits, JSON; see {@link estimateTokens}). */
export const ESTIMATE_MARGIN = 2;

/** The service. */
export function createBoundCost(resolve: ResolvePrompt, route: RouteModel): BoundCost {
  return async function boundCost(request) {
    const { row } = await resolve(request.tenant_id, request.prompt, 0);
    const { definition } = row;
    const max_tokens = request.parameters.max_tokens ?? definition.settings.max_tokens ?? CAPPED_MAX_TOKENS;
    const messages = renderPrompt(definition, request.variables);
    const prompt_tokens = estimateTokens(messages) * ESTIMATE_MARGIN;
    const usage = { prompt_tokens, completion_tokens: max_tokens, total_tokens: prompt_tokens + max_tokens };
    const { tenant_id, model, models } = request;
    const { candidates } = await route({ tenant_id, prompt_name: row.name, definition, messages, model, models });
    const prices = candidates.map((candidate) => {
      const price = priceOf(candidate.provider, candidate.model, usage);
      if (!price)
        throw invalid([{ path: "max_cost_usd", message: `cannot be held: \`${candidate.model}\` has no known price` }]);
      return price.cost_nanousd;
    });
    const answers = definition.output_schema ? MAX_ATTEMPTS : 1;
    return {
      request: { ...request, parameters: { ...request.parameters, max_tokens } },
      nanousd: Math.max(...prices) * answers,
    };
  };
}
