/** The shortest JSON that is worth it, and the longest, in UTF-16 units. */
const MIN_LENGTH = 40;
const MAX_LENGTH = 20_000;
/** Beginnings of JSON that is never closed, after which no more is looked for. */
const MOST_UNCLOSED = 20;
/** A bracket alone on its line, or one in a line before the first string. */
const OPENINGS = /^[ \t]*[[{][ \t]*$|[[{](?=[ \t]*(?:[[{][ \t]*)?")/gm;
const STRING = /^"(?:[^"\\\n]|\\.)*"/;
/** The private-use characters that stand for tags. */
const HELD = /[\uE000-\uF8FF]/g;

/**
 * Writes JSON that stands in a text without its white space: the schemas, forms and answers that
 * prompts show are often printed for people. Over several lines everything else of it stays as it
 * is, whether it is valid JSON or only looks like it; within one line it has to be valid.
 */
export function compactJson(text: string): string {
  let unclosed = 0;
  let result = "";
  let from = 0;
  for (const { index, 0: opening } of text.matchAll(OPENINGS)) {
    if (index < from || unclosed > MOST_UNCLOSED) continue;
    const start = index + opening.search(/\S/);
    const end = endOfValue(text, start);
    if (end === undefined) {
      unclosed += 1;
      continue;
    }
    const original = text.slice(start, end);
    const compact = compacted(original);
    if (compact.length >= original.length) continue;
    result += text.slice(from, start) + compact;
    from = end;
  }
  return result + text.slice(from);
}

/** Where the value ends that begins at `start`: behind the bracket that closes it. */
export function endOfValue(text: string, start: number): number | undefined {
  let depth = 0;
  for (let at = start; at < Math.min(text.length, start + MAX_LENGTH); at++) {
    const character = text[at] ?? "";
    if (character === '"') {
      const string = STRING.exec(text.slice(at, at + 2_000))?.[0];
      if (string === undefined) return undefined;
      at += string.length - 1;
      continue;
    }
    if (character === "{" || character === "[") depth += 1;
    if (character === "}" || character === "]") depth -= 1;
    if (depth === 0) return at + 1;
  }
  return undefined;
}

function compacted(original: string): string {
  const isPrinted = original.includes("\n");
  if (original.length < MIN_LENGTH || !(isPrinted || isJson(original))) return original;
  // White space between words of a description is not between tokens of JSON.
  const strings: string[] = [];
  const marked = original.replaceAll(/"(?:[^"\\\n]|\\.)*"/g, (string) => `"${strings.push(string) - 1}"`);
  // A comment ends with its line.
  if (/\/[/*]|#/.test(marked)) return original;
  const lines = marked.split("\n").map((line) => line.trim());
  const dense = lines.join("").replaceAll(/(?<![ \t])[ \t]*([:,])[ \t]+/g, "$1");
  const tight = isPrinted ? dense : dense.replaceAll(/(?<=[[{])[ \t]+|(?<![ \t])[ \t]+(?=[\]}:])/g, "");
  return tight.replaceAll(/"(\d+)"/g, (_, at: string) => strings[Number(at)] ?? "");
}

function isJson(text: string): boolean {
  // A variable may stand in a string, or for a value.
  const plain = text.replaceAll(/"(?:[^"\\\n]|\\.)*"/g, '""').replaceAll(HELD, "0");
  try {
    JSON.parse(plain);
    return true;
  } catch {
    return false;
  }
}
