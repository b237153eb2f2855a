import { type ExecutionRequest, NO_PROMPT_NAME } from "../../domain/executions/execution-options.ts";
import { stickyRoll } from "../../domain/prompts/label.ts";
import type { PromptDefinition } from "../../domain/prompts/prompt.ts";
import type { ResolvePrompt } from "../prompts/resolve-prompt.ts";

/** What {@link findTimeLimit} needs: `executionTimeoutMs` is the deployment's limit. */
export interface TimeLimitDeps {
  resolve: ResolvePrompt;
  executionTimeoutMs: number;
}

/**
 * How long an execution may take, in ms: as its caller says, or else its prompt, or else the lane
 * of its batch, or else the deployment.
 */
export function timeLimitOf(
  { options, default_timeout_ms }: ExecutionRequest,
  { settings }: Pick<PromptDefinition, "settings">,
  executionTimeoutMs: number,
): number {
  return options.timeout_ms ?? settings.timeouts?.total_ms ?? default_timeout_ms ?? executionTimeoutMs;
}

/** {@link timeLimitOf} before the execution begins, which is when its prompt is not known yet. */
export async function findTimeLimit(
  { resolve, executionTimeoutMs }: TimeLimitDeps,
  request: ExecutionRequest,
): Promise<number> {
  const { tenant_id, options } = request;
  const { prompt, user, timeout_ms } = options;
  if (timeout_ms !== undefined) return timeout_ms;
  const roll = user === undefined ? 0 : stickyRoll(prompt.name, user);
  // A prompt that is not found is for the execution to report, if it comes to one.
  const found =
    prompt.name === NO_PROMPT_NAME ? undefined : await resolve(tenant_id, prompt, roll).catch(() => undefined);
  return timeLimitOf(request, found?.row.definition ?? { settings: {} }, executionTimeoutMs);
}
