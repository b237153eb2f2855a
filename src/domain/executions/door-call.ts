import type { Candidate } from "../completions/candidate.ts";
import type { CompletionInput } from "../completions/completion.ts";
import { providerOfDoor, type Relay } from "../completions/relay.ts";
import { wireOf } from "../completions/upstream.ts";
import type { FieldError } from "../errors.ts";

/** What the client of a door asks beside the options that all executions have. */
export interface DoorCall extends Pick<CompletionInput, "output_schema" | "output_format" | "reasoning"> {
  relay: Relay;
  /** The fields of the body that only the door's own wire format has, by name. */
  own: readonly string[];
  /** What inside of the body has no counterpart in our terms. */
  untranslated: readonly FieldError[];
  /**
   * What is told of the request with its answer, in the client's own words. Only where the answer
   * is written later, when the body is gone. It has no input where `relay` has it.
   */
  asked?: Readonly<Record<string, unknown>>;
}

/**
 * What of a body a candidate could not be asked: nothing where the body is sent to it as it is.
 * Nothing of a request is dropped in silence.
 */
export function translationFaults(
  { relay, own, untranslated }: DoorCall,
  candidates: readonly Candidate[],
): FieldError[] {
  const provider = providerOfDoor(relay.door);
  const other = candidates.find((candidate) => wireOf(candidate) !== provider);
  if (other) {
    const message = `has no counterpart in the API that \`${other.model}\` is called by`;
    return [...own.map((path) => ({ path, message })), ...untranslated];
  }
  return relay.body ? [] : [...untranslated];
}
