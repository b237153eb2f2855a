import { boundedMaxTokens } from "../../domain/completions/output-bound.ts";
import { maxPromptTokens } from "../../domain/completions/prompt-bound.ts";
import { priceRequestOf } from "../../domain/completions/tenant-price.ts";
import { invalid } from "../../domain/errors.ts";
import { worstPriceOf } from "../../domain/completions/prices.ts";
import { MAX_ATTEMPTS } from "../completions/make-completion.ts";
import type { ExecutionRequest } from "../../domain/executions/execution-options.ts";
import { modelInput } from "../executions/model-input.ts";
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
 * price.
 */
export async function boundCost(
  deps: Pick<BatchDeps, "resolve" | "route">,
  request: ExecutionRequest,
): Promise<BoundedRequest> {
  const { tenant_id, options } = request;
  const { row } = await deps.resolve(tenant_id, options.prompt, 0);
  const { definition } = row;
  const input = modelInput(definition, request.variables, options);
  const { messages, tools } = input;
  const max_tokens = boundedMaxTokens(input.parameters);
  const prompt_tokens = maxPromptTokens(input);
  const { model, models } = options;
  const { candidates } = await deps.route({
    tenant_id,
    prompt_name: row.name,
    definition,
    messages,
    tools,
    model,
    models,
  });
  const prices = candidates.map(({ provider, model: name, price: own }) => {
    const price = worstPriceOf(provider, name, { prompt_tokens, completion_tokens: max_tokens }, { own });
    if (!price) {
      const hint = priceRequestOf({ provider, model: name });
      throw invalid([{ path: "max_cost_usd", message: `cannot be held: \`${name}\` has no known price; ${hint}` }]);
    }
    return price.cost_nanousd;
  });
  return {
    request: { ...request, options: { ...options, parameters: { ...options.parameters, max_tokens } } },
    nanousd: Math.max(...prices) * MAX_ATTEMPTS,
  };
}
