/** Splits text that arrives in pieces into lines. It holds only the line that has not ended yet. */
export class LineSplitter {
  #rest = "";

  /** Takes the next piece and returns the lines that end in it, without their line feeds. */
  push(piece: string): string[] {
    const lines = piece.split("\n");
    lines[0] = this.#rest + (lines[0] ?? "");
    this.#rest = lines.pop() ?? "";
    return lines;
  }

  /** Forgets what has come of the line that has not ended yet. */
  drop(): void {
    this.#rest = "";
  }

  /** The text after the last line feed: the beginning of the next line, or the last line of all. */
  get rest(): string {
    return this.#rest;
  }
}
