import { isRecord } from "../wire.ts";

/** What some servers send before the arguments come, and others for a call that has none. */
const NOTHING = "{}";

/**
 * The arguments of a call of a tool, a JSON object whose text comes in pieces. Some servers send an
 * empty object first, or the whole text again at the end.
 */
export class StreamedArguments {
  #text = "";
  #first = "";
  /** The last piece, where the text before it was whole. */
  #again = "";
  #depth = 0;
  #isInString = false;
  #isEscaped = false;

  add(said: string): void {
    // White space alone is no beginning, and would look whole.
    const piece = this.isEmpty ? said.trimStart() : said;
    if (piece === "") return;
    if (this.isEmpty) this.#first = piece;
    this.#again = this.isWhole ? piece : "";
    this.#text += piece;
    for (const char of piece) this.#step(char);
  }

  get isEmpty(): boolean {
    return this.#text === "";
  }

  /** Whether the text is an object, and not the beginning of one. */
  get isWhole(): boolean {
    return this.#depth === 0 && !this.#isInString && !this.isEmpty;
  }

  /** The same, where no other arguments may follow. */
  get isSettled(): boolean {
    return this.isWhole && this.#text.trim() !== NOTHING;
  }

  /** Whether the text is whole, and a piece says all of it again. */
  repeats(piece: string): boolean {
    // Only white space may differ. So no short piece costs the reading of a long text.
    if (!this.isWhole || piece.length < this.#text.length / 2) return false;
    const [said, again] = [objectIn(this.text()), objectIn(piece)];
    return said !== undefined && again !== undefined && JSON.stringify(said) === JSON.stringify(again);
  }

  /** The text without what was said twice; as it came where it is no object all the same. */
  text(): string {
    const readings = [this.#text, this.#again, this.#withoutFirst()];
    return readings.find((text) => objectIn(text) !== undefined) ?? this.#text;
  }

  #withoutFirst(): string {
    return this.#first.trim() === NOTHING ? this.#text.slice(this.#first.length) : this.#text;
  }

  #step(char: string): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (this.#isInString) {
      this.#isEscaped = char === "\\";
      this.#isInString = char !== '"';
    } else if (char === '"') this.#isInString = true;
    else if (char === "{" || char === "[") this.#depth += 1;
    else if (char === "}" || char === "]") this.#depth -= 1;
  }
}

function objectIn(text: string): object | undefined {
  if (!text.trimStart().startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
