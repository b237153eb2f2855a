/** A JSON object whose one long array is read element by element. */
export interface JsonElements {
  /** The array's elements as JSON text, in order. Read them to the end before {@link rest}. */
  elements: AsyncIterable<string>;
  /** The object with the array emptied, as JSON text. Complete once all elements are read. */
  rest(): string;
}

/** The errors to throw for text that cannot be read. */
export interface JsonElementsFaults {
  notJson(): Error;
  /** `element` is the index of the element that is too long; null for the rest of the object. */
  tooLong(element: number | null): Error;
}

/**
 * Splits `{…, "<key>": [a, b, …], …}` while it arrives in pieces. Holds one piece, one element and
 * the rest of the object. Follows only the structure (strings, brackets, commas): the caller parses
 * each text that comes out, and that finds every other fault. `maxLength` bounds an element and the
 * rest, each in characters.
 */
export function jsonElements(
  pieces: AsyncIterable<string>,
  key: string,
  maxLength: number,
  faults: JsonElementsFaults,
): JsonElements {
  const splitter = new ElementSplitter(key, maxLength, faults);
  async function* elements(): AsyncGenerator<string> {
    for await (const piece of pieces) yield* splitter.push(piece);
    splitter.end();
  }
  return { elements: elements(), rest: () => splitter.rest };
}

/** The longest key that is looked at, with its quotes and the white space around its colon. */
const KEY_LENGTH = 257;
const MARK = /["{}[\],]/g;

class ElementSplitter {
  readonly #key: string;
  readonly #maxLength: number;
  readonly #faults: JsonElementsFaults;
  #rest = "";
  /** The element being read; null outside the array. */
  #element: string | null = null;
  #count = 0;
  #depth = 0;
  #inString = false;
  #arraySeen = false;
  /** A backslash at the end of a piece, which escapes the first character of the next piece. */
  #carried = "";
  /** The end of the rest, which may be the key of the array: {@link KEY_LENGTH} characters. */
  #tail = "";

  constructor(key: string, maxLength: number, faults: JsonElementsFaults) {
    this.#key = key;
    this.#maxLength = maxLength;
    this.#faults = faults;
  }

  get rest(): string {
    return this.#rest;
  }

  *push(piece: string): Generator<string> {
    const text = this.#carried + piece;
    this.#carried = "";
    let at = 0;
    while (at < text.length) {
      const end = this.#inString ? endOfString(text, at) : nextMark(text, at);
      if (end === null) {
        this.#carried = this.#inString && backslashesBefore(text, text.length, at) % 2 === 1 ? "\\" : "";
        this.#keep(text.slice(at, text.length - this.#carried.length));
        return;
      }
      this.#keep(text.slice(at, end - 1));
      at = end;
      if (this.#inString) {
        this.#inString = false;
        this.#keep('"');
      } else {
        const ended = this.#take(text[end - 1] ?? "");
        if (ended !== null && ended.trim() !== "") yield ended;
      }
    }
  }

  end(): void {
    if (this.#depth !== 0 || this.#inString || this.#carried !== "") throw this.#faults.notJson();
  }

  #keep(text: string): void {
    if (this.#element === null) {
      this.#rest += text;
      this.#tail = (this.#tail + text.slice(-KEY_LENGTH)).slice(-KEY_LENGTH);
    } else this.#element += text;
    const isTooLong = (this.#element ?? this.#rest).length > this.#maxLength;
    if (isTooLong) throw this.#faults.tooLong(this.#element === null ? null : this.#count);
  }

  /**
   * Processes a mark. Returns the element that it ends, which may be blank, or null if it ends
   * none.
   */
  #take(mark: string): string | null {
    if (this.#element !== null && this.#depth === 2 && (mark === "," || mark === "]")) {
      return this.#endElement(this.#element, mark);
    }
    this.#keep(mark);
    if (mark === '"') this.#inString = true;
    else if (mark === "{" || mark === "[") this.#depth += 1;
    else if (mark !== ",") this.#depth -= 1;
    const isArray = mark === "[" && this.#depth === 2 && this.#element === null;
    if (isArray && isValueOf(this.#tail.slice(0, -1), this.#key)) {
      if (this.#arraySeen) throw this.#faults.notJson();
      this.#arraySeen = true;
      this.#element = "";
    }
    return null;
  }

  #endElement(element: string, mark: string): string {
    const isBlank = element.trim() === "";
    if (isBlank && (mark === "," || this.#count > 0)) throw this.#faults.notJson();
    this.#count += 1;
    this.#element = mark === "," ? "" : null;
    if (mark === "]") {
      this.#depth -= 1;
      this.#rest += mark;
    }
    return element;
  }
}

/** The index after the next mark, or null if there is none. */
function nextMark(text: string, from: number): number | null {
  MARK.lastIndex = from;
  return MARK.test(text) ? MARK.lastIndex : null;
}

/**
 * The index after the quote that ends the string, or null if the string does not end in this text.
 */
function endOfString(text: string, from: number): number | null {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 1)) {
    if (backslashesBefore(text, at, from) % 2 === 0) return at + 1;
  }
  return null;
}

/** How many backslashes stand directly before an index, and not before `from`. */
function backslashesBefore(text: string, index: number, from: number): number {
  let count = 0;
  while (index - 1 - count >= from && text[index - 1 - count] === "\\") count += 1;
  return count;
}

/** Whether the value after `before` belongs to this key: the text ends with the key and a colon. */
function isValueOf(before: string, key: string): boolean {
  const [, name] = /("(?:[^"\\]|\\.)*")\s*:\s*$/.exec(before) ?? [];
  if (name === undefined) return false;
  try {
    return JSON.parse(name) === key;
  } catch {
    return false;
  }
}
