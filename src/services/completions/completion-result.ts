import type { Attempt } from "../../domain/completions/attempt.ts";
import type { Candidate } from "../../domain/completions/candidate.ts";
import type { Completion, Said } from "../../domain/completions/completion.ts";
import { withKeptIds } from "../../domain/completions/response-ids.ts";
import { toAppError } from "../../domain/errors.ts";
import type { AnsweredCall, CallPart, ProviderTask } from "./call-provider.ts";
import { checkOutput } from "./check-output.ts";
import { CompletionFailed, toCompletionFailed } from "./completion-failed.ts";

/** A whole completion: who answered, what it said, and every attempt it took. */
export interface CompletionResult {
  candidate: Candidate;
  completion: Completion;
  /** The parsed answer, where the prompt has an output schema. */
  output_json?: unknown;
  /** All attempts in their order; the last one answered. */
  attempts: readonly Attempt[];
  /** Whether its text was said by several calls, each of which went on where the last broke off. */
  is_joined?: boolean;
}

/**
 * What the model says as it comes, then exactly one result. A stream that breaks throws
 * CompletionFailed.
 */
export type CompletionPart = Said | { type: "result"; result: CompletionResult };

/**
 * Passes a stream on; its end becomes a result, or a failure that carries the earlier attempts too.
 */
export async function* toResultParts(
  parts: AsyncIterable<CallPart>,
  task: ProviderTask,
  earlier: readonly Attempt[],
): AsyncGenerator<CompletionPart> {
  try {
    for await (const part of parts) {
      if (part.type === "answered") yield { type: "result", result: resultOf(part, task, earlier) };
      else yield part.type === "relayed" ? { ...part, text: asSeen(part.text, task) } : part;
    }
  } catch (error) {
    const { error: failure, attempts, text } = toCompletionFailed(error);
    throw new CompletionFailed(failure, [...earlier, ...attempts], text);
  }
}

/**
 * The result of an answered call. Throws CompletionFailed where the answer does not fit the output
 * schema.
 */
export function resultOf(
  { attempt, completion: answered }: AnsweredCall,
  task: ProviderTask,
  earlier: readonly Attempt[],
): CompletionResult {
  const { candidate, input } = task;
  const { relayed } = answered;
  const completion = relayed === undefined ? answered : { ...answered, relayed: asSeen(relayed, task) };
  try {
    const output_json = checkOutput(input, completion);
    return { candidate, completion, attempts: [...earlier, attempt], output_json };
  } catch (thrown) {
    const error = toAppError(thrown);
    throw new CompletionFailed(error, [{ ...attempt, outcome: "rejected", error }], completion.text);
  }
}

/** What is relayed, with ids of responses by which the client finds the key that keeps them. */
function asSeen(relayed: string, { input, candidate, admission }: ProviderTask): string {
  if (input.relay?.door !== "responses") return relayed;
  return withKeptIds(relayed, { provider: candidate.provider, key: admission.key.name });
}
