import type { OperationResult } from "./operations.ts";

/** A variable as a stored prompt declares it. */
export interface DeclaredVariable {
  /**
   * `string`, `number`, `integer`, `boolean`, `list`, `object`, `image`, `file`, `audio` or
   * `messages`.
   */
  type: string;
  required?: boolean;
  default?: unknown;
  options?: unknown[];
  description?: string;
}

/** A prompt with its variables. */
export interface DeclaredPrompt {
  name: string;
  variables: Record<string, DeclaredVariable>;
}

/** The languages that {@link printPromptTypes} writes. */
export type TypesLanguage = "typescript" | "python";

/** The variables that a version declares, as `client.prompts.get` gives it. */
export function declaredPrompt({ name, definition }: OperationResult<"GET /v1/prompts/{name}">): DeclaredPrompt {
  return { name, variables: (definition["variables"] ?? {}) as Record<string, DeclaredVariable> };
}

/**
 * The types of prompts' variables as the text of a file: for TypeScript the interface `Prompts`
 * that `new PbtEdge<Prompts>(…)` takes, for Python a `TypedDict` for each prompt. The same prompts
 * give the same text, in whatever order they come.
 */
export function printPromptTypes(prompts: readonly DeclaredPrompt[], language: TypesLanguage): string {
  const inOrder = [...prompts].sort((a, b) => (a.name < b.name ? -1 : 1));
  return language === "typescript" ? printTypeScript(inOrder) : printPython(inOrder);
}

const HEAD = "Made by `pbt-edge types`; do not edit.";

/** A type in each language. */
const TYPES: Readonly<Record<string, Readonly<Record<TypesLanguage, string>>>> = {
  string: { typescript: "string", python: "str" },
  number: { typescript: "number", python: "float" },
  integer: { typescript: "number", python: "int" },
  boolean: { typescript: "boolean", python: "bool" },
  list: { typescript: "readonly unknown[]", python: "list[Any]" },
  object: { typescript: "Readonly<Record<string, unknown>>", python: "dict[str, Any]" },
  image: { typescript: "MediaValue", python: "MediaValue" },
  file: { typescript: "MediaValue", python: "MediaValue" },
  audio: { typescript: "MediaValue", python: "MediaValue" },
  messages: { typescript: "readonly ConversationMessage[]", python: "list[dict[str, Any]]" },
};

const TYPESCRIPT_HEAD = `// ${HEAD}

/** An https: or data: URL, the data itself as base64, or a file that the provider keeps. */
export type MediaValue = string | { data: string; media_type: string } | { file_id: string };

/** A message of a conversation. */
export interface ConversationMessage {
  role: string;
  content: unknown;
  tool_calls?: readonly unknown[];
  tool_call_id?: string;
}

/** The stored prompts by name, with what each takes. */
export interface Prompts {
`;

function printTypeScript(prompts: readonly DeclaredPrompt[]): string {
  const entries = prompts.map(({ name, variables }) => {
    const members = Object.entries(variables).flatMap(([variable, declared]) => [
      ...(declared.description ? [`      /** ${oneLine(declared.description).replaceAll("*/", "*\\/")} */`] : []),
      `      ${keyOf(variable)}${isOptional(declared) ? "?" : ""}: ${typeOf(declared, "typescript")};`,
    ]);
    const body = members.length === 0 ? "Record<never, never>" : `{\n${members.join("\n")}\n    }`;
    return `  ${JSON.stringify(name)}: {\n    variables: ${body};\n  };\n`;
  });
  return `${TYPESCRIPT_HEAD}${entries.join("")}}\n`;
}

const PYTHON_HEAD = `# ${HEAD}
from typing import Any, Literal, NotRequired, TypedDict, Union

# An https: or data: URL, {"data", "media_type"} or {"file_id"}.
MediaValue = Union[str, dict[str, str]]
`;

function printPython(prompts: readonly DeclaredPrompt[]): string {
  const taken = new Set<string>();
  const classes = prompts.map(({ name, variables }) => {
    const className = freeName(classNameOf(name), taken);
    const members = Object.entries(variables).map(([variable, declared]) => {
      const type = typeOf(declared, "python");
      const described = declared.description ? `  # ${oneLine(declared.description)}` : "";
      return `    ${JSON.stringify(variable)}: ${isOptional(declared) ? `NotRequired[${type}]` : type},${described}\n`;
    });
    // Written as a call, because a variable's name may be a word of Python.
    const fields = members.length === 0 ? "{}" : `{\n${members.join("")}}`;
    return `\n# The variables of ${JSON.stringify(name)}.\n${className} = TypedDict("${className}", ${fields})\n`;
  });
  return PYTHON_HEAD + classes.join("");
}

/** A variable with a default may be left out, whatever it says of being required. */
function isOptional({ required = false, default: preset }: DeclaredVariable): boolean {
  return !required || preset !== undefined;
}

function typeOf({ type, options }: DeclaredVariable, language: TypesLanguage): string {
  const literals = options?.map((option) => literalOf(option, language)) ?? [];
  if (literals.length > 0 && !literals.includes(null)) {
    return language === "typescript" ? literals.join(" | ") : `Literal[${literals.join(", ")}]`;
  }
  return TYPES[type]?.[language] ?? (language === "typescript" ? "unknown" : "Any");
}

/** An option as a literal type; null where the language has none for it. */
function literalOf(option: unknown, language: TypesLanguage): string | null {
  if (typeof option === "string") return JSON.stringify(option);
  if (typeof option === "boolean") return language === "typescript" ? `${option}` : option ? "True" : "False";
  if (typeof option !== "number") return null;
  return language === "typescript" || Number.isInteger(option) ? `${option}` : null;
}

/** `support/answer-short` becomes `SupportAnswerShortVariables`. */
function classNameOf(prompt: string): string {
  const words = prompt.split(/[^a-z0-9]+/i).filter((word) => word !== "");
  const name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
  return `${/^\d/.test(name) ? "Prompt" : ""}${name}Variables`;
}

function freeName(name: string, taken: Set<string>): string {
  let free = name;
  for (let number = 2; taken.has(free); number += 1) free = `${name}${number}`;
  taken.add(free);
  return free;
}

function keyOf(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
