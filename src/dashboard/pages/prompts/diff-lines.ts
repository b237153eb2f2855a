import { diffArrays } from "diff";

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

/** A run of rows, or of lines that are folded away: equal ones, or more than a page shows well. */
export type DiffBlock =
  { folded: false; rows: DiffRow[] } | { folded: true; rows: DiffRow[]; lines: number; isEqual: boolean };

/** How many equal lines stay around a change. */
const CONTEXT = 3;
/** How many rows are shown at first: a browser takes seconds for ten thousand. */
const MOST_SHOWN = 1_000;

/**
 * How many lines may differ for the least difference to be looked for, which takes the square of
 * it.
 */
const MOST_DIFFERENT = 1_000;

/** Lines that both sides have, or that one of them has. */
interface Part {
  kind: "same" | "removed" | "added";
  lines: string[];
}

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
  for (const { kind, lines } of partsOf(linesOf(before), linesOf(after))) {
    if (kind === "removed") {
      removed = lines;
      continue;
    }
    if (kind === "added") pair(removed, lines, "changed");
    else {
      pair(removed, [], "changed");
      pair(lines, lines, "same");
    }
    removed = [];
  }
  pair(removed, [], "changed");
  return rows;
}

/**
 * The parts of two files, what is removed before what is added in its place. Files that differ in
 * too many lines are split at lines that each of them has once, and what is between these that has
 * none is taken for replaced.
 */
function partsOf(before: readonly string[], after: readonly string[]): Part[] {
  const found = diffArrays([...before], [...after], { maxEditLength: MOST_DIFFERENT });
  if (found) {
    return found.map(({ removed, added, value }) => ({
      kind: removed ? "removed" : added ? "added" : "same",
      lines: value,
    }));
  }
  const parts: Part[] = [];
  let [leftAt, rightAt] = [0, 0];
  const replaceUpTo = (left: number, right: number) => {
    parts.push({ kind: "removed", lines: before.slice(leftAt, left) });
    parts.push({ kind: "added", lines: after.slice(rightAt, right) });
    [leftAt, rightAt] = [left, right];
  };
  for (const [left, right] of anchorsOf(before, after)) {
    if (left > leftAt || right > rightAt) replaceUpTo(left, right);
    parts.push({ kind: "same", lines: before.slice(left, left + 1) });
    [leftAt, rightAt] = [left + 1, right + 1];
  }
  replaceUpTo(before.length, after.length);
  return parts;
}

type Anchor = readonly [left: number, right: number];

/** The places of lines that both files have once: the most that are in one order in both. */
function anchorsOf(before: readonly string[], after: readonly string[]): Anchor[] {
  const right = onceIn(after);
  const both = [...onceIn(before)].flatMap(([line, at]): Anchor[] => {
    const there = right.get(line);
    return there === undefined ? [] : [[at, there]];
  });
  return longestRising(both);
}

/** The longest run of anchors whose places at the right rise (patience sorting). */
function longestRising(anchors: readonly Anchor[]): Anchor[] {
  interface Link {
    anchor: Anchor;
    before: Link | undefined;
  }
  const ends: Link[] = [];
  for (const anchor of anchors) {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ends[middle]?.anchor[1] ?? 0) < anchor[1]) low = middle + 1;
      else high = middle;
    }
    ends[low] = { anchor, before: ends[low - 1] };
  }
  const run: Anchor[] = [];
  for (let link = ends.at(-1); link; link = link.before) run.push(link.anchor);
  return run.toReversed();
}

function onceIn(lines: readonly string[]): Map<string, number> {
  const places = new Map<string, number>();
  const repeated = new Set<string>();
  for (const [at, line] of lines.entries()) {
    if (places.has(line)) repeated.add(line);
    places.set(line, at);
  }
  for (const line of repeated) places.delete(line);
  return places;
}

/** Rows with long runs of equal lines apart, which need not be shown. */
export function foldRows(rows: readonly DiffRow[]): DiffBlock[] {
  const near = rows.map(() => false);
  rows.forEach(({ kind }, at) => {
    if (kind === "same") return;
    for (let by = -CONTEXT; by <= CONTEXT; by += 1) if (at + by in near) near[at + by] = true;
  });
  const blocks: DiffBlock[] = [];
  let shown = 0;
  for (const [at, row] of rows.entries()) {
    const last = blocks.at(-1);
    const isEqual = near[at] !== true;
    const folded = isEqual || shown >= MOST_SHOWN;
    if (!folded) shown += 1;
    if (last?.folded === true && folded && last.isEqual === isEqual) {
      last.rows.push(row);
      last.lines += 1;
    } else if (last?.folded === false && !folded) last.rows.push(row);
    else blocks.push(folded ? { folded, rows: [row], lines: 1, isEqual } : { folded, rows: [row] });
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

/** The lines of a text. An end of its last line makes no further one, and is no difference. */
function linesOf(text: string): string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}
