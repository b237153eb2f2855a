import { lexTag } from "./lex-tag.ts";
import type { TemplateSource } from "./template-source.ts";
import { syntaxFault } from "./template-source.ts";
import type { Token } from "./token.ts";

const RAW_BEGIN = /\{%[-+]?\s*raw\s*[-+]?%\}/y;
const RAW_END = /\{%[-+]?\s*endraw\s*[-+]?%\}/y;
const NOT_SPACE = /\S/g;

/**
 * The text as the lexer takes it: `\n` ends each line, and one newline at the end is dropped, as in
 * Jinja2.
 */
export function normalizeNewlines(text: string): string {
  return text.replaceAll("\r\n", "\n").replaceAll("\r", "\n").replace(/\n$/, "");
}

/**
 * Splits a template into tokens. The rules are those of Jinja2's `lexer.py` with `trim_blocks` and
 * `lstrip_blocks` off. Expects normalized newlines. Throws an AppError `validation_error` that
 * names the line and column.
 */
export function tokenizeTemplate(source: TemplateSource): Token[] {
  const { text } = source;
  const tokens: Token[] = [];
  let position = 0;
  while (position < text.length) {
    const start = nextTag(text, position);
    pushText(tokens, text.slice(position, start), position, text[start + 2] === "-");
    position = start < text.length ? readTag(source, start, tokens) : start;
  }
  tokens.push({ kind: "end", value: "", position });
  return tokens;
}

function nextTag(text: string, from: number): number {
  for (let at = text.indexOf("{", from); at !== -1; at = text.indexOf("{", at + 1)) {
    const next = text[at + 1];
    if (next === "{" || next === "%" || next === "#") return at;
  }
  return text.length;
}

function pushText(tokens: Token[], text: string, position: number, stripEnd: boolean): void {
  const value = stripEnd ? text.trimEnd() : text;
  if (value !== "") tokens.push({ kind: "text", value, position });
}

/** Where the text goes on after `position`; `-` strips the white space there. */
function afterTag(text: string, position: number, strip: boolean): number {
  if (!strip) return position;
  NOT_SPACE.lastIndex = position;
  return NOT_SPACE.exec(text)?.index ?? text.length;
}

/** Reads the tag at `start` and returns where the text after it begins. */
function readTag(source: TemplateSource, start: number, tokens: Token[]): number {
  const { text } = source;
  const opening = text[start + 1];
  if (opening === "#") return skipComment(source, start);
  if (opening === "%") {
    RAW_BEGIN.lastIndex = start;
    const raw = RAW_BEGIN.exec(text);
    if (raw) return readRaw(source, start, raw[0], tokens);
  }
  const end = lexTag(source, start, tokens);
  return afterTag(text, end.position, end.strip);
}

function skipComment(source: TemplateSource, start: number): number {
  const end = source.text.indexOf("#}", start + 2);
  if (end === -1) throw syntaxFault(source, start, "the comment that starts with {# is never closed");
  return afterTag(source.text, end + 2, source.text[end - 1] === "-" && end - 1 > start + 1);
}

function readRaw(source: TemplateSource, start: number, opening: string, tokens: Token[]): number {
  const { text } = source;
  const from = afterTag(text, start + opening.length, opening.endsWith("-%}"));
  for (let at = text.indexOf("{%", from); at !== -1; at = text.indexOf("{%", at + 2)) {
    RAW_END.lastIndex = at;
    const closing = RAW_END.exec(text)?.[0];
    if (closing === undefined) continue;
    pushText(tokens, text.slice(from, at), from, closing.startsWith("{%-"));
    return afterTag(text, at + closing.length, closing.endsWith("-%}"));
  }
  throw syntaxFault(source, start, "{% raw %} is never closed with {% endraw %}");
}
