const BRACKETS_AND_SEPARATORS = ["=", "(", ")", "[", "]", "{", "}", ",", ".", ":", "|"] as const;
const ARITHMETIC = ["**", "//", "+", "-", "~", "*", "/", "%"] as const;
const COMPARISONS = ["<=", ">=", "==", "!=", "<", ">"] as const;

/** A sign of the expression language. */
export type Punctuator =
  (typeof BRACKETS_AND_SEPARATORS)[number] | (typeof ARITHMETIC)[number] | (typeof COMPARISONS)[number];

/** The punctuators by their text. */
export const PUNCTUATORS: ReadonlyMap<string, Punctuator> = new Map(
  [...BRACKETS_AND_SEPARATORS, ...ARITHMETIC, ...COMPARISONS].map((sign) => [sign, sign]),
);

/**
 * What a token is. Delimiters and punctuators are named by their own text; `end` follows the last
 * token.
 */
export type TokenKind =
  "text" | "name" | "string" | "integer" | "float" | "{{" | "}}" | "{%" | "%}" | "end" | Punctuator;

/** A token of a template. */
export interface Token {
  readonly kind: TokenKind;
  /** The source text, except for a string, which is decoded. */
  readonly value: string;
  /** Offset in the source text. */
  readonly position: number;
}
