import type { BinaryOperator, ComparisonOperator } from "./ast.ts";
import type { TokenStream } from "./token-stream.ts";

/**
 * How strongly operators bind, as in Jinja2's parser. Two of its rules differ from Python's: `~`
 * binds more strongly than `+`, and `**` groups from the left.
 */
export const PRECEDENCE = { or: 1, and: 2, not: 3, comparison: 4, sum: 5, concatenation: 6, product: 7, power: 8 };

/** An operator between two operands. All of them group from the left. */
export type Infix =
  | { type: "Logical"; operator: "and" | "or"; precedence: number }
  | { type: "Comparison"; operator: ComparisonOperator; precedence: number }
  | { type: "Binary"; operator: BinaryOperator; precedence: number };

const comparison = (operator: ComparisonOperator): [string, Infix] => [
  operator,
  { type: "Comparison", operator, precedence: PRECEDENCE.comparison },
];
const binary = (operator: BinaryOperator, precedence: number): [string, Infix] => [
  operator,
  { type: "Binary", operator, precedence },
];

const SIGNS: ReadonlyMap<string, Infix> = new Map([
  ...(["==", "!=", "<", "<=", ">", ">="] as const).map(comparison),
  ...(["+", "-"] as const).map((operator) => binary(operator, PRECEDENCE.sum)),
  binary("~", PRECEDENCE.concatenation),
  ...(["*", "/", "//", "%"] as const).map((operator) => binary(operator, PRECEDENCE.product)),
  binary("**", PRECEDENCE.power),
]);
const WORDS: ReadonlyMap<string, Infix> = new Map<string, Infix>([
  ["or", { type: "Logical", operator: "or", precedence: PRECEDENCE.or }],
  ["and", { type: "Logical", operator: "and", precedence: PRECEDENCE.and }],
  comparison("in"),
]);
const [, NOT_IN] = comparison("not in");

/** The infix operator at the current token, or undefined. `not in` is two tokens. */
export function infixAt(stream: TokenStream): Infix | undefined {
  const { kind, value } = stream.current;
  if (kind !== "name") return SIGNS.get(kind);
  if (value !== "not") return WORDS.get(value);
  const after = stream.peek();
  return after.kind === "name" && after.value === "in" ? NOT_IN : undefined;
}
