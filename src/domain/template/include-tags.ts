import { normalizeNewlines, tokenizeTemplate } from "./lexer.ts";
import { MAX_SOURCE_LENGTH, templateFault } from "./limits.ts";
import type { TemplateSource } from "./template-source.ts";
import { syntaxFault } from "./template-source.ts";
import type { Token } from "./token.ts";

/** An `{% include "reference" %}` in a template. */
export interface IncludeTag {
  /** The name in quotes. */
  reference: string;
  /** Where the tag begins and ends in the text with normalized newlines. */
  start: number;
  end: number;
  /** The delimiters as written, with their signs for white space. */
  opening: string;
  closing: string;
}

/**
 * The include tags of a template in their order. Throws an AppError `validation_error` with line
 * and column for a tag that is malformed, or a template that cannot be split into tokens.
 */
export function includeTags(source: TemplateSource): IncludeTag[] {
  // Most templates include nothing; one that is too long is refused by the parser.
  if (!source.text.includes("include") || source.text.length > MAX_SOURCE_LENGTH) return [];
  const normalized = { ...source, text: normalizeNewlines(source.text) };
  const tokens = tokenizeTemplate(normalized);
  return tokens.flatMap((token, at) => {
    const next = tokens[at + 1];
    const isInclude = token.kind === "{%" && next?.kind === "name" && next.value === "include";
    return isInclude ? [readTag(normalized, tokens.slice(at, at + 4))] : [];
  });
}

/** Reads `{%`, `include`, a text and `%}`. */
function readTag(source: TemplateSource, tokens: readonly Token[]): IncludeTag {
  const [opening, , name, closing] = tokens;
  if (!opening || name?.kind !== "string" || closing?.kind !== "%}") {
    const fault = 'include takes one name in quotes: {% include "name" %}, "name@label" or "name#version"';
    throw syntaxFault(source, opening?.position ?? 0, fault);
  }
  const { text } = source;
  const start = opening.position;
  const hasSign = text[start + 2] === "-" || text[start + 2] === "+";
  const end = closing.position + (text[closing.position] === "%" ? 2 : 3);
  return {
    reference: name.value,
    start,
    end,
    opening: text.slice(start, start + (hasSign ? 3 : 2)),
    closing: text.slice(closing.position, end),
  };
}

/**
 * The template with `texts` in place of its include tags, one for each. As in Jinja2, an included
 * text sees the names of the place that includes it, and what it sets stays in it. Throws an
 * AppError `validation_error` where the result would be longer than a template may be.
 */
export function replaceIncludes(source: TemplateSource, tags: readonly IncludeTag[], texts: readonly string[]): string {
  if (tags.length === 0) return source.text;
  const text = normalizeNewlines(source.text);
  const pieces: string[] = [];
  let length = 0;
  const add = (piece: string) => {
    length += piece.length;
    if (length > MAX_SOURCE_LENGTH) {
      const fault = `the template has more than ${MAX_SOURCE_LENGTH} characters with what it includes`;
      throw templateFault(fault, source.path);
    }
    pieces.push(piece);
  };
  let position = 0;
  for (const [index, tag] of tags.entries()) {
    add(text.slice(position, tag.start));
    add(inScopeOfItsOwn(tag, texts[index] ?? ""));
    position = tag.end;
  }
  add(text.slice(position));
  return pieces.join("");
}

/**
 * The text in a block that has a scope and changes nothing. The block's tags also keep signs for
 * white space, and a brace at the end, from reaching out of the text.
 */
function inScopeOfItsOwn({ opening, closing }: IncludeTag, included: string): string {
  const text = normalizeNewlines(included).replace(/\{$/, '{{ "{" }}');
  return `${opening} filter string %}${text}{% endfilter ${closing}`;
}
