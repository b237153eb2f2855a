import type { AppError } from "../errors.ts";
import { MAX_SYNTAX_DEPTH } from "./limits.ts";
import type { TemplateSource } from "./template-source.ts";
import { syntaxFault } from "./template-source.ts";
import type { Token, TokenKind } from "./token.ts";

/**
 * The tokens of a template, read one by one, and the depth of the syntax tree that is built from
 * them.
 *
 * The depth is bounded because every later walk over the tree recurses. Two things make a tree
 * deeper: a construct inside another one ({@link enter}, {@link leave}), and an operator after an
 * expression, which puts all that was parsed so far one level down ({@link beginChain},
 * {@link deepenChain}, {@link endChain}).
 */
export class TokenStream {
  readonly source: TemplateSource;
  readonly #tokens: readonly Token[];
  readonly #end: Token;
  #next = 0;
  /** The level of the node that is being parsed. */
  #level = 0;
  /** The deepest level of the chain that is being parsed. */
  #deepest = 0;
  /** The token to be parsed next. */
  current: Token;

  constructor(tokens: readonly Token[], source: TemplateSource) {
    this.source = source;
    this.#tokens = tokens;
    this.#end = tokens.at(-1) ?? { kind: "end", value: "", position: 0 };
    this.current = this.#end;
    this.next();
  }

  /** Returns the current token and goes on to the one after it. */
  next(): Token {
    const token = this.current;
    this.current = this.#tokens[this.#next] ?? this.#end;
    this.#next += 1;
    return token;
  }

  /** The token after the current one. */
  peek(): Token {
    return this.#tokens[this.#next] ?? this.#end;
  }

  /** Whether the current token is of the given kind. */
  is(kind: TokenKind): boolean {
    return this.current.kind === kind;
  }

  /** Whether the current token is the given word. */
  isWord(word: string): boolean {
    return this.is("name") && this.current.value === word;
  }

  /** Goes past the current token if it is of the given kind. */
  skip(kind: TokenKind): boolean {
    const found = this.is(kind);
    if (found) this.next();
    return found;
  }

  /** Goes past the current token if it is the given word. */
  skipWord(word: string): boolean {
    const found = this.isWord(word);
    if (found) this.next();
    return found;
  }

  /**
   * Goes past a token of the given kind. Throws a syntax error if the current one is of another
   * kind.
   */
  expect(kind: TokenKind, expected = `"${kind}"`): Token {
    if (!this.is(kind)) throw this.unexpected(`expected ${expected}`);
    return this.next();
  }

  /** A syntax error at a token. */
  fault(message: string, token: Token = this.current): AppError {
    return syntaxFault(this.source, token.position, message);
  }

  /** A syntax error about the current token. */
  unexpected(hint?: string): AppError {
    const what = this.is("end") ? "end of the template" : JSON.stringify(this.current.value);
    return this.fault(hint === undefined ? `unexpected ${what}` : `unexpected ${what}, ${hint}`);
  }

  /**
   * Goes one level down, for a construct inside another one. Pair it with {@link leave}; a throw
   * needs no pairing.
   */
  enter(): void {
    this.#level += 1;
    this.#reach(this.#level);
  }

  /** Comes back up from {@link enter}. */
  leave(): void {
    this.#level -= 1;
  }

  /** Begins an expression that operators may extend. Returns what {@link endChain} takes. */
  beginChain(): number {
    const outer = this.#deepest;
    this.#deepest = this.#level;
    return outer;
  }

  /** Puts all that the chain holds so far one level down. */
  deepenChain(): void {
    this.#reach(this.#deepest + 1);
  }

  /** Ends the chain. Its depth counts for the chain around it. */
  endChain(outer: number): void {
    if (outer > this.#deepest) this.#deepest = outer;
  }

  #reach(level: number): void {
    if (level > MAX_SYNTAX_DEPTH) throw this.fault(`nested more than ${MAX_SYNTAX_DEPTH} levels deep`);
    if (level > this.#deepest) this.#deepest = level;
  }
}
