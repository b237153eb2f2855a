import type { Completion, CompletionInput, FinishReason } from "../../domain/completions/completion.ts";
import { validateOutput } from "../../domain/completions/output-schema.ts";
import { AppError } from "../../domain/errors.ts";

/**
 * The parsed answer where the prompt has an output schema, undefined where it has none and where
 * the model asks for calls of tools before it answers. Throws `provider_error` where the answer
 * does not fit. Another model may mend that, unless the answer is final: the model refused, or had
 * no tokens left. To ask again would buy the same once more.
 */
export function checkOutput(input: CompletionInput, completion: Completion): unknown {
  // What is relayed is the client's to check, as it would be without us.
  if (!input.output_schema || completion.tool_calls || input.relay?.body) return undefined;
  const checked = validateOutput(input.output_schema, completion.text);
  if (checked.ok) return checked.value;
  const errors = [...checked.errors];
  const final = FINAL.get(completion.finish_reason);
  if (final !== undefined) throw new AppError("provider_error", final, { errors });
  throw new AppError("provider_error", "The model's answer does not fit the prompt's output_schema.", {
    errors,
    retryable: true,
  });
}

const FINAL = new Map<FinishReason, string>([
  ["content_filter", "The model refused to answer."],
  ["length", "The answer reached its token limit before it fitted the prompt's output_schema."],
]);
