import type { Token } from "./lex-expression.ts";
import { lexExpression } from "./lex-expression.ts";
import { templateFault } from "./limits.ts";

const RAW_BEGIN = /\{%[-+]?\s*raw\s*[-+]?%\}/y;
const RAW_END = /\{%[-+]?\s*endraw\s*[-+]?%\}/y;
const NOT_SPACE = /\S/g;

/** Where the lexer is: everything before `position` is in `tokens`. */
interface Cursor {
  source: string;
  path: string;
  position: number;
  line: number;
  tokens: Token[];
}

/**
 * Splits a template into the tokens that `@huggingface/jinja`'s parser takes, with line numbers.
 *
 * The library's own lexer is not used: it has no line numbers, no `raw`, drops the last newline only of `\n` sources,
 * and one of its regular expressions takes time quadratic in a run of spaces. The rules here are those of Jinja2's
 * `lexer.py` with `trim_blocks` and `lstrip_blocks` off: newlines are normalised, one trailing newline is dropped.
 * Throws an AppError `validation_error` that names the line.
 */
export function tokenizeTemplate(text: string, path: string): Token[] {
  const source = text.replaceAll("\r\n", "\n").replaceAll("\r", "\n").replace(/\n$/, "");
  const cursor: Cursor = { source, path, position: 0, line: 1, tokens: [] };
  while (cursor.position < source.length) {
    const start = nextTag(source, cursor.position);
    const strips = source[start + 2] === "-";
    pushText(cursor, source.slice(cursor.position, start), strips);
    advance(cursor, start);
    if (start < source.length) readTag(cursor);
  }
  return cursor.tokens;
}

function nextTag(source: string, from: number): number {
  for (let at = source.indexOf("{", from); at !== -1; at = source.indexOf("{", at + 1)) {
    const next = source[at + 1];
    if (next === "{" || next === "%" || next === "#") return at;
  }
  return source.length;
}

function pushText(cursor: Cursor, text: string, stripEnd: boolean): void {
  const kept = stripEnd ? text.trimEnd() : text;
  if (kept !== "") cursor.tokens.push({ type: "Text", value: kept, line: cursor.line, depth: 0 });
}

/** Moves to `position`, counting the lines on the way. */
function advance(cursor: Cursor, position: number): void {
  for (let at = cursor.source.indexOf("\n", cursor.position); at !== -1 && at < position;) {
    cursor.line += 1;
    at = cursor.source.indexOf("\n", at + 1);
  }
  cursor.position = position;
}

function skipSpace(cursor: Cursor): void {
  NOT_SPACE.lastIndex = cursor.position;
  advance(cursor, NOT_SPACE.exec(cursor.source)?.index ?? cursor.source.length);
}

function readTag(cursor: Cursor): void {
  const kind = cursor.source[cursor.position + 1];
  if (kind === "#") return readComment(cursor);
  if (kind === "%") {
    RAW_BEGIN.lastIndex = cursor.position;
    const raw = RAW_BEGIN.exec(cursor.source);
    if (raw) return readRaw(cursor, raw[0]);
  }
  const end = lexExpression(cursor, kind === "%" ? "statement" : "expression");
  advance(cursor, end.position);
  if (end.strip) skipSpace(cursor);
}

function readComment(cursor: Cursor): void {
  const end = cursor.source.indexOf("#}", cursor.position + 2);
  if (end === -1)
    throw templateFault(`line ${cursor.line}: the comment that starts with {# is never closed`, cursor.path);
  // An empty token keeps the texts before and after the comment apart.
  cursor.tokens.push({ type: "Comment", value: "", line: cursor.line, depth: 0 });
  const strips = cursor.source[end - 1] === "-" && end - 1 > cursor.position + 1;
  advance(cursor, end + 2);
  if (strips) skipSpace(cursor);
}

function readRaw(cursor: Cursor, opening: string): void {
  const { source, line } = cursor;
  advance(cursor, cursor.position + opening.length);
  if (opening.endsWith("-%}")) skipSpace(cursor);
  for (let at = source.indexOf("{%", cursor.position); at !== -1; at = source.indexOf("{%", at + 2)) {
    RAW_END.lastIndex = at;
    const closing = RAW_END.exec(source);
    if (!closing) continue;
    pushText(cursor, source.slice(cursor.position, at), closing[0].startsWith("{%-"));
    advance(cursor, at + closing[0].length);
    if (closing[0].endsWith("-%}")) skipSpace(cursor);
    return;
  }
  throw templateFault(`line ${line}: {% raw %} is never closed with {% endraw %}`, cursor.path);
}
