import { parse } from "@huggingface/jinja";
import type { AppError } from "../errors.ts";
import type { Program } from "./ast.ts";
import { checkBlocks, checkNames } from "./check-tokens.ts";
import { desugarTests } from "./desugar-tests.ts";
import { FILTERS } from "./filters.ts";
import type { Token } from "./lex-expression.ts";
import { tokenizeTemplate } from "./lexer.ts";
import { MAX_SOURCE_LENGTH, MAX_SYNTAX_DEPTH, templateFault } from "./limits.ts";
import { TESTS } from "./tests.ts";

/** A template that was read and checked; render it with `renderTemplate`. */
export interface ParsedTemplate {
  source: string;
  /** Where the template stands in its prompt (`template`, `messages.0.content`); errors carry it. */
  path: string;
  program: Program;
}

/**
 * Parses a Jinja template. The grammar is that of `@huggingface/jinja`'s parser; the lexer, the checks and the
 * evaluation are ours (see `interpreter.ts` for why, and for the known differences from Jinja2).
 *
 * Throws an AppError `validation_error` at `path`, naming the line, for a syntax error, an unknown tag, filter or
 * test, a source of more than 200,000 characters, or one that nests more than 200 levels.
 */
export function parseTemplate(source: string, path = "template"): ParsedTemplate {
  if (source.length > MAX_SOURCE_LENGTH) {
    throw templateFault(`the template has ${source.length} characters, more than ${MAX_SOURCE_LENGTH}`, path);
  }
  const written = tokenizeTemplate(source, path);
  checkBlocks(written, path);
  const tokens = desugarTests(written);
  checkNames(tokens, { filters: FILTERS, tests: TESTS }, path);
  const program = parseTokens(tokens, path);
  checkDepth(program, path);
  return { source, path, program };
}

function parseTokens(tokens: Token[], path: string): Program {
  let furthest = 0;
  const watched = new Proxy(tokens, {
    get(target, key) {
      const index = typeof key === "string" ? Number(key) : Number.NaN;
      if (index > furthest) furthest = index;
      return Reflect.get(target, key) as unknown;
    },
  });
  try {
    return parse(watched) as unknown as Program;
  } catch (error) {
    throw syntaxError(tokens, furthest, error, path);
  }
}

function syntaxError(tokens: Token[], at: number, error: unknown, path: string): AppError {
  const token = tokens[at];
  const line = (token ?? tokens.at(-1))?.line ?? 1;
  if (error instanceof RangeError) return templateFault(`line ${line}: nested too deeply`, path);
  if (!token) return templateFault(`line ${line}: unexpected end of the template`, path);
  const reason = error instanceof SyntaxError && !error.message.startsWith("Unexpected") ? ` (${error.message})` : "";
  return templateFault(`line ${line}: unexpected ${JSON.stringify(token.value)}${reason}`, path);
}

/** Walks without recursion: long chains (`a ~ b ~ c …`) make trees that are deep without being nested. */
function checkDepth(program: Program, path: string): void {
  const pending: { node: unknown; depth: number }[] = [{ node: program, depth: 0 }];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { node, depth } = next;
    if (depth > MAX_SYNTAX_DEPTH) {
      throw templateFault(`an expression or block has more than ${MAX_SYNTAX_DEPTH} levels`, path);
    }
    for (const child of childrenOf(node)) pending.push({ node: child, depth: depth + (Array.isArray(node) ? 0 : 1) });
  }
}

function childrenOf(node: unknown): unknown[] {
  if (Array.isArray(node)) return node;
  if (node instanceof Map) return [...node.keys(), ...node.values()];
  return typeof node === "object" && node !== null ? Object.values(node) : [];
}
