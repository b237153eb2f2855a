import type { Candidate } from "./candidate.ts";
import type { CompletionInput } from "./completion.ts";
import { ignoredParameters } from "./ignored-parameters.ts";

/** A sentence for each parameter that the model was not sent, because it is known to refuse it. */
export function warningsFor({ provider, model }: Candidate, { parameters }: CompletionInput): string[] {
  return ignoredParameters(provider, model, parameters).map(
    (name) => `${name} was not sent to "${model}", which does not take it.`,
  );
}
