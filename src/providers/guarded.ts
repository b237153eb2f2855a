import type { StreamPart } from "../domain/completions/completion.ts";
import { abortError, toAppError } from "./errors.ts";
import type { FailureContext } from "./errors.ts";

/** A failure's surroundings, made when it happens: `now` must be the time of the failure. */
export type ContextOf = () => FailureContext;

/**
 * The parts of a stream, with whatever breaks it as an AppError. The SDKs end a stream silently when its signal is aborted;
 * here that throws the abort's reason, so that a cut answer is never taken for a whole one.
 */
export async function* guarded(parts: AsyncIterable<StreamPart>, contextOf: ContextOf): AsyncGenerator<StreamPart> {
  try {
    for await (const part of parts) {
      yield part;
    }
  } catch (error) {
    const context = contextOf();
    throw context.signal.aborted ? abortError(context) : toAppError(error, context);
  }
}
