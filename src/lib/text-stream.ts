import { LineSplitter } from "./line-splitter.ts";

/** The errors to throw for bytes that cannot be read. */
export interface TextFaults {
  tooLarge(): Error;
  notUtf8(cause: unknown): Error;
}

/**
 * A body's text, piece by piece. Throws `tooLarge` beyond `maxBytes` bytes and `notUtf8` for bytes
 * that are not UTF-8. Drops a byte order mark. Leaving early cancels the body.
 */
export async function* textOf(
  body: ReadableStream<Uint8Array>,
  maxBytes: number,
  faults: TextFaults,
): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
  const decode = (bytes?: Uint8Array) => {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined });
    } catch (cause) {
      throw faults.notUtf8(cause);
    }
  };
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > maxBytes) throw faults.tooLarge();
    yield decode(chunk);
  }
  yield decode();
}

/**
 * The lines of a text that arrives in pieces, without their line feeds. Skips blank lines. Throws
 * `tooLong` for a line of more than `maxLength` characters, with the count of the lines before it.
 */
export async function* linesOf(
  pieces: AsyncIterable<string>,
  maxLength: number,
  tooLong: (line: number) => Error,
): AsyncGenerator<string> {
  const splitter = new LineSplitter();
  let count = 0;
  const checked = (line: string) => {
    if (line.length > maxLength) throw tooLong(count);
    return line;
  };
  for await (const piece of pieces) {
    for (const line of splitter.push(piece)) {
      if (line.trim() === "") continue;
      yield checked(line);
      count += 1;
    }
    checked(splitter.rest);
  }
  if (splitter.rest.trim() !== "") yield splitter.rest;
}
