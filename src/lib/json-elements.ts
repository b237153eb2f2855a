/** A JSON object whose one long array is read element by element. */
export interface JsonElements {
  /** The array's elements as JSON text, in order. Read them to the end first. */
  elements: AsyncIterable<string>;
  /** The object with the array left empty, as JSON text; complete once the elements are read. */
  rest(): string;
}

/** Why an object could not be read this way. */
export interface JsonElementsFaults {
  notJson(): Error;
  /** `element` is its number; null where the rest of the object is too long. */
  tooLong(element: number | null): Error;
}

/**
 * Splits `{…, "<key>": [a, b, …], …}` while it comes in pieces, without holding more than a piece, one element and the rest of the object. Only
 * the structure is followed (strings, brackets, commas): each text that comes out is still to be parsed, and that finds every other fault.
 */
export function jsonElements(
  pieces: AsyncIterable<string>,
  key: string,
  maxLength: number,
  faults: JsonElementsFaults,
): JsonElements {
  const splitter = createSplitter(key, maxLength, faults);
  async function* elements(): AsyncGenerator<string> {
    for await (const piece of pieces) yield* splitter.push(piece);
    splitter.end();
  }
  return { elements: elements(), rest: splitter.rest };
}

const MARK = /["{}[\],]/g;

function createSplitter(key: string, maxLength: number, faults: JsonElementsFaults) {
  let rest = "";
  /** The element that is being read; null outside of the array. */
  let element: string | null = null;
  let count = 0;
  let depth = 0;
  let inString = false;
  let arraySeen = false;
  /** Backslashes at the end of a piece, which belong together with what comes next. */
  let carried = "";

  function keep(text: string): void {
    if (element === null) rest += text;
    else element += text;
    if ((element ?? rest).length > maxLength) throw faults.tooLong(element === null ? null : count);
  }

  /** Takes the mark in; gives an element that ended with it, which may be empty, or null. */
  function take(mark: string): string | null {
    const ended = element;
    if (element !== null && depth === 2 && (mark === "," || mark === "]")) {
      const isEmpty = element.trim() === "";
      if (isEmpty && (mark === "," || count > 0)) throw faults.notJson();
      count += 1;
      element = mark === "," ? "" : null;
      if (element === null) {
        depth -= 1;
        rest += mark;
      }
      return ended;
    }
    keep(mark);
    if (mark === '"') inString = true;
    else if (mark === "{" || mark === "[") depth += 1;
    else if (mark !== ",") depth -= 1;
    if (mark === "[" && depth === 2 && element === null && isValueOf(rest.slice(0, -1), key)) {
      if (arraySeen) throw faults.notJson();
      arraySeen = true;
      element = "";
    }
    return null;
  }

  return {
    rest: () => rest,
    *push(piece: string): Generator<string> {
      const text = carried + piece;
      carried = "";
      let at = 0;
      while (at < text.length) {
        const end = inString ? endOfString(text, at) : nextMark(text, at);
        if (end === null) {
          carried = inString ? (/\\*$/.exec(text)?.[0] ?? "") : "";
          keep(text.slice(at, text.length - carried.length));
          return;
        }
        keep(text.slice(at, end - 1));
        at = end;
        if (inString) {
          inString = false;
          keep('"');
        } else {
          const ended = take(text[end - 1] ?? "");
          if (ended !== null && ended.trim() !== "") yield ended;
        }
      }
    },
    end() {
      if (depth !== 0 || inString || carried !== "") throw faults.notJson();
    },
  };
}

/** The index after the next mark, or null where there is none. */
function nextMark(text: string, from: number): number | null {
  MARK.lastIndex = from;
  return MARK.test(text) ? MARK.lastIndex : null;
}

/** The index after the quote that ends a string, or null where it does not end here. */
function endOfString(text: string, from: number): number | null {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (at - 1 - backslashes >= from && text[at - 1 - backslashes] === "\\") backslashes += 1;
    if (backslashes % 2 === 0) return at + 1;
  }
  return null;
}

/** Whether what comes after `before` is the value of this key: the text ends in the key and a colon. */
function isValueOf(before: string, key: string): boolean {
  const [, name] = /("(?:[^"\\]|\\.)*")\s*:\s*$/.exec(before.slice(-256)) ?? [];
  if (name === undefined) return false;
  try {
    return JSON.parse(name) === key;
  } catch {
    return false;
  }
}
