import type { Fuel } from "./fuel.ts";
import { isSpace, splitLines } from "./letters.ts";
import { templateFault } from "./limits.ts";
import { textLength } from "./values.ts";

interface WrapOptions {
  /** The most characters of a line. */
  width: number;
  breakLongWords: boolean;
  breakOnHyphens: boolean;
  wrapString: string;
  fuel: Fuel;
}

/** A word, or the white space between two, with its length in code points. */
interface Chunk {
  text: string;
  length: number;
}

const WORD = "[\\p{L}\\p{N}_]";
const LETTER = "[\\p{L}\\p{Nl}\\p{No}_]";
const SPACE = "[\\t\\n\\v\\f\\r ]";
const WORD_END = `${WORD}|[!"'&.,?]`;
/**
 * Python's `TextWrapper.wordsep_re`: white space, a dash between words, or a part of a word.
 * Wherever it begins it matches, at the latest at the end of the word, so it does not go back.
 */
const PARTS = new RegExp(
  // oxlint-disable-next-line regexp/no-super-linear-move
  `(${SPACE}+|(?<=${WORD_END})-{2,}(?=${WORD})|[^\\t\\n\\v\\f\\r ]+?` +
    `(?:-(?:(?<=${LETTER}{2}-)|(?<=${LETTER}-${LETTER}-))(?=${LETTER}-?${LETTER})` +
    `|(?=${SPACE}|$)|(?<=${WORD_END})(?=-{2,}${WORD})))`,
  "u",
);
const WORDS = new RegExp(`(${SPACE}+)`, "u");

/**
 * Python's `textwrap` over each line of a text, as Jinja2's `wordwrap` calls it. Throws AppError
 * `validation_error` for a width below 1.
 */
export function wrapText(text: string, options: WrapOptions): string {
  if (options.width < 1) throw templateFault("the width of wordwrap must be at least 1");
  let length = 0;
  const wrapped = splitLines(text).map((line) => {
    const result = wrapLine(line, options);
    length += line.length + result.length * options.wrapString.length;
    options.fuel.checkLength(length);
    return result.join(options.wrapString);
  });
  return wrapped.join(options.wrapString);
}

function wrapLine(line: string, options: WrapOptions): string[] {
  const chunks = line
    .split(options.breakOnHyphens ? PARTS : WORDS)
    .filter((text) => text !== "")
    .map((text): Chunk => ({ text, length: textLength(text) }))
    .toReversed();
  const lines: string[] = [];
  while (chunks.length > 0) {
    options.fuel.step();
    if (isBlank(chunks.at(-1)) && lines.length > 0) chunks.pop();
    const taken = takeLine(chunks, options);
    if (isBlank(taken.at(-1))) taken.pop();
    if (taken.length > 0) lines.push(taken.map(({ text }) => text).join(""));
  }
  return lines;
}

function isBlank(chunk: Chunk | undefined): boolean {
  return chunk !== undefined && (chunk.text === "" || isSpace(chunk.text));
}

/**
 * Removes the chunks of one line from the end of `chunks`. A chunk longer than a line is broken.
 */
function takeLine(chunks: Chunk[], options: WrapOptions): Chunk[] {
  const { width } = options;
  const taken: Chunk[] = [];
  let length = 0;
  for (let next = chunks.at(-1); next !== undefined && length + next.length <= width; next = chunks.at(-1)) {
    options.fuel.step();
    taken.push(next);
    length += next.length;
    chunks.pop();
  }
  const long = chunks.at(-1);
  if (long === undefined || long.length <= width) return taken;
  if (options.breakLongWords) {
    const [head, tail] = breakChunk(long, width - length, options.breakOnHyphens);
    // Python takes an empty head, too, and then keeps the white space before it.
    taken.push(head);
    chunks[chunks.length - 1] = tail;
  } else if (taken.length === 0) {
    taken.push(long);
    chunks.pop();
  }
  return taken;
}

/** Breaks a chunk after `room` characters, or after the last hyphen among them. */
function breakChunk({ text, length }: Chunk, room: number, hyphens: boolean): [Chunk, Chunk] {
  const end = endOf(text, room);
  const hyphen = hyphens ? text.slice(0, end).lastIndexOf("-") : -1;
  const cut = hyphen > 0 && /[^-]/.test(text.slice(0, hyphen)) ? hyphen + 1 : end;
  const head = text.slice(0, cut);
  const size = textLength(head);
  return [
    { text: head, length: size },
    { text: text.slice(cut), length: length - size },
  ];
}

/** The position after a number of characters; it never falls between the halves of one. */
function endOf(text: string, count: number): number {
  let at = 0;
  for (let left = count; left > 0; left -= 1) at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  return at;
}
