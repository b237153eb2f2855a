import type { Random } from "../gate-sim/random.ts";
import type { Suspect } from "./growth.ts";

/** A parser of texts, and the tokens of its language. */
export interface TextParser {
  parser: string;
  tokens: readonly string[];
  /** What stands before and after the text, such as the key that it is the value of. */
  around?: readonly [before: string, after: string];
  /** Shapes that are known to be hard, beside the random ones. */
  shapes?: Record<string, (size: number) => string>;
  work(text: string): unknown;
}

/** The longest part that is repeated, in tokens. */
const MAX_TOKENS = 4;

/**
 * Suspects for a parser of texts: its own shapes, each token repeated, and `count` random texts of
 * the form that makes backtracking and repeated searches show: a beginning, a short part again and
 * again, and an end.
 */
export function textSuspects(parser: TextParser, random: Random, count: number): Suspect[] {
  const { tokens } = parser;
  const some = (most: number): string =>
    Array.from({ length: Math.floor(random.between(0, most + 1)) }, () => pick(tokens, random)).join("");
  const shapes = Object.entries(parser.shapes ?? {});
  for (const token of tokens) shapes.push([show(token), (size) => repeat(token, size)]);
  for (let each = 0; each < count; each += 1) {
    const [begin, part, end] = [some(2), some(MAX_TOKENS - 1) + pick(tokens, random), some(2)];
    shapes.push([`${show(begin)} ${show(part)}… ${show(end)}`, (size) => begin + repeat(part, size) + end]);
  }
  return shapes.map(([shape, make]) => ({
    parser: parser.parser,
    shape,
    prepare(size) {
      const text = parser.around ? parser.around[0] + make(size) + parser.around[1] : make(size);
      return () => parser.work(text);
    },
  }));
}

/** The part again and again, `size` characters in all. */
export function repeat(part: string, size: number): string {
  return part.repeat(Math.ceil(size / part.length));
}

/** This many lines, each made from its number. */
export function lines(count: number, make: (at: number) => string): string {
  return Array.from({ length: Math.ceil(count) }, (_, at) => make(at)).join("\n");
}

function pick(tokens: readonly string[], random: Random): string {
  return tokens[Math.floor(random.unit() * tokens.length)] ?? "";
}

function show(text: string): string {
  return JSON.stringify(text);
}
