import type { VariableSpec } from "../../../../domain/prompts/prompt.ts";

/** How a variable is given in the form. */
export type VariableInput = "choice" | "boolean" | "number" | "text" | "address" | "json";

/** The input that suits a variable. */
export function inputOf({ type, options }: VariableSpec): VariableInput {
  if (options && options.length > 0) return "choice";
  if (type === "boolean") return "boolean";
  if (type === "number" || type === "integer") return "number";
  if (type === "string") return "text";
  return type === "image" || type === "file" || type === "audio" ? "address" : "json";
}

/** How a value of a variable stands in its field. */
export function textOf(spec: VariableSpec, value: unknown): string {
  if (value === undefined) return "";
  return typeof value === "string" && (spec.type === "string" || inputOf(spec) === "address")
    ? value
    : JSON.stringify(value);
}

/**
 * The variables that a form gives, by name. A field that is left empty gives none, so that its
 * default applies. Faults are those of the form alone: what a prompt takes is checked when it is
 * rendered.
 */
export function variablesOf(
  specs: Record<string, VariableSpec>,
  texts: Readonly<Record<string, string>>,
): { variables: Record<string, unknown>; faults: Record<string, string> } {
  const variables: [string, unknown][] = [];
  const faults: [string, string][] = [];
  for (const [name, spec] of Object.entries(specs)) {
    const text = texts[name] ?? "";
    if (text === "") continue;
    const value = valueOf(spec, text);
    if (value === undefined) faults.push([name, "is not JSON"]);
    else variables.push([name, value]);
  }
  return { variables: Object.fromEntries(variables), faults: Object.fromEntries(faults) };
}

/** Undefined for a text that is not the JSON that it should be. */
function valueOf(spec: VariableSpec, text: string): unknown {
  const input = inputOf(spec);
  if (spec.type === "string") return text;
  // A medium is an address, or an object.
  if (input === "address" && !text.trimStart().startsWith("{")) return text.trim();
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
