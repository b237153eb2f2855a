import { LineSplitter } from "./line-splitter.ts";

/** A server-sent event. */
export interface SseEvent {
  /** The name of the event; empty where it has none. */
  event: string;
  data: string;
}

/**
 * Reads server-sent events from text that arrives in pieces (WHATWG HTML, "server-sent events").
 * Ids and retry times are left out, and an event that has not ended is not given. Its work grows as
 * the text does, however small the pieces are.
 */
export class SseParser {
  readonly #lines = new LineSplitter();
  #endedInReturn = false;
  #event = "";
  #data: string[] = [];

  /** The events that end in this piece. */
  push(piece: string): SseEvent[] {
    const events: SseEvent[] = [];
    for (const line of this.#lines.push(this.#withoutReturns(piece))) {
      if (line !== "") {
        this.#field(line);
        continue;
      }
      if (this.#data.length > 0) events.push({ event: this.#event, data: this.#data.join("\n") });
      this.#event = "";
      this.#data = [];
    }
    return events;
  }

  /** A line ends in LF, CR or both, which may come in two pieces. */
  #withoutReturns(piece: string): string {
    const text = this.#endedInReturn && piece.startsWith("\n") ? piece.slice(1) : piece;
    if (piece !== "") this.#endedInReturn = piece.endsWith("\r");
    return text.includes("\r") ? text.replaceAll("\r\n", "\n").replaceAll("\r", "\n") : text;
  }

  #field(line: string): void {
    const colon = line.indexOf(":");
    const name = colon === -1 ? line : line.slice(0, colon);
    if (name !== "data" && name !== "event") return;
    const value = colon === -1 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (name === "data") this.#data.push(value);
    else this.#event = value;
  }
}
