import { RE2JS } from "re2js";
import { membersOf } from "./unicode-properties.ts";

/** The longest pattern, in UTF-16 units. */
export const MAX_PATTERN_LENGTH = 256;
/** The most states of a pattern's automaton. `^[a-z]{1,200}$` has some 200. */
const MAX_STATES = 500;
/** The most patterns that an isolate keeps compiled. */
const MAX_COMPILED = 100;

const compiled = new Map<string, RE2JS | Error>();

/**
 * Compiles a pattern of a JSON Schema. It is a regular expression of ECMAScript's `u` mode that can
 * be followed in one pass: look-around and back references take backtracking, whose time grows
 * exponentially. Throws an Error that says what is wrong.
 */
export function compilePattern(pattern: string): RE2JS {
  const result = compiled.get(pattern) ?? compile(pattern);
  if (compiled.size >= MAX_COMPILED) compiled.clear();
  compiled.set(pattern, result);
  if (result instanceof Error) throw result;
  return result;
}

function compile(pattern: string): RE2JS | Error {
  try {
    // RE2 knows more than the standard (`(?i)`, `\pN`), and a schema goes to providers as well.
    RegExp(pattern, "u");
    const automaton = RE2JS.compile(toRe2(pattern));
    return automaton.programSize() > MAX_STATES ? new Error("repeats too much") : automaton;
  } catch (error) {
    return error instanceof Error ? error : new Error("unreadable");
  }
}

/** Steps that matching a text of this many characters takes at most. */
export function matchingSteps(pattern: RE2JS, length: number): number {
  return Math.ceil(length * (3 + pattern.programSize() / 4));
}

/** What ECMAScript takes for white space and for the end of a line. RE2 stays within ASCII. */
const SPACES = String.raw`\t\n\x0B\f\r \x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}\x{FEFF}`;
const LINE_ENDS = String.raw`\n\r\x{2028}\x{2029}`;

/** An escape, the bounds of a character class, and the dot. */
const TOKENS = /\\u\{[0-9a-fA-F]+\}|\\u[0-9a-fA-F]{4}|\\c[A-Za-z]|\\[pP]\{[^}]*\}|\\[^]|[[\].]/gu;
const PROPERTY = /^\\[pP]\{/;

/** How often a pattern names a property of Unicode (`\p{…}`, `\P{…}`). */
export function countProperties(pattern: string): number {
  return pattern.match(TOKENS)?.filter((token) => PROPERTY.test(token)).length ?? 0;
}

/** Writes in RE2's syntax what ECMAScript's `u` mode writes in another. */
function toRe2(pattern: string): string {
  let inClass = false;
  return pattern.replaceAll(TOKENS, (token) => {
    if (token === "[") inClass = true;
    if (token === "]") inClass = false;
    if (token === ".") return inClass ? token : `[^${LINE_ENDS}]`;
    if (token === "\\s") return inClass ? SPACES : `[${SPACES}]`;
    if (token === "\\S" && !inClass) return `[^${SPACES}]`;
    if (token === "\\0") return "\\x00";
    if (token.startsWith("\\u")) return `\\x{${token.replaceAll(/[^0-9a-fA-F]/g, "")}}`;
    if (/^\\c[A-Za-z]$/.test(token)) return `\\x{${(token.charCodeAt(2) % 32).toString(16)}}`;
    if (PROPERTY.test(token)) return inClass ? membersOf(token) : `[${membersOf(token)}]`;
    return token;
  });
}
