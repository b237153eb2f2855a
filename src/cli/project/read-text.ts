import { readFileSync } from "node:fs";

/** A file that cannot be read as text. The message says why, in words for a person. */
export class UnreadableFile extends Error {
  override name = "UnreadableFile";
}

/**
 * The text of a file, byte for byte. Throws an UnreadableFile where it cannot be read, or is not
 * UTF-8: other bytes would silently become other letters.
 */
export function readTextFile(path: string): string {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new UnreadableFile("cannot be read", { cause: error });
  }
  return textOfBytes(bytes);
}

/** The text of lines or JSON that a person gives, which may begin with a byte order mark. */
export function readDataFile(path: string): string {
  return withoutMark(readTextFile(path));
}

/** The text of bytes. Throws an UnreadableFile where they are not UTF-8. */
export function textOfBytes(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new UnreadableFile("is not UTF-8: save it in that encoding", { cause: error });
  }
}

/** Why a file was not read, as the end of a sentence about it. */
export function whyUnreadable(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Text without a byte order mark at its beginning. */
export function withoutMark(text: string): string {
  return text.startsWith("\uFEFF") ? text.slice(1) : text;
}
