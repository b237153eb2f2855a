import type { Token, TokenType } from "./lex-expression.ts";

const OPENERS: Partial<Record<TokenType, TokenType>> = {
  OpenParen: "CloseParen",
  OpenSquareBracket: "CloseSquareBracket",
  OpenCurlyBracket: "CloseCurlyBracket",
};
const NOT_AN_ARGUMENT = new Set(["else", "or", "and", "is", "if", "in", "not"]);

/** The name under which a test becomes a filter. No identifier has a space, so it cannot meet a filter's own name. */
export function testAsFilter(name: string, negated: boolean): string {
  return negated ? `is not ${name}` : `is ${name}`;
}

/**
 * Rewrites what `@huggingface/jinja`'s parser cannot read into what it can: a test with an argument, `x is
 * divisibleby(3)` or `x is divisibleby 3`, becomes the filter `x | "is divisibleby"(3)`, which binds in the same
 * place; `not in` becomes one comparison token that keeps its own position.
 */
export function desugarTests(tokens: Token[]): Token[] {
  const result: Token[] = [];
  let at = 0;
  while (at < tokens.length) {
    const token = tokens[at];
    if (token === undefined) break;
    if (isTest(tokens, at)) {
      at = rewriteTest(tokens, at, result);
    } else if (isWord(token, "not") && isWord(tokens[at + 1], "in")) {
      result.push({ ...token, type: "ComparisonBinaryOperator", value: "not in" });
      at += 2;
    } else {
      result.push(token);
      at += 1;
    }
  }
  return result;
}

function isWord(token: Token | undefined, word: string): boolean {
  return token?.type === "Identifier" && token.value === word;
}

function isTest(tokens: Token[], at: number): boolean {
  const before = tokens[at - 1]?.type;
  const inside = before !== "Dot" && before !== "OpenStatement" && before !== "OpenExpression";
  return inside && isWord(tokens[at], "is") && testName(tokens, at) !== undefined;
}

/** Where the name of the test stands that the `is` at `at` begins. */
function testName(tokens: Token[], at: number): number | undefined {
  const name = isWord(tokens[at + 1], "not") ? at + 2 : at + 1;
  return tokens[name]?.type === "Identifier" ? name : undefined;
}

function rewriteTest(tokens: Token[], at: number, result: Token[]): number {
  const name = testName(tokens, at) ?? at;
  const token = tokens[name];
  if (token === undefined) return at + 1;
  const negated = name === at + 2;
  result.push({ ...token, type: "Pipe", value: "|" }, { ...token, value: testAsFilter(token.value, negated) });
  if (tokens[name + 1]?.type === "OpenParen") return name + 1;
  const end = argumentEnd(tokens, name + 1);
  if (end === name + 1) return end;
  result.push({ ...token, type: "OpenParen", value: "(" });
  result.push(...desugarTests(tokens.slice(name + 1, end)));
  result.push({ ...token, type: "CloseParen", value: ")" });
  return end;
}

/** The end of a primary with its postfixes (`a.b[0](x)`) that starts at `from`, or `from` where there is none. */
function argumentEnd(tokens: Token[], from: number): number {
  const first = tokens[from];
  if (first === undefined) return from;
  const literal = first.type === "StringLiteral" || first.type === "NumericLiteral";
  const name = first.type === "Identifier" && !NOT_AN_ARGUMENT.has(first.value);
  if (!literal && !name && OPENERS[first.type] === undefined) return from;
  let at = closing(tokens, from);
  for (;;) {
    const type = tokens[at]?.type;
    if (type === "Dot") at += 2;
    else if (type === "OpenParen" || type === "OpenSquareBracket") at = closing(tokens, at);
    else return at;
  }
}

/** The index after the token at `at`, or after its closing bracket where it opens one. */
function closing(tokens: Token[], at: number): number {
  const opener = tokens[at];
  const wanted = opener && OPENERS[opener.type];
  if (wanted === undefined) return at + 1;
  let end = at + 1;
  while (end < tokens.length && !(tokens[end]?.type === wanted && tokens[end]?.depth === opener?.depth)) end += 1;
  return end + 1;
}
