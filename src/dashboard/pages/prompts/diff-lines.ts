import { diffLines } from "diff";

/** A line of one side. */
export interface SideLine {
  /** From 1. */
  number: number;
  text: string;
}

/** Lines that stand beside each other. A side without a line has none there. */
export interface DiffRow {
  kind: "same" | "changed";
  left: SideLine | null;
  right: SideLine | null;
}

/** A run of rows, or of equal lines that are folded away. */
export type DiffBlock = { folded: false; rows: DiffRow[] } | { folded: true; rows: DiffRow[]; lines: number };

/** How many equal lines stay around a change. */
const CONTEXT = 3;

/** Two texts line by line, side by side. */
export function diffRows(before: string, after: string): DiffRow[] {
  const rows: DiffRow[] = [];
  let removed: string[] = [];
  let [leftAt, rightAt] = [0, 0];
  const pair = (lefts: readonly string[], rights: readonly string[], kind: DiffRow["kind"]) => {
    for (let at = 0; at < Math.max(lefts.length, rights.length); at += 1) {
      const [left, right] = [lefts[at], rights[at]];
      rows.push({
        kind,
        left: left === undefined ? null : { number: ++leftAt, text: left },
        right: right === undefined ? null : { number: ++rightAt, text: right },
      });
    }
  };
  for (const part of diffLines(withEnd(before), withEnd(after))) {
    const lines = linesOf(part.value);
    if (part.removed) {
      removed = lines;
      continue;
    }
    if (part.added) pair(removed, lines, "changed");
    else {
      pair(removed, [], "changed");
      pair(lines, lines, "same");
    }
    removed = [];
  }
  pair(removed, [], "changed");
  return rows;
}

/** Rows with long runs of equal lines apart, which need not be shown. */
export function foldRows(rows: readonly DiffRow[]): DiffBlock[] {
  const near = rows.map(() => false);
  rows.forEach(({ kind }, at) => {
    if (kind === "same") return;
    for (let by = -CONTEXT; by <= CONTEXT; by += 1) if (at + by in near) near[at + by] = true;
  });
  const blocks: DiffBlock[] = [];
  for (const [at, row] of rows.entries()) {
    const last = blocks.at(-1);
    const folded = near[at] !== true;
    if (last?.folded === folded) {
      last.rows.push(row);
      if (last.folded) last.lines += 1;
    } else blocks.push(folded ? { folded, rows: [row], lines: 1 } : { folded, rows: [row] });
  }
  return blocks;
}

/** How many lines were added and removed. */
export function countChanges(rows: readonly DiffRow[]): { added: number; removed: number } {
  const changed = rows.filter(({ kind }) => kind === "changed");
  return {
    added: changed.filter(({ right }) => right !== null).length,
    removed: changed.filter(({ left }) => left !== null).length,
  };
}

/** A text whose last line ends, so that an end alone is no difference. */
function withEnd(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

function linesOf(text: string): string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}
