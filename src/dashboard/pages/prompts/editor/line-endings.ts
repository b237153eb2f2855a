/** How the lines of a file end, so that editing it does not change every line. */
export type LineEnding = "\n" | "\r\n";

/** The ending of a file's lines: CRLF where every line has it. */
export function endingOf(text: string): LineEnding {
  return text.includes("\r\n") && !/(?:^|[^\r])\n/.test(text) ? "\r\n" : "\n";
}

/** A text whose lines end with LF, as an editor has them. */
export function withLf(text: string): string {
  return text.replaceAll(/\r\n?/g, "\n");
}

/** An editor's text with the ending of the file that was opened. */
export function withEnding(text: string, ending: LineEnding): string {
  return ending === "\n" ? text : text.replaceAll("\n", ending);
}
