import { MAX_SYNTAX_DEPTH } from "./limits.ts";
import { lexString } from "./lex-string.ts";
import type { TemplateSource } from "./template-source.ts";
import { syntaxFault } from "./template-source.ts";
import type { Token } from "./token.ts";
import { PUNCTUATORS } from "./token.ts";

const WORD = /[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}_]*/uy;
const SPACE = /\s+/y;
const BASED_INTEGER = /0(?:x(?:_?[0-9a-f])+|o(?:_?[0-7])+|b(?:_?[01])+)/iy;
/** A number after a dot is an integer, so that `rows.0.1` reads as two positions. */
const FLOAT = /(?<!\.)\d(?:_?\d)*(?:\.\d(?:_?\d)*(?:e[-+]?\d(?:_?\d)*)?|e[-+]?\d(?:_?\d)*)/iy;
const INTEGER = /\d(?:_?\d)*/y;
const CLOSING = { "(": ")", "[": "]", "{": "}" } as const;

/**
 * Reads one `{% … %}` or `{{ … }}` from its opening on and appends its tokens. A closing delimiter
 * inside brackets does not end the tag, as in Jinja2. Returns where the tag ends, and whether `-`
 * strips the white space there. Throws an AppError `validation_error` that names the line and
 * column.
 */
export function lexTag(source: TemplateSource, start: number, tokens: Token[]): { position: number; strip: boolean } {
  const { text } = source;
  const [opening, closing] = text[start + 1] === "%" ? (["{%", "%}"] as const) : (["{{", "}}"] as const);
  const brackets: string[] = [];
  tokens.push({ kind: opening, value: opening, position: start });
  let position = start + (text[start + 2] === "-" || text[start + 2] === "+" ? 3 : 2);
  for (;;) {
    position = matchEnd(SPACE, text, position) ?? position;
    if (position >= text.length) throw syntaxFault(source, start, `${opening} is never closed with ${closing}`);
    if (brackets.length === 0) {
      const sign = closingSign(text, position, closing);
      if (sign !== undefined) {
        tokens.push({ kind: closing, value: closing, position });
        return { position: position + sign.length + closing.length, strip: sign === "-" };
      }
    }
    position = lexToken(source, position, tokens);
    trackBrackets(source, tokens.at(-1), brackets);
  }
}

/**
 * The sign in front of the closing delimiter, empty if there is none, or undefined where the tag
 * does not end.
 */
function closingSign(text: string, position: number, closing: "%}" | "}}"): "" | "-" | "+" | undefined {
  if (text.startsWith(closing, position)) return "";
  const sign = text[position];
  const allowed = sign === "-" || (sign === "+" && closing === "%}");
  return allowed && text.startsWith(closing, position + 1) ? sign : undefined;
}

function trackBrackets(source: TemplateSource, token: Token | undefined, open: string[]): void {
  if (token === undefined) return;
  const { kind, position } = token;
  if (kind === "(" || kind === "[" || kind === "{") {
    open.push(CLOSING[kind]);
    if (open.length <= MAX_SYNTAX_DEPTH) return;
    throw syntaxFault(source, position, `brackets are nested more than ${MAX_SYNTAX_DEPTH} levels deep`);
  }
  if (kind !== ")" && kind !== "]" && kind !== "}") return;
  const expected = open.pop();
  if (expected === kind) return;
  const hint = expected === undefined ? "nothing is open" : `expected "${expected}"`;
  throw syntaxFault(source, position, `unexpected "${kind}", ${hint}`);
}

/** Appends the token at `position` and returns where it ends. */
function lexToken(source: TemplateSource, position: number, tokens: Token[]): number {
  const { text } = source;
  const wordEnd = matchEnd(WORD, text, position);
  if (wordEnd !== undefined) {
    tokens.push({ kind: "name", value: text.slice(position, wordEnd), position });
    return wordEnd;
  }
  const char = text[position] ?? "";
  if (char === "'" || char === '"') {
    const { value, end } = lexString(source, position);
    tokens.push({ kind: "string", value, position });
    return end;
  }
  if (char >= "0" && char <= "9") return lexNumber(text, position, tokens);
  const sign = PUNCTUATORS.get(text.slice(position, position + 2)) ?? PUNCTUATORS.get(char);
  if (sign === undefined) {
    const shown = JSON.stringify(String.fromCodePoint(text.codePointAt(position) ?? 0));
    throw syntaxFault(source, position, `unexpected character ${shown}`);
  }
  tokens.push({ kind: sign, value: sign, position });
  return position + sign.length;
}

function lexNumber(text: string, position: number, tokens: Token[]): number {
  const floatEnd = matchEnd(FLOAT, text, position);
  const end = floatEnd ?? matchEnd(BASED_INTEGER, text, position) ?? matchEnd(INTEGER, text, position) ?? position + 1;
  tokens.push({ kind: floatEnd === undefined ? "integer" : "float", value: text.slice(position, end), position });
  return end;
}

/** Where the match of a sticky pattern at `position` ends. */
function matchEnd(pattern: RegExp, text: string, position: number): number | undefined {
  pattern.lastIndex = position;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}
