/** A line that is longer than the reader was told to hold, or that is not JSON. */
export class JsonLineError extends Error {}

/**
 * The values of a JSON Lines body, one a line, as they come; blank lines are passed over. No more than a chunk and one line are held:
 * throws {@link JsonLineError} for a line of more than `maxLineBytes` bytes, and for one that is not JSON. Leaving early cancels the body.
 */
export async function* readJsonLines(
  body: ReadableStream<Uint8Array>,
  maxLineBytes: number,
): AsyncGenerator<unknown, void, undefined> {
  const reader = body.getReader();
  let parts: Uint8Array[] = [];
  let size = 0;
  let ended = false;
  try {
    while (!ended) {
      const { value: chunk = NOTHING, done } = await reader.read();
      ended = done;
      let from = 0;
      for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
        const line = parse([...parts, chunk.subarray(from, end)]);
        [parts, size, from] = [[], 0, end + 1];
        if (line !== undefined) yield line;
      }
      size += chunk.length - from;
      if (size > maxLineBytes) throw new JsonLineError(`a line of more than ${maxLineBytes} bytes`);
      if (from < chunk.length) parts.push(chunk.subarray(from));
    }
    const last = parse(parts);
    if (last !== undefined) yield last;
  } finally {
    if (ended) reader.releaseLock();
    else await reader.cancel().catch(() => undefined);
  }
}

const NEWLINE = 10;
const NOTHING = new Uint8Array();

function parse(parts: Uint8Array[]): unknown {
  const decoder = new TextDecoder();
  const text = parts.map((part) => decoder.decode(part, { stream: true })).join("") + decoder.decode();
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new JsonLineError("a line that is not JSON");
  }
}
