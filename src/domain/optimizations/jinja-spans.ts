import { AppError } from "../errors.ts";
import { tokenizeTemplate } from "../template/lexer.ts";
import type { Token } from "../template/token.ts";

/** A part of a text: from `start` to before `end`. */
export interface TextSpan {
  start: number;
  end: number;
}

/** Blocks whose text is a value, which a template may compare or filter. */
const VALUES = new Set(["macro", "call", "filter", "set"]);

/**
 * The parts of a template that are not text for the model: tags, comments, the white space that a
 * tag strips, and blocks whose text is a value. Undefined where the template does not parse.
 */
export function jinjaSpans(text: string): TextSpan[] | undefined {
  const tokens = tokensOf(text);
  if (!tokens) return undefined;
  const spans: TextSpan[] = [];
  let end = 0;
  for (const { kind, value, position } of tokens) {
    if (kind !== "text" && kind !== "end") continue;
    if (position > end) spans.push({ start: end, end: position });
    end = kind === "end" ? text.length : position + value.length;
    // What `raw` shows of Jinja is code.
    if (kind === "text" && /\{[{%#]/.test(value)) spans.push({ start: position, end });
  }
  return merged([...spans, ...valueBlocks(tokens)]);
}

function tokensOf(text: string): Token[] | undefined {
  try {
    return tokenizeTemplate({ text, path: "" });
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

function valueBlocks(tokens: readonly Token[]): TextSpan[] {
  const spans: TextSpan[] = [];
  let open: { name: string; start: number; depth: number } | undefined;
  for (const [at, { kind, position }] of tokens.entries()) {
    const name = kind === "{%" ? tokens[at + 1]?.value : undefined;
    if (name === undefined) continue;
    if (open) {
      open.depth += name === open.name ? 1 : name === `end${open.name}` ? -1 : 0;
      if (open.depth > 0) continue;
      spans.push({ start: open.start, end: position });
      open = undefined;
    } else if (VALUES.has(name) && !isAssignment(tokens, at)) open = { name, start: position, depth: 1 };
  }
  return spans;
}

/** `{% set x = 1 %}` has no block. */
function isAssignment(tokens: readonly Token[], from: number): boolean {
  if (tokens[from + 1]?.value !== "set") return false;
  for (let at = from; tokens[at] && tokens[at]?.kind !== "%}"; at++) if (tokens[at]?.kind === "=") return true;
  return false;
}

/** The spans in their order, those that touch as one. */
export function merged(spans: readonly TextSpan[]): TextSpan[] {
  const result: TextSpan[] = [];
  for (const { start, end } of spans.toSorted((a, b) => a.start - b.start)) {
    const last = result.at(-1);
    if (last && start <= last.end) last.end = Math.max(last.end, end);
    else result.push({ start, end });
  }
  return result;
}
