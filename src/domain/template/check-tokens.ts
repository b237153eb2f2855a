import type { AppError } from "../errors.ts";
import type { Token } from "./lex-expression.ts";
import { MAX_SYNTAX_DEPTH, templateFault } from "./limits.ts";

/** The names that a template may use. */
export interface KnownNames {
  filters: { has(name: string): boolean };
  tests: { has(name: string): boolean };
}

const ENDS = new Map([
  ["if", "endif"],
  ["for", "endfor"],
  ["macro", "endmacro"],
  ["call", "endcall"],
  ["filter", "endfilter"],
  ["set", "endset"],
]);
const MIDDLES = new Map([
  ["elif", ["if"]],
  ["else", ["if", "for"]],
]);
const LOADERS = new Set(["include", "import", "from", "extends", "block"]);
/** Filters that take another filter's, or a test's, name: the position of that name among their arguments. */
const NAME_ARGUMENTS = new Map<string, { kind: "filter" | "test"; position: number }>([
  ["map", { kind: "filter", position: 0 }],
  ["select", { kind: "test", position: 0 }],
  ["reject", { kind: "test", position: 0 }],
  ["selectattr", { kind: "test", position: 1 }],
  ["rejectattr", { kind: "test", position: 1 }],
]);

interface OpenBlock {
  name: string;
  line: number;
  seenElse: boolean;
}

/**
 * Checks, before the recursive parser runs, that brackets and blocks nest properly and not too deeply, and that every
 * tag is one that this runtime offers. Throws an AppError `validation_error` that names the line.
 */
export function checkBlocks(tokens: Token[], path: string): void {
  const open: OpenBlock[] = [];
  tokens.forEach((token, at) => {
    if (open.length + token.depth > MAX_SYNTAX_DEPTH) {
      throw templateFault(`line ${token.line}: nested more than ${MAX_SYNTAX_DEPTH} levels deep`, path);
    }
    if (token.type === "OpenStatement") checkTag(tokens, at, open, path);
  });
  const unclosed = open.pop();
  if (unclosed) {
    const end = ENDS.get(unclosed.name) ?? "";
    throw templateFault(`line ${unclosed.line}: {% ${unclosed.name} %} is never closed with {% ${end} %}`, path);
  }
}

function checkTag(tokens: Token[], at: number, open: OpenBlock[], path: string): void {
  const token = tokens[at + 1];
  const fault = (message: string): AppError => templateFault(`line ${token?.line ?? 1}: ${message}`, path);
  if (token?.type !== "Identifier") throw fault("expected the name of a tag after {%");
  const name = token.value;
  const current = open.at(-1);
  if (ENDS.has(name)) {
    if (name !== "set" || isBlockSet(tokens, at)) open.push({ name, line: token.line, seenElse: false });
  } else if (MIDDLES.has(name)) {
    if (!current || current.seenElse || !MIDDLES.get(name)?.includes(current.name)) {
      throw fault(`{% ${name} %} has no ${MIDDLES.get(name)?.join(" or ")} block to belong to`);
    }
    current.seenElse = name === "else";
  } else if (name.startsWith("end") && [...ENDS.values()].includes(name)) {
    if (!current) throw fault(`{% ${name} %} closes nothing`);
    if (ENDS.get(current.name) !== name) {
      throw fault(`{% ${name} %} cannot close the {% ${current.name} %} of line ${current.line}`);
    }
    open.pop();
  } else if (name === "break" || name === "continue") {
    if (!open.some((block) => block.name === "for")) throw fault(`{% ${name} %} outside a loop`);
  } else if (LOADERS.has(name)) {
    throw fault(`{% ${name} %} is not supported: a prompt is one self-contained template`);
  } else {
    throw fault(`unknown tag {% ${name} %}`);
  }
}

function isBlockSet(tokens: Token[], at: number): boolean {
  for (let next = at; next < tokens.length; next += 1) {
    const token = tokens[next];
    if (token?.type === "Equals" && token.depth === 0) return false;
    if (token?.type === "CloseStatement") return true;
  }
  return false;
}

/**
 * Refuses filters and tests that do not exist, also where a filter is named by a string (`map("upper")`). Takes the
 * tokens after tests were rewritten as filters. Throws an AppError `validation_error` that names the filter and line.
 */
export function checkNames(tokens: Token[], known: KnownNames, path: string): void {
  tokens.forEach((token, at) => {
    if (token.type !== "Identifier") return;
    const before = tokens[at - 1];
    const opensFilterBlock =
      before?.type === "Identifier" && before.value === "filter" && tokens[at - 2]?.type === "OpenStatement";
    if (before?.type !== "Pipe" && !opensFilterBlock) return;
    const [, test] = /^is (?:not )?(.+)$/.exec(token.value) ?? [];
    checkName(test === undefined ? "filter" : "test", test ?? token.value, token.line, known, path);
    const named = NAME_ARGUMENTS.get(token.value);
    const argument = named && tokens[at + 2 + named.position * 2];
    const between = named?.position === 1 ? tokens[at + 3]?.type === "Comma" : true;
    if (named && between && tokens[at + 1]?.type === "OpenParen" && argument?.type === "StringLiteral") {
      checkName(named.kind, argument.value, argument.line, known, path);
    }
  });
}

function checkName(kind: "filter" | "test", name: string, line: number, known: KnownNames, path: string): void {
  const names = kind === "filter" ? known.filters : known.tests;
  if (!names.has(name)) throw templateFault(`line ${line}: unknown ${kind} "${name}"`, path);
}
