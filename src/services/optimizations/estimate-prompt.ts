import { estimateTokens, tokensInBytes } from "../../domain/completions/token-estimate.ts";
import { AppError } from "../../domain/errors.ts";
import { textsOf } from "../../domain/optimizations/prompt-texts.ts";
import type { PromptDefinition } from "../../domain/prompts/prompt.ts";
import type { TestCase } from "../../domain/tests/test-case.ts";
import { byteLength } from "../../lib/encoding.ts";
import { renderPrompt } from "../../domain/prompts/render-prompt.ts";

/**
 * The prompt tokens of a draft for the inputs of its tests, as estimated: their mean, of those that
 * it can be rendered with. Without any, the tokens of its templates.
 */
export function estimatePrompt(draft: PromptDefinition, cases: readonly TestCase[]): number {
  const rendered = cases.flatMap(({ variables, messages = [] }) => {
    try {
      return estimateTokens([...renderPrompt(draft, variables), ...messages], draft.tools);
    } catch (error) {
      if (error instanceof AppError) return [];
      throw error;
    }
  });
  if (rendered.length > 0) return rendered.reduce((sum, tokens) => sum + tokens, 0) / rendered.length;
  return textsOf(draft.messages).reduce((sum, text) => sum + tokensInBytes(byteLength(text)), 0);
}
