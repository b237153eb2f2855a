/** A line of a comparison. */
export interface DiffLine {
  kind: "same" | "added" | "removed";
  text: string;
}

/** What differs between two texts, and how many lines. */
export interface LineDiff {
  lines: DiffLine[];
  added: number;
  removed: number;
}

/** More lines than this are compared as a whole: the table grows with their product. */
const MOST_LINES = 2_000;

/** Compares two texts line by line, by their longest common subsequence. */
export function diffLines(before: string, after: string): LineDiff {
  const [from, to] = [before.split("\n"), after.split("\n")];
  const lines = from.length > MOST_LINES || to.length > MOST_LINES ? replaced(from, to) : compared(from, to);
  // The end of a file's last line is no line.
  const last = lines.at(-1);
  if (last?.kind === "same" && last.text === "") lines.pop();
  const count = (kind: DiffLine["kind"]) => lines.filter((line) => line.kind === kind).length;
  return { lines, added: count("added"), removed: count("removed") };
}

/** The changed lines with `context` lines around them, and a null for what is left out between. */
export function diffHunks({ lines }: LineDiff, context = 3): (DiffLine | null)[] {
  const shown = lines.map((_, at) => lines.slice(Math.max(0, at - context), at + context + 1).some(isChange));
  return lines.flatMap((line, at) => {
    if (shown[at]) return [line];
    return at > 0 && shown[at - 1] ? [null] : [];
  });
}

function isChange({ kind }: DiffLine): boolean {
  return kind !== "same";
}

function replaced(from: readonly string[], to: readonly string[]): DiffLine[] {
  const lineOf = (kind: DiffLine["kind"]) => (text: string) => ({ kind, text });
  return [...from.map(lineOf("removed")), ...to.map(lineOf("added"))];
}

function compared(from: readonly string[], to: readonly string[]): DiffLine[] {
  const width = to.length + 1;
  /** The length of the longest common subsequence of what follows each pair of lines. */
  const longest = new Uint32Array((from.length + 1) * width);
  const at = (row: number, column: number) => longest[row * width + column] ?? 0;
  for (let row = from.length - 1; row >= 0; row -= 1) {
    for (let column = to.length - 1; column >= 0; column -= 1) {
      const isSame = from[row] === to[column];
      longest[row * width + column] = isSame
        ? at(row + 1, column + 1) + 1
        : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const lines: DiffLine[] = [];
  let [row, column] = [0, 0];
  while (row < from.length || column < to.length) {
    if (row < from.length && column < to.length && from[row] === to[column]) {
      lines.push({ kind: "same", text: from[row] ?? "" });
      row += 1;
      column += 1;
    } else if (row < from.length && (column === to.length || at(row + 1, column) >= at(row, column + 1))) {
      lines.push({ kind: "removed", text: from[row] ?? "" });
      row += 1;
    } else {
      lines.push({ kind: "added", text: to[column] ?? "" });
      column += 1;
    }
  }
  return lines;
}
