import { OversizedAnswer } from "../domain/completions/oversized-answer.ts";
import { startPatientTimer } from "../lib/deadline.ts";

/** What watches the reading of a response. */
export interface Reading {
  /** The most bytes that are read. */
  maxBytes: number;
  signal: AbortSignal;
  /** Called for each piece that arrives. */
  onActivity?: (() => void) | undefined;
  /**
   * Whether all that matters seems to have come, so that whatever ends the reading counts as its
   * end.
   */
  isWhole?: () => boolean;
  /** How long the connection may stay open after that, in ms; without end when absent. */
  restMs?: number;
}

/**
 * The pieces of a body as they arrive. Throws AppError `provider_error` beyond the limit, and the
 * reason of the signal if that aborts before the body is whole, whatever the platform does with its
 * own. Cancels the body if it is not read to its end.
 */
export async function* readPieces(
  body: ReadableStream<Uint8Array> | null,
  { maxBytes, signal, onActivity, isWhole, restMs }: Reading,
): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  const reader = body.getReader();
  // Ends a read that is under way.
  const endRead = () => void reader.cancel(signal.reason).catch(() => undefined);
  signal.addEventListener("abort", endRead, { once: true });
  let stopTimer: (() => void) | undefined;
  let bytes = 0;
  let isDone = false;
  try {
    // A signal that has aborted already tells no listener.
    signal.throwIfAborted();
    for (;;) {
      if (restMs !== undefined && isWhole?.()) stopTimer ??= startPatientTimer(restMs, endRead);
      else {
        stopTimer?.();
        stopTimer = undefined;
      }
      const piece = await reader.read();
      signal.throwIfAborted();
      if (piece.done) {
        isDone = true;
        return;
      }
      onActivity?.();
      bytes += piece.value.byteLength;
      if (bytes > maxBytes) throw new OversizedAnswer(maxBytes);
      yield piece.value;
    }
  } catch (error) {
    if (bytes > maxBytes || !isWhole?.()) throw error;
  } finally {
    stopTimer?.();
    signal.removeEventListener("abort", endRead);
    if (!isDone) await reader.cancel().catch(() => undefined);
  }
}

/** The whole body as text. Throws as {@link readPieces} does. */
export async function readText(body: ReadableStream<Uint8Array> | null, reading: Reading): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of readPieces(body, reading)) text += decoder.decode(piece, { stream: true });
  return text + decoder.decode();
}
