import type { Float } from "./values.ts";

/** An expression. */
export type Expression =
  | Name
  | Literal
  | { type: "List" | "Tuple"; items: readonly Expression[] }
  | { type: "Dict"; entries: readonly DictEntry[] }
  | Attribute
  | Subscript
  | Slice
  | Call
  | Filter
  | Test
  | Unary
  | Binary
  | Logical
  | Comparison
  | Conditional;

/** A variable, a macro or a global function. */
export interface Name {
  type: "Name";
  name: string;
}

/** A string, a number, `true`, `false` or `none`. Integers are plain numbers. */
export interface Literal {
  type: "Literal";
  value: string | number | boolean | null | Float;
}

/** `key: value` in a dictionary. */
export interface DictEntry {
  key: Expression;
  value: Expression;
}

/** `object.name`. */
export interface Attribute {
  type: "Attribute";
  object: Expression;
  name: string;
}

/** `object[key]`, or `object.0`. */
export interface Subscript {
  type: "Subscript";
  object: Expression;
  key: Expression;
}

/** `object[start:stop:step]`. */
export interface Slice {
  type: "Slice";
  object: Expression;
  start: Expression | undefined;
  stop: Expression | undefined;
  step: Expression | undefined;
}

/** `callee(args)`. */
export interface Call {
  type: "Call";
  callee: Expression;
  args: readonly Argument[];
}

/** An argument: positional, `name=value`, `*list` or `**dict`. */
export type Argument =
  Expression | KeywordArgument | { type: "Spread"; value: Expression } | { type: "KeywordSpread"; value: Expression };

/** `name=value` in a call. */
export interface KeywordArgument {
  type: "Keyword";
  name: string;
  value: Expression;
}

/** A filter with its arguments. */
export interface FilterCall {
  name: string;
  args: readonly Argument[];
}

/** `operand | name(args)`. */
export interface Filter extends FilterCall {
  type: "Filter";
  operand: Expression;
}

/** `operand is name(args)`. `is not` is a `not` around the test. */
export interface Test {
  type: "Test";
  operand: Expression;
  name: string;
  args: readonly Argument[];
}

/** `not x`, `-x` or `+x`. */
export interface Unary {
  type: "Unary";
  operator: "not" | "-" | "+";
  operand: Expression;
}

/** An operator that computes a value. */
export type BinaryOperator = "+" | "-" | "~" | "*" | "/" | "//" | "%" | "**";

/** `left operator right`. */
export interface Binary {
  type: "Binary";
  operator: BinaryOperator;
  left: Expression;
  right: Expression;
}

/** `left and right`, or `left or right`. */
export interface Logical {
  type: "Logical";
  operator: "and" | "or";
  left: Expression;
  right: Expression;
}

/** An operator that compares two values. */
export type ComparisonOperator = "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "not in";

/** `first < a < b`: each operand is compared with the one before it. */
export interface Comparison {
  type: "Comparison";
  first: Expression;
  rest: readonly { operator: ComparisonOperator; operand: Expression }[];
}

/** `body if test else otherwise`. */
export interface Conditional {
  type: "Conditional";
  test: Expression;
  body: Expression;
  otherwise: Expression | undefined;
}

/** What a `set` or a `for` assigns to. */
export type Target = Name | NamespaceAttribute | { type: "TargetTuple"; targets: readonly Target[] };

/** `namespace.name` as the target of a `set`. */
export interface NamespaceAttribute {
  type: "NamespaceAttribute";
  namespace: Name;
  name: string;
}

/** A parameter of a macro or of a `call` block. */
export interface Parameter {
  name: string;
  fallback: Expression | undefined;
}

/** A statement. */
export type Statement =
  | { type: "Text"; value: string }
  | { type: "Output"; expression: Expression }
  | If
  | For
  | { type: "Set"; target: Target; value: Expression }
  | SetBlock
  | Macro
  | CallBlock
  | { type: "FilterBlock"; filters: readonly FilterCall[]; body: readonly Statement[] }
  | { type: "Break" | "Continue" };

/** An `if` block. An `elif` is an `If` of its own in `alternate`. */
export interface If {
  type: "If";
  test: Expression;
  body: readonly Statement[];
  alternate: readonly Statement[];
}

/** A `for` block. `filter` is its inline `if`; `alternate` runs where there are no items. */
export interface For {
  type: "For";
  target: Target;
  iterable: Expression;
  filter: Expression | undefined;
  body: readonly Statement[];
  alternate: readonly Statement[];
}

/** A `set` block: the body's text, filtered. */
export interface SetBlock {
  type: "SetBlock";
  target: Target;
  filters: readonly FilterCall[];
  body: readonly Statement[];
}

/** A `macro` block. */
export interface Macro {
  type: "Macro";
  name: string;
  parameters: readonly Parameter[];
  body: readonly Statement[];
}

/** A `call` block. Its body becomes the macro's `caller`. */
export interface CallBlock {
  type: "CallBlock";
  call: Call;
  parameters: readonly Parameter[];
  body: readonly Statement[];
}

/** A whole template. */
export interface Program {
  body: readonly Statement[];
}
