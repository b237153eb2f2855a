import type { StreamPart } from "../domain/completions/completion.ts";
import { abortError, classifyFailure } from "./errors.ts";
import type { FailureContext } from "./errors.ts";

/**
 * Returns the circumstances of a failure. Called when it happens, because `now` must be its time.
 */
export type ContextOf = () => FailureContext;

/**
 * The parts of a stream. Throws an AppError for whatever breaks it. The SDKs end a stream silently
 * when its signal aborts; this throws the reason of the abort, so that a cut answer never looks
 * whole.
 */
export async function* guarded(parts: AsyncIterable<StreamPart>, contextOf: ContextOf): AsyncGenerator<StreamPart> {
  try {
    for await (const part of parts) {
      yield part;
    }
  } catch (error) {
    const context = contextOf();
    throw context.signal.aborted ? abortError(context) : classifyFailure(error, context);
  }
}
