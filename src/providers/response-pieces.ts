import { AppError } from "../domain/errors.ts";
import { tooLarge } from "./egress.ts";

/** What watches the reading of a response. */
export interface Reading {
  /** The most bytes that are read. */
  maxBytes: number;
  signal: AbortSignal;
  /** Called for each piece that arrives. */
  onActivity?: (() => void) | undefined;
  /** Whether all that matters has come, so that a connection that breaks counts as its end. */
  isWhole?: () => boolean;
}

/**
 * The pieces of a body as they arrive. Throws AppError `provider_error` beyond the limit, and the
 * reason of the signal if that aborts, whatever the platform does with its own. Cancels the body if
 * it is not read to its end.
 */
export async function* readPieces(
  body: ReadableStream<Uint8Array> | null,
  { maxBytes, signal, onActivity, isWhole }: Reading,
): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  const reader = body.getReader();
  // Ends a read that is under way.
  const onAbort = () => void reader.cancel(signal.reason).catch(() => undefined);
  signal.addEventListener("abort", onAbort, { once: true });
  let bytes = 0;
  let isDone = false;
  try {
    // A signal that has aborted already tells no listener.
    signal.throwIfAborted();
    for (;;) {
      const piece = await reader.read();
      signal.throwIfAborted();
      if (piece.done) {
        isDone = true;
        return;
      }
      onActivity?.();
      bytes += piece.value.byteLength;
      if (bytes > maxBytes) throw tooLarge(maxBytes);
      yield piece.value;
    }
  } catch (error) {
    if (signal.aborted || error instanceof AppError || !isWhole?.()) throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
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
