/** What becomes of bytes that cannot be read: the error to throw. */
export interface TextFaults {
  tooLarge(): Error;
  notUtf8(cause: unknown): Error;
}

/** A body's text in pieces as they come, counted in bytes. A byte order mark is left out. Ending early cancels the body. */
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

/** The lines of a text in pieces, without their ends; blank ones are left out. `tooLong` is given the number of the line that exceeds `maxLength` characters. */
export async function* linesOf(
  pieces: AsyncIterable<string>,
  maxLength: number,
  tooLong: (line: number) => Error,
): AsyncGenerator<string> {
  let rest = "";
  let line = 0;
  const checked = (text: string) => {
    if (text.length > maxLength) throw tooLong(line);
    return text;
  };
  for await (const piece of pieces) {
    const [first = "", ...more] = piece.split("\n");
    rest += first;
    for (const next of more) {
      if (rest.trim() !== "") {
        yield checked(rest);
        line += 1;
      }
      rest = next;
    }
    checked(rest);
  }
  if (rest.trim() !== "") yield checked(rest);
}
