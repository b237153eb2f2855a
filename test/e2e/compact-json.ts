/** Longest value that is written in one line. */
const LINE = 160;

/**
 * Indented JSON in which short values stay in one line: readable in a diff, at a third of the
 * lines.
 */
export function compactJson(value: unknown, indent = ""): string {
  const line = JSON.stringify(value);
  if (line.length <= LINE || typeof value !== "object" || value === null) return line;
  const inner = `${indent} `;
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  const parts = Array.isArray(value)
    ? value.map((each) => compactJson(each, inner))
    : Object.entries(value).map(([name, each]) => `${JSON.stringify(name)}: ${compactJson(each, inner)}`);
  return `${open}\n${parts.map((part) => `${inner}${part}`).join(",\n")}\n${indent}${close}`;
}
