/** The shortest JSON that is worth it, and the longest, in UTF-16 units. */
const MIN_LENGTH = 40;
const MAX_LENGTH = 20_000;
/** Beginnings of JSON that is never closed, after which no more is looked for. */
const MOST_UNCLOSED = 20;

/**
 * Writes JSON that stands in a text over several lines without its white space: the schemas and
 * forms that prompts show are often printed for people. Everything else of it stays as it is,
 * whether it is valid JSON or only looks like it.
 */
export function compactJson(text: string): string {
  let unclosed = 0;
  let result = "";
  let from = 0;
  for (const { index } of text.matchAll(/^[ \t]*[[{][ \t]*$/gm)) {
    if (index < from || unclosed > MOST_UNCLOSED) continue;
    const start = index + (/^[ \t]*/.exec(text.slice(index))?.[0].length ?? 0);
    const compact = compactAt(text, start);
    if (!compact) {
      unclosed += 1;
      continue;
    }
    result += text.slice(from, start) + compact.text;
    from = compact.end;
  }
  return result + text.slice(from);
}

/** The value that begins at `start`, up to the bracket that closes it. */
function compactAt(text: string, start: number): { text: string; end: number } | undefined {
  let depth = 0;
  let compact = "";
  for (let at = start; at < Math.min(text.length, start + MAX_LENGTH); at++) {
    const character = text[at] ?? "";
    if (character === '"') {
      const string = /^"(?:[^"\\\n]|\\.)*"/.exec(text.slice(at, at + 2_000))?.[0];
      if (string === undefined) return undefined;
      compact += string;
      at += string.length - 1;
      continue;
    }
    if (character === "{" || character === "[") depth += 1;
    if (character === "}" || character === "]") depth -= 1;
    compact += character;
    if (depth === 0) return finished(compact, text.slice(start, at + 1), at + 1);
  }
  return undefined;
}

function finished(text: string, original: string, end: number): { text: string; end: number } | undefined {
  if (original.length < MIN_LENGTH || !original.includes("\n")) return undefined;
  // White space between words of a description is not between tokens of JSON.
  const strings: string[] = [];
  const marked = text.replaceAll(/"(?:[^"\\\n]|\\.)*"/g, (string) => `"${strings.push(string) - 1}"`);
  const lines = marked.split("\n").map((line) => line.trim());
  const dense = lines.join("").replaceAll(/([:,])[ \t]+/g, "$1");
  const compact = dense.replaceAll(/"(\d+)"/g, (_, at: string) => strings[Number(at)] ?? "");
  return compact.length < original.length ? { text: compact, end } : undefined;
}
