import { LineSplitter } from "./line-splitter.ts";
import { parseExact } from "./ordered-json.ts";

/** A line that is too long to hold, or that is not JSON. */
export class JsonLineError extends Error {}

/**
 * The values of a JSON Lines body, in order, each with its digits ({@link parseExact}); in the
 * place of a line that is not JSON or has more than `maxLineBytes` bytes, its error. Skips blank
 * lines. Holds one chunk and one line. Throws {@link JsonLineError} for such a line that does not
 * end, because the body was cut off then. Leaving early cancels the body.
 */
export async function* readJsonLines(
  body: ReadableStream<Uint8Array>,
  maxLineBytes: number,
): AsyncGenerator<unknown, void, undefined> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const splitter = new LineSplitter();
  /** Bytes of the line that has not ended yet. */
  let size = 0;
  let ended = false;
  /** The error of a line that is too long and has not ended yet. It is not held. */
  let tooLong: JsonLineError | null = null;
  try {
    while (!ended) {
      const { value: chunk = NOTHING, done } = await reader.read();
      ended = done;
      for (const line of splitter.push(decoder.decode(chunk, { stream: !done }))) {
        if (tooLong) yield tooLong;
        else if (line.trim() !== "") yield parsed(line);
        tooLong = null;
      }
      const lastFeed = chunk.lastIndexOf(LINE_FEED);
      size = lastFeed < 0 ? size + chunk.length : chunk.length - lastFeed - 1;
      if (size > maxLineBytes) tooLong = new JsonLineError(`a line of more than ${maxLineBytes} bytes`);
      if (tooLong) splitter.drop();
    }
    if (tooLong) throw tooLong;
    if (splitter.rest.trim() !== "") {
      const last = parsed(splitter.rest);
      if (last instanceof JsonLineError) throw last;
      yield last;
    }
  } finally {
    if (ended) reader.releaseLock();
    else await reader.cancel().catch(() => undefined);
  }
}

const LINE_FEED = 10;
const NOTHING = new Uint8Array();

function parsed(line: string): unknown {
  try {
    return parseExact(line);
  } catch {
    return new JsonLineError("a line that is not JSON");
  }
}
