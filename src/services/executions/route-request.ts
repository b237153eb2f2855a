import type { CompletionInput } from "../../domain/completions/completion.ts";
import { invalid } from "../../domain/errors.ts";
import { translationFaults } from "../../domain/executions/door-call.ts";
import { type ExecutionRequest, NO_PROMPT_NAME } from "../../domain/executions/execution-options.ts";
import type { ModelRoute, RouteModel } from "../completions/route-model.ts";
import type { ResolvedPrompt, ResolvePrompt } from "../prompts/resolve-prompt.ts";
import { modelInput } from "./model-input.ts";
import { NO_PROMPT } from "./no-prompt.ts";

/** A request with its version, what a model would be asked, and the candidates for it. */
export interface RoutedRequest {
  resolved: ResolvedPrompt;
  input: CompletionInput;
  route: ModelRoute;
}

/**
 * Finds out who would be asked what, without asking. `roll` in [0, 1) chooses the arm of a split.
 * Throws what executing would throw for the request.
 */
export async function routeRequest(
  deps: { resolve: ResolvePrompt; route: RouteModel },
  { tenant_id, variables, options, door }: ExecutionRequest,
  roll: number,
): Promise<RoutedRequest> {
  const { prompt, model, models } = options;
  const resolved = prompt.name === NO_PROMPT_NAME ? NO_PROMPT : await deps.resolve(tenant_id, prompt, roll);
  const { definition } = resolved.row;
  const input = modelInput(definition, variables, options, door);
  const { messages, parameters, tools, relay } = input;
  const asked = { tenant_id, prompt_name: prompt.name, definition, messages, parameters, tools, model, models, relay };
  const route = await deps.route(asked);
  const faults = door ? translationFaults(door, route.candidates) : [];
  if (faults.length > 0) throw invalid(faults);
  return { resolved, input, route };
}
