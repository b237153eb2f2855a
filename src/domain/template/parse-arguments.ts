import type { Argument, Expression, Parameter } from "./ast.ts";
import type { TokenStream } from "./token-stream.ts";
import { trimmed } from "./trimmed.ts";

/** Parses one expression. It is passed in because arguments are part of expressions themselves. */
type ExpressionParser = (stream: TokenStream) => Expression;

/** The arguments of a filter or a test without parentheses. */
export const NO_ARGUMENTS: readonly Argument[] = [];

/** Which kinds of argument a call has had so far. */
interface Seen {
  keyword: boolean;
  spread: boolean;
  keywordSpread: boolean;
}

/** Parses the arguments of a call, with their parentheses: `(1, *list, key=2, **dict)`. */
export function parseArguments(stream: TokenStream, parseExpression: ExpressionParser): readonly Argument[] {
  const args: Argument[] = [];
  const seen: Seen = { keyword: false, spread: false, keywordSpread: false };
  stream.expect("(");
  stream.enter();
  while (!stream.is(")")) {
    args.push(parseArgument(stream, parseExpression, seen));
    if (!stream.is(")")) stream.expect(",", '"," or ")"');
  }
  stream.leave();
  stream.next();
  return args.length === 0 ? NO_ARGUMENTS : trimmed(args);
}

function parseArgument(stream: TokenStream, parseExpression: ExpressionParser, seen: Seen): Argument {
  if (seen.keywordSpread) throw stream.fault("no argument may follow a ** argument");
  if (stream.is("*")) {
    if (seen.spread) throw stream.fault("a call takes one * argument only");
    seen.spread = true;
    stream.next();
    return { type: "Spread", value: parseExpression(stream) };
  }
  if (stream.skip("**")) {
    seen.keywordSpread = true;
    return { type: "KeywordSpread", value: parseExpression(stream) };
  }
  if (stream.is("name") && stream.peek().kind === "=") {
    seen.keyword = true;
    const name = stream.next().value;
    stream.next();
    return { type: "Keyword", name, value: parseExpression(stream) };
  }
  if (seen.keyword || seen.spread) {
    throw stream.fault(`a positional argument cannot follow a ${seen.keyword ? "keyword" : "*"} argument`);
  }
  return parseExpression(stream);
}

/** Parses the parameters of a macro or a `call` block, with their parentheses: `(a, b=1)`. */
export function parseParameters(stream: TokenStream, parseExpression: ExpressionParser): readonly Parameter[] {
  const parameters: Parameter[] = [];
  const names = new Set<string>();
  stream.expect("(");
  while (!stream.is(")")) {
    if (parameters.length > 0) stream.expect(",", '"," or ")"');
    const token = stream.expect("name", "the name of a parameter");
    const name = token.value;
    if (names.has(name)) throw stream.fault(`the parameter "${name}" is there twice`, token);
    names.add(name);
    const fallback = stream.skip("=") ? parseExpression(stream) : undefined;
    if (!fallback && parameters.at(-1)?.fallback) {
      throw stream.fault(`the parameter "${name}" needs a default, like the one before it`, token);
    }
    parameters.push({ name, fallback });
  }
  stream.next();
  return trimmed(parameters);
}
