import { invalid } from "../errors.ts";
import { parsePromptReference, type PromptReference } from "../prompts/prompt-reference.ts";

/** What the name of a model in a door's body begins with where it stands for a stored prompt. */
const PROMPT_PREFIX = "prompt:";

/**
 * The stored prompt that the name of a model stands for: `prompt:<name>`, `prompt:<name>@<label>`
 * or `prompt:<name>#<version>`; undefined for every other name. Throws `validation_error` for one
 * that begins so and is none of them.
 */
export function parsePromptModel(model: string): PromptReference | undefined {
  if (!model.startsWith(PROMPT_PREFIX)) return undefined;
  const reference = parsePromptReference(model.slice(PROMPT_PREFIX.length));
  if (reference) return reference;
  const message = "must be `prompt:<name>`, `prompt:<name>@<label>` or `prompt:<name>#<version>`";
  throw invalid([{ path: "model", message }]);
}
