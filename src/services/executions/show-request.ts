import type { CompletionInput, ProviderName } from "../../domain/completions/completion.ts";
import { DEFAULT_MODEL } from "../../domain/completions/models.ts";
import { wireOf } from "../../domain/completions/upstream.ts";
import { AppError } from "../../domain/errors.ts";
import type { PromptDefinition } from "../../domain/prompts/prompt.ts";
import { toWireRequest, type WireRequest } from "../../providers/wire-request.ts";
import { candidateOf, type RouteModelDeps } from "../completions/route-model.ts";
import { modelInput } from "./model-input.ts";

/** A version of a prompt with variables. */
export interface ShownPrompt {
  tenant_id: string;
  definition: PromptDefinition;
  variables: Record<string, unknown>;
}

/** What a model is given, and the request that carries it to the first model of the prompt. */
export interface ShownRequest {
  input: CompletionInput;
  /**
   * Absent where nothing would be sent: the prompt leaves the choice of a model to its score, or
   * its model cannot be called with this input.
   */
  request?: WireRequest & { provider: ProviderName; model: string };
}

/** Renders a prompt and shows what would be sent. Throws `validation_error` for the variables. */
export async function showRequest(
  deps: Pick<RouteModelDeps, "upstreamsOf">,
  { tenant_id, definition, variables }: ShownPrompt,
): Promise<ShownRequest> {
  const input = modelInput(definition, variables, { parameters: {} });
  const candidate = await candidateOf(deps, tenant_id, definition.models[0] ?? DEFAULT_MODEL);
  const wire = candidate && wireOf(candidate);
  if (!candidate || wire === undefined) return { input };
  const { provider, model } = candidate;
  try {
    return { input, request: { provider, model, ...toWireRequest(wire, { ...input, provider, model }) } };
  } catch (error) {
    if (error instanceof AppError && error.code === "validation_error") return { input };
    throw error;
  }
}
