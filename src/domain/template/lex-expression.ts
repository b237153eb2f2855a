import { templateFault } from "./limits.ts";

/** The kinds of token that `@huggingface/jinja`'s parser knows and this lexer emits. */
export type TokenType =
  | "Text"
  | "Comment"
  | "NumericLiteral"
  | "StringLiteral"
  | "Identifier"
  | "Equals"
  | "OpenParen"
  | "CloseParen"
  | "OpenStatement"
  | "CloseStatement"
  | "OpenExpression"
  | "CloseExpression"
  | "OpenSquareBracket"
  | "CloseSquareBracket"
  | "OpenCurlyBracket"
  | "CloseCurlyBracket"
  | "Comma"
  | "Dot"
  | "Colon"
  | "Pipe"
  | "AdditiveBinaryOperator"
  | "MultiplicativeBinaryOperator"
  | "ExponentiationBinaryOperator"
  | "ComparisonBinaryOperator";

/** A token with its place: `line` counts from 1, `depth` is the number of brackets open around it. */
export interface Token {
  type: TokenType;
  value: string;
  line: number;
  depth: number;
}

/** What {@link lexExpression} needs of its caller's position. */
export interface ExpressionStart {
  source: string;
  path: string;
  position: number;
  line: number;
  tokens: Token[];
}

const WORD = /[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}_]*/uy;
const SPACE = /\s+/y;
const BASED_NUMBER = /0(?:x(?:_?[0-9a-f])+|o(?:_?[0-7])+|b(?:_?[01])+)/iy;
const NUMBER = /\d(?:_?\d)*(?:\.\d(?:_?\d)*)?(?:e[-+]?\d(?:_?\d)*)?/iy;

const OPERATORS: [string, TokenType][] = [
  ["**", "ExponentiationBinaryOperator"],
  ["//", "MultiplicativeBinaryOperator"],
  ["<=", "ComparisonBinaryOperator"],
  [">=", "ComparisonBinaryOperator"],
  ["==", "ComparisonBinaryOperator"],
  ["!=", "ComparisonBinaryOperator"],
  ["<", "ComparisonBinaryOperator"],
  [">", "ComparisonBinaryOperator"],
  ["+", "AdditiveBinaryOperator"],
  ["-", "AdditiveBinaryOperator"],
  ["~", "AdditiveBinaryOperator"],
  ["*", "MultiplicativeBinaryOperator"],
  ["/", "MultiplicativeBinaryOperator"],
  ["%", "MultiplicativeBinaryOperator"],
  ["=", "Equals"],
  ["(", "OpenParen"],
  [")", "CloseParen"],
  ["[", "OpenSquareBracket"],
  ["]", "CloseSquareBracket"],
  ["{", "OpenCurlyBracket"],
  ["}", "CloseCurlyBracket"],
  [",", "Comma"],
  [".", "Dot"],
  [":", "Colon"],
  ["|", "Pipe"],
];

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
 * Reads one `{% … %}` or `{{ … }}` from its opening on and appends its tokens. Closing marks inside brackets are not
 * taken for the end, as in Jinja2. Returns where the text goes on and whether `-` asked to strip the space there.
 */
export function lexExpression(
  start: ExpressionStart,
  kind: "statement" | "expression",
): { position: number; strip: boolean } {
  const { source, path, tokens } = start;
  const close = kind === "statement" ? "%}" : "}}";
  const open: string[] = [];
  let { position, line } = start;
  const push = (type: TokenType, value: string): void => void tokens.push({ type, value, line, depth: open.length });

  push(kind === "statement" ? "OpenStatement" : "OpenExpression", kind === "statement" ? "{%" : "{{");
  position += source[position + 2] === "-" || source[position + 2] === "+" ? 3 : 2;
  while (position < source.length) {
    const space = match(SPACE, source, position);
    if (space !== undefined) {
      line += space.split("\n").length - 1;
      position += space.length;
      continue;
    }
    if (open.length === 0) {
      const strip = source.startsWith(`-${close}`, position);
      const plus = kind === "statement" && source.startsWith("+%}", position);
      if (strip || plus || source.startsWith(close, position)) {
        push(kind === "statement" ? "CloseStatement" : "CloseExpression", close);
        return { position: position + (strip || plus ? 3 : 2), strip };
      }
    }
    const token = readToken(source, position, (message) => templateFault(`line ${line}: ${message}`, path));
    if (token.value === ")" || token.value === "]" || token.value === "}") balance(open, token, line, path);
    push(token.type, token.value);
    if (token.type === "OpenParen") open.push(")");
    if (token.type === "OpenSquareBracket") open.push("]");
    if (token.type === "OpenCurlyBracket") open.push("}");
    line += token.type === "StringLiteral" ? source.slice(position, position + token.length).split("\n").length - 1 : 0;
    position += token.length;
  }
  const mark = kind === "statement" ? "{%" : "{{";
  throw templateFault(`line ${start.line}: ${mark} is never closed with ${close}`, path);
}

function balance(open: string[], token: { type: TokenType; value: string }, line: number, path: string): void {
  if (token.type === "StringLiteral") return;
  const expected = open.pop();
  if (expected === token.value) return;
  const hint = expected === undefined ? "nothing is open" : `expected "${expected}"`;
  throw templateFault(`line ${line}: unexpected "${token.value}", ${hint}`, path);
}

function match(pattern: RegExp, source: string, position: number): string | undefined {
  pattern.lastIndex = position;
  return pattern.exec(source)?.[0];
}

interface RawToken {
  type: TokenType;
  value: string;
  length: number;
}

function readToken(source: string, position: number, fault: (message: string) => Error): RawToken {
  const char = source[position] ?? "";
  if (char === "'" || char === '"') return readString(source, position, fault);
  const based = match(BASED_NUMBER, source, position);
  if (based !== undefined) {
    return { type: "NumericLiteral", value: String(Number(based.replaceAll("_", ""))), length: based.length };
  }
  const number = match(NUMBER, source, position);
  if (number !== undefined) return { type: "NumericLiteral", value: decimal(number), length: number.length };
  const word = match(WORD, source, position);
  if (word !== undefined) return { type: "Identifier", value: word, length: word.length };
  const operator = OPERATORS.find(([text]) => source.startsWith(text, position));
  if (operator) return { type: operator[1], value: operator[0], length: operator[0].length };
  throw fault(`unexpected character ${JSON.stringify(char)}`);
}

/** The parser tells floats from integers by the dot, so `1e5` must have one. */
function decimal(text: string): string {
  const plain = text.replaceAll("_", "").toLowerCase();
  return plain.includes("e") && !plain.includes(".") ? plain.replace("e", ".0e") : plain;
}

function readString(source: string, position: number, fault: (message: string) => Error): RawToken {
  const quote = source[position];
  const parts: string[] = [];
  let from = position + 1;
  for (let at = from; at < source.length; at += 1) {
    const char = source[at];
    if (char === quote) {
      parts.push(source.slice(from, at));
      return { type: "StringLiteral", value: parts.join(""), length: at + 1 - position };
    }
    if (char !== "\\") continue;
    parts.push(source.slice(from, at));
    const escape = readEscape(source, at, fault);
    parts.push(escape.text);
    at += escape.length - 1;
    from = at + 1;
  }
  throw fault("the string is never closed");
}

/** Python's escapes; an unknown one keeps its backslash, as in Python. */
function readEscape(source: string, at: number, fault: (message: string) => Error): { text: string; length: number } {
  const letter = source[at + 1] ?? "";
  const digits = { x: 2, u: 4, U: 8 }[letter];
  if (digits === undefined) return { text: ESCAPES[letter] ?? `\\${letter}`, length: 2 };
  const hex = source.slice(at + 2, at + 2 + digits);
  const code = /^[0-9a-f]+$/i.test(hex) && hex.length === digits ? Number.parseInt(hex, 16) : Number.NaN;
  if (!(code <= 0x10ffff)) throw fault(`invalid escape \\${letter}${hex}`);
  return { text: String.fromCodePoint(code), length: 2 + digits };
}
