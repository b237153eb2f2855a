import type { Fuel } from "./fuel.ts";
import { templateFault } from "./limits.ts";

interface WrapOptions {
  /** The most characters of a line. */
  width: number;
  breakLongWords: boolean;
  breakOnHyphens: boolean;
  wrapString: string;
  fuel: Fuel;
}

/**
 * Python's `textwrap` over each line of a text, as Jinja2's `wordwrap` calls it. Throws AppError
 * `validation_error` for a width below 1.
 */
export function wrapText(text: string, options: WrapOptions): string {
  if (options.width < 1) throw templateFault("the width of wordwrap must be at least 1");
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  let length = 0;
  const wrapped = lines.map((line) => {
    const result = wrapLine(line, options);
    length += line.length + result.length * options.wrapString.length;
    options.fuel.checkLength(length);
    return result.join(options.wrapString);
  });
  return wrapped.join(options.wrapString);
}

function wrapLine(line: string, options: WrapOptions): string[] {
  const chunks = splitChunks(line, options.breakOnHyphens).toReversed();
  const lines: string[] = [];
  while (chunks.length > 0) {
    options.fuel.step();
    if (chunks.at(-1)?.trim() === "" && lines.length > 0) chunks.pop();
    const taken = takeLine(chunks, options);
    if (taken.at(-1)?.trim() === "") taken.pop();
    if (taken.length > 0) lines.push(taken.join(""));
  }
  return lines;
}

/**
 * Removes the chunks of one line from the end of `chunks`. A chunk longer than a line is broken.
 */
function takeLine(chunks: string[], options: WrapOptions): string[] {
  const { width } = options;
  const taken: string[] = [];
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
    const room = breakPoint(long, width - length, options.breakOnHyphens);
    taken.push(long.slice(0, room));
    chunks[chunks.length - 1] = long.slice(room);
  } else if (taken.length === 0) {
    taken.push(long);
    chunks.pop();
  }
  return taken;
}

function breakPoint(chunk: string, room: number, hyphens: boolean): number {
  const hyphen = hyphens && chunk.length > room ? chunk.slice(0, room).lastIndexOf("-") : -1;
  return hyphen > 0 && /[^-]/.test(chunk.slice(0, hyphen)) ? hyphen + 1 : room;
}

/**
 * Splits a line into words and the white space between them. Words are also split after hyphens
 * between letters.
 */
function splitChunks(line: string, hyphens: boolean): string[] {
  const words = line.split(/(\s+)/u).filter((chunk) => chunk !== "");
  if (!hyphens) return words;
  return words.flatMap((word) => (word.includes("-") ? word.split(/(?<=[\p{L}_]{2}-)(?=[\p{L}_]{2})/u) : [word]));
}
