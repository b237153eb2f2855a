/** Emphasis within a line: pairs of asterisks around words. */
const BOLD = /(?<![\w*])\*\*(?=[^\s*])([^*\n]+?)(?<=\S)\*\*(?![\w*])/g;
const ITALIC = /(?<![\w*])\*(?=[^\s*])([^*\n]{1,80}?)(?<=[^\s*])\*(?![\w*])/g;
const RULE = /^[ \t]*(?:-{3,}|\*{3,}|_{3,})[ \t]*$/;
/** A private-use character stands for a tag or for data. */
const HELD = /[\uE000-\uF8FF]/;

/**
 * Removes Markdown that only decorates: asterisks of emphasis, horizontal rules, and the padding of
 * tables. A rule next to a variable stays, because it says where data begins or ends; headings and
 * lists stay, because they are the structure.
 */
export function dropDecoration(text: string): string {
  const lines = text.split("\n");
  return lines
    .flatMap((line, at) => {
      if (RULE.test(line)) return HELD.test((lines[at - 1] ?? "") + (lines[at + 1] ?? "")) ? [line] : [""];
      return [/^[ \t]*\|.*\|[ \t]*$/.test(line) ? compactRow(line) : line];
    })
    .join("\n")
    .replaceAll(BOLD, "$1")
    .replaceAll(ITALIC, "$1");
}

function compactRow(row: string): string {
  return row
    .replaceAll(/-{4,}/g, "---")
    .split("|")
    .map((cell) => cell.trim())
    .join("|");
}
