/** The token that a binary operator was written as. `depth` counts open brackets, so that `a < b < c` and `(a < b) < c` differ. */
export interface OperatorToken {
  value: string;
  depth: number;
}

/** An expression of the template language, in the shape of `@huggingface/jinja`'s parser. */
export type Expression =
  | { type: "Identifier"; value: string }
  | { type: "IntegerLiteral" | "FloatLiteral"; value: number }
  | { type: "StringLiteral"; value: string }
  | { type: "ArrayLiteral" | "TupleLiteral"; value: Expression[] }
  | { type: "ObjectLiteral"; value: Map<Expression, Expression> }
  | MemberExpression
  | SliceExpression
  | CallExpression
  | FilterExpression
  | BinaryExpression
  | { type: "UnaryExpression"; operator: { value: string }; argument: Expression }
  | Ternary
  | SelectExpression
  | KeywordArgument
  | { type: "SpreadExpression" | "KeywordSpreadExpression"; argument: Expression };

/** `object.property`, or `object[property]` where `computed`. */
export interface MemberExpression {
  type: "MemberExpression";
  object: Expression;
  property: Expression;
  computed: boolean;
}

/** `start:stop:step` between square brackets. */
export interface SliceExpression {
  type: "SliceExpression";
  start: Expression | undefined;
  stop: Expression | undefined;
  step: Expression | undefined;
}

/** `callee(args)`; keyword arguments come last. */
export interface CallExpression {
  type: "CallExpression";
  callee: Expression;
  args: Expression[];
}

/** The name of a filter, or a call of it. Tests are filters too, named `is x` or `is not x` (see desugar-tests). */
export type FilterName = { type: "Identifier"; value: string } | CallExpression;

/** `operand | filter`. */
export interface FilterExpression {
  type: "FilterExpression";
  operand: Expression;
  filter: FilterName;
}

/** Two operands; `and` and `or` are operators too. */
export interface BinaryExpression {
  type: "BinaryExpression";
  operator: OperatorToken;
  left: Expression;
  right: Expression;
}

/** `trueExpr if condition else falseExpr`. */
export interface Ternary {
  type: "Ternary";
  condition: Expression;
  trueExpr: Expression;
  falseExpr: Expression;
}

/** `lhs if test`: the filter of a loop, or a conditional without `else`. */
export interface SelectExpression {
  type: "SelectExpression";
  lhs: Expression;
  test: Expression;
}

/** `key=value` in a call, or a parameter with a default in a macro. */
export interface KeywordArgument {
  type: "KeywordArgumentExpression";
  key: { type: "Identifier"; value: string };
  value: Expression;
}

/** A macro's parameter. */
export type Parameter = { type: "Identifier"; value: string } | KeywordArgument;

/** A `for` block. */
export interface ForStatement {
  type: "For";
  loopvar: Expression;
  iterable: Expression;
  body: Statement[];
  defaultBlock: Statement[];
}

/** A `set`: inline where `value` is there, else the block's text. */
export interface SetStatement {
  type: "Set";
  assignee: Expression;
  value: Expression | null;
  body: Statement[];
}

/** A `macro` block. */
export interface MacroStatement {
  type: "Macro";
  name: { type: "Identifier"; value: string };
  args: Parameter[];
  body: Statement[];
}

/** A `call` block: the body becomes the macro's `caller`. */
export interface CallStatement {
  type: "CallStatement";
  call: CallExpression;
  callerArgs: Parameter[] | null;
  body: Statement[];
}

/** An `if` block. */
export interface IfStatement {
  type: "If";
  test: Expression;
  body: Statement[];
  alternate: Statement[];
}

/** A statement that is not an expression. */
export type Block =
  | IfStatement
  | ForStatement
  | SetStatement
  | MacroStatement
  | CallStatement
  | { type: "FilterStatement"; filter: FilterName; body: Statement[] }
  | { type: "Comment"; value: string }
  | { type: "Break" | "Continue" };

/** A statement of the template language; an expression is one that prints itself. */
export type Statement = Expression | Block;

const BLOCK_TYPES: ReadonlySet<string> = new Set<Block["type"]>([
  "If",
  "For",
  "Set",
  "Macro",
  "CallStatement",
  "FilterStatement",
  "Comment",
  "Break",
  "Continue",
]);

/** Whether a statement is a block, rather than an expression that prints itself. */
export function isBlock(node: Statement): node is Block {
  return BLOCK_TYPES.has(node.type);
}

/** A whole template. */
export interface Program {
  type: "Program";
  body: Statement[];
}

/** The filter's name, and the arguments where it is called. */
export function filterParts(filter: FilterName): { name: string; args: Expression[] } {
  if (filter.type === "Identifier") return { name: filter.value, args: [] };
  return { name: filter.callee.type === "Identifier" ? filter.callee.value : "", args: filter.args };
}
