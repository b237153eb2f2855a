import type { Argument } from "./ast.ts";
import { FILTERS, unknownFilter } from "./filters.ts";
import { TESTS } from "./tests.ts";
import type { Token } from "./token.ts";
import type { TokenStream } from "./token-stream.ts";

/**
 * The filters that take the name of another filter, or of a test, and the position of that
 * argument.
 */
const NAME_ARGUMENTS: ReadonlyMap<string, { kind: "filter" | "test"; position: number }> = new Map([
  ["map", { kind: "filter", position: 0 }],
  ["select", { kind: "test", position: 0 }],
  ["reject", { kind: "test", position: 0 }],
  ["selectattr", { kind: "test", position: 1 }],
  ["rejectattr", { kind: "test", position: 1 }],
]);

/**
 * Throws a syntax error at `token` for a filter that does not exist. Checks a filter or test that
 * is named by a string, too: `map("upper")`.
 */
export function checkFilter(stream: TokenStream, token: Token, name: string, args: readonly Argument[]): void {
  if (!FILTERS.has(name)) throw stream.fault(unknownFilter(name), token);
  const named = NAME_ARGUMENTS.get(name);
  const argument = named && args[named.position];
  if (argument?.type !== "Literal" || typeof argument.value !== "string") return;
  if (named?.kind === "test") checkTest(stream, token, argument.value);
  else if (!FILTERS.has(argument.value)) throw stream.fault(unknownFilter(argument.value), token);
}

/** Throws a syntax error at `token` for a test that does not exist. */
export function checkTest(stream: TokenStream, token: Token, name: string): void {
  if (!TESTS.has(name)) throw stream.fault(`unknown test "${name}"`, token);
}
