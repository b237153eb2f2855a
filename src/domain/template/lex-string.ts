import type { TemplateSource } from "./template-source.ts";
import { syntaxFault } from "./template-source.ts";

const ESCAPES: Record<string, string> = {
  n: "\n",
  t: "\t",
  r: "\r",
  b: "\b",
  f: "\f",
  v: "\v",
  a: "\u0007",
  0: "\0",
  "'": "'",
  '"': '"',
  "\\": "\\",
  "\n": "",
};

/**
 * Decodes the quoted string at `position`. Returns its value and where it ends. Throws an AppError
 * `validation_error` for an invalid escape and for a string that is never closed.
 */
export function lexString(source: TemplateSource, position: number): { value: string; end: number } {
  const { text } = source;
  const quote = text[position];
  let value = "";
  let from = position + 1;
  for (let at = from; at < text.length; at += 1) {
    const char = text[at];
    if (char === quote) return { value: value + text.slice(from, at), end: at + 1 };
    if (char !== "\\") continue;
    const escape = readEscape(source, at);
    value += text.slice(from, at) + escape.value;
    from = at + escape.length;
    at = from - 1;
  }
  throw syntaxFault(source, position, "the string is never closed");
}

/** Python's escapes. An unknown one keeps its backslash, as in Python. */
function readEscape(source: TemplateSource, at: number): { value: string; length: number } {
  const letter = source.text[at + 1] ?? "";
  const digits = { x: 2, u: 4, U: 8 }[letter];
  if (digits === undefined) return { value: ESCAPES[letter] ?? `\\${letter}`, length: 2 };
  const hex = source.text.slice(at + 2, at + 2 + digits);
  const code = /^[0-9a-f]+$/i.test(hex) && hex.length === digits ? Number.parseInt(hex, 16) : Number.NaN;
  if (!(code <= 0x10ffff)) throw syntaxFault(source, at, `invalid escape \\${letter}${hex}`);
  return { value: String.fromCodePoint(code), length: 2 + digits };
}
