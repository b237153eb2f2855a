import { type ExecutionRequest, NO_PROMPT_NAME } from "../../domain/executions/execution-options.ts";
import type { ResolvedPrompt, ResolvePrompt } from "../prompts/resolve-prompt.ts";
import { NO_PROMPT } from "./no-prompt.ts";

/**
 * The prompt of an execution: the version that its reference means, with the draft in its place
 * where one is tried, or none. Throws as `resolve` does.
 */
export async function resolvedFor(
  resolve: ResolvePrompt,
  { tenant_id, options: { prompt }, draft }: ExecutionRequest,
  roll: number,
  revalidate = false,
): Promise<ResolvedPrompt> {
  if (prompt.name === NO_PROMPT_NAME) return NO_PROMPT;
  const resolved = await resolve(tenant_id, prompt, roll, revalidate);
  return draft ? { ...resolved, row: { ...resolved.row, definition: draft } } : resolved;
}
