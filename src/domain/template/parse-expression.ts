import type { Argument, Call, Comparison, DictEntry, Expression, FilterCall, Literal } from "./ast.ts";
import { checkFilter, checkTest } from "./check-names.ts";
import { PRECEDENCE, infixAt } from "./infix.ts";
import { NO_ARGUMENTS, parseArguments } from "./parse-arguments.ts";
import type { Token, TokenKind } from "./token.ts";
import type { TokenStream } from "./token-stream.ts";
import { trimmed } from "./trimmed.ts";
import { Float } from "./values.ts";

const CONSTANTS: ReadonlyMap<string, boolean | null> = new Map([
  ["true", true],
  ["True", true],
  ["false", false],
  ["False", false],
  ["none", null],
  ["None", null],
]);
/** The tokens with which the argument of a test may begin, where it has no parentheses. */
const TEST_ARGUMENTS: ReadonlySet<string> = new Set(["name", "string", "integer", "float", "[", "{"]);
/** The words that go on after a test instead of being its argument. */
const AFTER_TEST: ReadonlySet<string> = new Set(["else", "or", "and", "is", "if", "in", "not"]);

/**
 * Parses an expression, conditional or not. Throws an AppError `validation_error` that names the
 * line and column.
 */
export function parseExpression(stream: TokenStream): Expression {
  const outer = stream.beginChain();
  let body = parseOperation(stream);
  while (stream.skipWord("if")) {
    stream.deepenChain();
    stream.enter();
    const test = parseOperation(stream);
    const otherwise = stream.skipWord("else") ? parseExpression(stream) : undefined;
    stream.leave();
    body = { type: "Conditional", test, body, otherwise };
  }
  stream.endChain(outer);
  return body;
}

/**
 * Parses an expression, or a tuple without parentheses: `a, b`. Each item is parsed by `parseItem`.
 */
export function parseTuple(stream: TokenStream, parseItem = parseExpression): Expression {
  const outer = stream.beginChain();
  const first = parseItem(stream);
  if (!stream.is(",")) {
    stream.endChain(outer);
    return first;
  }
  const items = [first];
  stream.deepenChain();
  stream.enter();
  while (stream.skip(",") && !endsTuple(stream)) items.push(parseItem(stream));
  stream.leave();
  stream.endChain(outer);
  return { type: "Tuple", items: trimmed(items) };
}

function endsTuple({ current }: TokenStream): boolean {
  return current.kind === ")" || current.kind === "}}" || current.kind === "%}";
}

/**
 * Parses operands and the operators between them that bind at least as strongly as `minimum`; no
 * inline `if`.
 */
export function parseOperation(stream: TokenStream, minimum = PRECEDENCE.or): Expression {
  const outer = stream.beginChain();
  let left = minimum <= PRECEDENCE.not && stream.isWord("not") ? parseNot(stream) : parseOperand(stream);
  for (let infix = infixAt(stream); infix && infix.precedence >= minimum; infix = infixAt(stream)) {
    stream.deepenChain();
    stream.enter();
    if (infix.type === "Comparison") {
      left = parseComparison(stream, left);
    } else {
      const { type, operator, precedence } = infix;
      stream.next();
      const right = parseOperation(stream, precedence + 1);
      left = type === "Logical" ? { type, operator, left, right } : { type, operator, left, right };
    }
    stream.leave();
  }
  stream.endChain(outer);
  return left;
}

function parseNot(stream: TokenStream): Expression {
  stream.next();
  stream.enter();
  const operand = parseOperation(stream, PRECEDENCE.not);
  stream.leave();
  return { type: "Unary", operator: "not", operand };
}

function parseComparison(stream: TokenStream, first: Expression): Comparison {
  const rest: Comparison["rest"][number][] = [];
  let infix = infixAt(stream);
  while (infix?.type === "Comparison") {
    stream.next();
    if (infix.operator === "not in") stream.next();
    rest.push({ operator: infix.operator, operand: parseOperation(stream, PRECEDENCE.sum) });
    infix = infixAt(stream);
  }
  return { type: "Comparison", first, rest: trimmed(rest) };
}

/** Parses a signed primary with its filters and tests: `-x|abs` is `(-x)|abs`. */
function parseOperand(stream: TokenStream): Expression {
  let operand = parseSigned(stream);
  for (let filtered = false; ; filtered = true) {
    if (stream.is("|")) {
      stream.next();
      stream.deepenChain();
      const { name, args } = parseFilterCall(stream);
      operand = { type: "Filter", operand, name, args };
    } else if (stream.isWord("is")) {
      stream.deepenChain();
      operand = parseTest(stream, operand);
    } else if (stream.is("(")) {
      operand = parseCall(stream, operand);
    } else if (filtered && (stream.is("[") || stream.is("."))) {
      throw stream.unexpected("put the filtered value in parentheses first: (value | filter)[0]");
    } else {
      return operand;
    }
  }
}

/** Parses a filter's name and arguments. Throws for a filter that does not exist. */
export function parseFilterCall(stream: TokenStream): FilterCall {
  const token = stream.current;
  const name = parseDottedName(stream, "the name of a filter");
  const args = stream.is("(") ? parseArguments(stream, parseExpression) : NO_ARGUMENTS;
  checkFilter(stream, token, name, args);
  return { name, args };
}

/**
 * Jinja2 allows dots in the names of filters and tests. None of ours has one, but the error shows
 * the whole name.
 */
function parseDottedName(stream: TokenStream, what: string): string {
  let name = stream.expect("name", what).value;
  while (stream.skip(".")) name += `.${stream.expect("name").value}`;
  return name;
}

function parseTest(stream: TokenStream, operand: Expression): Expression {
  stream.next();
  const negated = stream.skipWord("not");
  const token = stream.current;
  const name = parseDottedName(stream, "the name of a test");
  checkTest(stream, token, name);
  const test: Expression = { type: "Test", operand, name, args: parseTestArguments(stream) };
  return negated ? { type: "Unary", operator: "not", operand: test } : test;
}

/** `is divisibleby(3)`, or `is divisibleby 3` with a primary. */
function parseTestArguments(stream: TokenStream): readonly Argument[] {
  const { kind, value } = stream.current;
  if (kind === "(") return parseArguments(stream, parseExpression);
  if (!TEST_ARGUMENTS.has(kind) || (kind === "name" && AFTER_TEST.has(value))) return NO_ARGUMENTS;
  const outer = stream.beginChain();
  stream.enter();
  const argument = parsePostfix(stream, parsePrimary(stream));
  stream.leave();
  stream.endChain(outer);
  return [argument];
}

function parseSigned(stream: TokenStream): Expression {
  const { kind } = stream.current;
  if (kind !== "-" && kind !== "+") return parsePostfix(stream, parsePrimary(stream));
  stream.next();
  stream.enter();
  const operand = parseSigned(stream);
  stream.leave();
  return { type: "Unary", operator: kind, operand };
}

/** Parses what may follow a primary: attributes, subscripts, slices and calls. */
function parsePostfix(stream: TokenStream, primary: Expression): Expression {
  let node = primary;
  for (;;) {
    const { kind } = stream.current;
    if (kind === "(") {
      node = parseCall(stream, node);
    } else if (kind === ".") {
      stream.deepenChain();
      node = parseAttribute(stream, node);
    } else if (kind === "[") {
      stream.deepenChain();
      stream.enter();
      node = parseSubscript(stream, node);
      stream.leave();
    } else {
      return node;
    }
  }
}

function parseCall(stream: TokenStream, callee: Expression): Call {
  stream.deepenChain();
  return { type: "Call", callee, args: parseArguments(stream, parseExpression) };
}

function parseAttribute(stream: TokenStream, object: Expression): Expression {
  stream.next();
  const { kind, value } = stream.current;
  if (kind === "integer") return { type: "Subscript", object, key: integerLiteral(stream) };
  if (kind !== "name") throw stream.unexpected("expected a name or an integer after the dot");
  stream.next();
  return { type: "Attribute", object, name: value };
}

function parseSubscript(stream: TokenStream, object: Expression): Expression {
  stream.next();
  const start = stream.is(":") ? undefined : parseExpression(stream);
  if (start && !stream.is(":")) {
    if (stream.is(",")) throw stream.unexpected("a subscript is one key, or one slice");
    stream.expect("]");
    return { type: "Subscript", object, key: start };
  }
  stream.expect(":");
  const stop = stream.is(":") || stream.is("]") ? undefined : parseExpression(stream);
  const step = stream.skip(":") && !stream.is("]") ? parseExpression(stream) : undefined;
  stream.expect("]");
  return { type: "Slice", object, start, stop, step };
}

function parsePrimary(stream: TokenStream): Expression {
  if (stream.is("name")) return nameOrConstant(stream.next().value);
  if (stream.is("string")) return stringLiteral(stream);
  if (stream.is("integer")) return integerLiteral(stream);
  if (stream.is("float")) return { type: "Literal", value: new Float(numberOf(stream.next())) };
  if (stream.is("(")) return parseParentheses(stream);
  if (stream.is("[")) return { type: "List", items: parseItems(stream, "]", parseExpression) };
  if (stream.is("{")) return { type: "Dict", entries: parseItems(stream, "}", parseEntry) };
  throw stream.unexpected("expected an expression");
}

function nameOrConstant(name: string): Expression {
  const constant = CONSTANTS.get(name);
  return constant === undefined ? { type: "Name", name } : { type: "Literal", value: constant };
}

/** Strings next to each other are one string. */
function stringLiteral(stream: TokenStream): Literal {
  let value = "";
  while (stream.is("string")) value += stream.next().value;
  return { type: "Literal", value };
}

function integerLiteral(stream: TokenStream): Literal {
  return { type: "Literal", value: numberOf(stream.next()) };
}

function numberOf({ value }: Token): number {
  return Number(value.replaceAll("_", ""));
}

/** `(expression)`, `(a, b)` or the empty tuple `()`. */
function parseParentheses(stream: TokenStream): Expression {
  stream.next();
  if (stream.skip(")")) return { type: "Tuple", items: [] };
  const inner = parseTuple(stream);
  stream.expect(")");
  return inner;
}

function parseEntry(stream: TokenStream): DictEntry {
  const key = parseExpression(stream);
  stream.expect(":");
  return { key, value: parseExpression(stream) };
}

/** Parses the items of a list or a dictionary, from its opening bracket to the closing one. */
function parseItems<Item>(
  stream: TokenStream,
  closing: TokenKind,
  parseItem: (stream: TokenStream) => Item,
): readonly Item[] {
  const items: Item[] = [];
  stream.next();
  stream.enter();
  while (!stream.is(closing)) {
    items.push(parseItem(stream));
    if (!stream.is(closing)) stream.expect(",", `"," or "${closing}"`);
  }
  stream.leave();
  stream.next();
  return trimmed(items);
}
