import { ConnectionError, TimeoutError } from "./errors.ts";

/**
 * The text of a response as it comes. Throws a TimeoutError where nothing comes for `silenceMs`,
 * and a ConnectionError where it breaks off. Leaving early cancels the response.
 */
export async function* textPieces(
  response: Response,
  silenceMs: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<string> {
  const reader = response.body?.getReader();
  if (!reader) return;
  const decoder = new TextDecoder();
  let ended = false;
  try {
    while (!ended) {
      const { value, done } = await withinTime(reader.read(), silenceMs);
      ended = done;
      const text = decoder.decode(value, { stream: !done });
      if (text !== "") yield text;
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof ConnectionError) throw error;
    throw new ConnectionError(`the connection broke: ${String(error)}`, { cause: error });
  } finally {
    if (!ended) void reader.cancel().catch(() => undefined);
  }
}

async function withinTime<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimeoutError(`nothing came for ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
