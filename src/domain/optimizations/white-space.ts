/**
 * Removes white space that says nothing, in a text whose code and data are protected: around the
 * text, at the ends of lines, more than one blank line, and more than one space between words. What
 * lines begin with stays, and so do lines that look like a table or have tabs.
 */
export function trimWhiteSpace(text: string): string {
  return text
    .split("\n")
    .map(trimLine)
    .join("\n")
    .replaceAll(/\n{3,}/g, "\n\n")
    .trim();
}

function trimLine(line: string): string {
  if (/[|\t]/.test(line)) return line.trimEnd();
  const indent = /^ */.exec(line)?.[0] ?? "";
  return indent + line.slice(indent.length).replaceAll(/ {2,}/g, " ").trimEnd();
}
