import type { Completion, CompletionInput } from "../../domain/completions/completion.ts";
import { validateOutput } from "../../domain/completions/output-schema.ts";
import { AppError } from "../../domain/errors.ts";

/**
 * The parsed answer where the prompt has an output schema, undefined where it has none. Throws
 * `provider_error`, which another model may mend, where the answer does not fit.
 */
export function checkOutput(input: CompletionInput, completion: Completion): unknown {
  if (!input.output_schema) return undefined;
  const checked = validateOutput(input.output_schema, completion.text);
  if (checked.ok) return checked.value;
  throw new AppError("provider_error", "The model's answer does not fit the prompt's output_schema.", {
    errors: checked.errors,
    retryable: true,
  });
}
