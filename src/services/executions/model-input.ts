import type { CompletionInput, CompletionParameters } from "../../domain/completions/completion.ts";
import type { DoorCall } from "../../domain/executions/door-call.ts";
import type { ExecutionOptions } from "../../domain/executions/execution-options.ts";
import type { PromptDefinition, PromptSettings } from "../../domain/prompts/prompt.ts";
import { renderPrompt } from "../../domain/prompts/render-prompt.ts";

/**
 * What a model is asked: the prompt's messages with the caller's after them, and of parameters and
 * tools what the caller gives, or else the prompt's. Throws `validation_error` where the prompt
 * cannot be rendered.
 */
export function modelInput(
  definition: PromptDefinition,
  variables: Record<string, unknown>,
  options: Pick<ExecutionOptions, "messages" | "parameters" | "include" | "user" | keyof Tools>,
  door?: DoorCall,
): CompletionInput {
  const tools = options.tools ?? definition.tools;
  const tool_choice = options.tool_choice ?? definition.tool_choice;
  const parallel_tool_calls = options.parallel_tool_calls ?? definition.parallel_tool_calls;
  // What is relayed has no prompt, and neither has our own question to a judge.
  const isBare = door?.relay.body !== undefined || definition.messages.length === 0;
  const rendered = isBare ? [] : renderPrompt(definition, variables);
  return {
    messages: [...rendered, ...(options.messages ?? [])],
    parameters: mergedParameters(parametersOf(definition.settings), options.parameters, door),
    output_schema: door?.output_schema ?? definition.output_schema,
    ...(door?.output_format && { output_format: door.output_format }),
    user: options.user,
    ...(tools !== undefined && { tools }),
    ...(tool_choice !== undefined && { tool_choice }),
    ...(parallel_tool_calls !== undefined && { parallel_tool_calls }),
    ...((options.include?.includes("reasoning") === true || door?.reasoning) && { reasoning: true }),
    ...(door && { relay: door.relay }),
  };
}

/**
 * The caller's parameters in place of the prompt's. A door always sends options of its provider,
 * its own fields: those of the prompt stay beside them.
 */
function mergedParameters(
  ofPrompt: CompletionParameters,
  given: CompletionParameters | undefined,
  door: DoorCall | undefined,
): CompletionParameters {
  const merged = { ...ofPrompt, ...given };
  const { provider_options: own } = ofPrompt;
  if (!door || !own) return merged;
  const { openai, anthropic } = given?.provider_options ?? {};
  const provider_options = {
    ...((own.openai ?? openai) && { openai: { ...own.openai, ...openai } }),
    ...((own.anthropic ?? anthropic) && { anthropic: { ...own.anthropic, ...anthropic } }),
  };
  return { ...merged, provider_options };
}

type Tools = Pick<CompletionInput, "tools" | "tool_choice" | "parallel_tool_calls">;

/** The model's parameters among a prompt's settings. */
export function parametersOf(settings: PromptSettings): CompletionParameters {
  const {
    timeouts: _timeouts,
    safety_level: _safety,
    cache_responses: _cache,
    stale_if_error: _stale,
    ...rest
  } = settings;
  return rest;
}
