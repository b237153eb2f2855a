import type { Program } from "./ast.ts";
import { normalizeNewlines, tokenizeTemplate } from "./lexer.ts";
import { MAX_SOURCE_LENGTH, templateFault } from "./limits.ts";
import { parseStatements } from "./parse-statements.ts";
import { TokenStream } from "./token-stream.ts";

/** A template that was parsed and checked. Render it with `renderTemplate`. */
export interface ParsedTemplate {
  /** Where the template stands in its prompt (`template`, `messages.0.content`). */
  path: string;
  program: Program;
}

/**
 * Parses a Jinja template. The README of this folder describes the grammar and how it differs from
 * Jinja2's.
 *
 * Throws an AppError `validation_error` at `path` for a syntax error, an unknown tag, filter or
 * test, more than 200 levels of nesting (all with line and column), and a source of more than
 * 200,000 characters.
 */
export function parseTemplate(source: string, path = "template"): ParsedTemplate {
  if (source.length > MAX_SOURCE_LENGTH) {
    throw templateFault(`the template has ${source.length} characters, more than ${MAX_SOURCE_LENGTH}`, path);
  }
  const normalized = { text: normalizeNewlines(source), path };
  return { path, program: { body: parseStatements(new TokenStream(tokenizeTemplate(normalized), normalized)) } };
}
