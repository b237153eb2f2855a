import type { Candidate } from "./candidate.ts";
import type { CompletionInput } from "./completion.ts";
import { ignoredParameters } from "./ignored-parameters.ts";
import { wireOf } from "./upstream.ts";

/** A sentence for each parameter that the model was not sent, because it is known to refuse it. */
export function warningsFor(candidate: Candidate, { parameters, tools }: CompletionInput): string[] {
  const { provider, model } = candidate;
  const wire = wireOf(candidate);
  const ignored = wire ? ignoredParameters(wire, model, parameters, provider, tools) : [];
  return ignored.map((name) => `${name} was not sent to "${model}", which does not take it.`);
}
