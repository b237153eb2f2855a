/** A step of a chain with the steps that it reads. */
export interface GraphStep {
  id: string;
  needs: readonly string[];
}

/** A step with its place: the middle of its left side is at `x`, `y`. */
export interface PlacedStep<S extends GraphStep> {
  step: S;
  /** The longest way from a step that needs nothing. */
  column: number;
  x: number;
  y: number;
}

/** A drawn graph: places and lines in the same units, from the upper left. */
export interface GraphLayout<S extends GraphStep> {
  width: number;
  height: number;
  steps: PlacedStep<S>[];
  /** One for each need, as the path of an SVG. */
  lines: { from: string; to: string; path: string }[];
}

/** The size of a step on the drawing, and the room between steps. */
export const STEP_WIDTH = 176;
export const STEP_HEIGHT = 56;
const GAP_X = 56;
const GAP_Y = 18;
const MARGIN = 4;
/** How often the order within columns is made better. */
const SWEEPS = 4;

/** A place in a column: a step, or where a line passes that leads further on. */
interface Slot {
  /** The step; null where a line passes. */
  id: string | null;
  column: number;
  row: number;
  before: Slot[];
  after: Slot[];
}

/**
 * Places the steps in columns by the longest way to them, so that every line leads to the right.
 * A line over several columns has a place in each one, so that it crosses no step.
 */
export function layOutGraph<S extends GraphStep>(steps: readonly S[]): GraphLayout<S> {
  const columns = columnsOf(steps);
  const slots = new Map(steps.map(({ id }) => [id, slotOf(id, columns.get(id) ?? 0)]));
  const lines: { from: string; to: string; way: Slot[] }[] = [];
  const all = [...slots.values()];
  for (const { id, needs } of steps) {
    const to = slots.get(id);
    for (const need of new Set(needs)) {
      const from = slots.get(need);
      if (!to || !from || from === to) continue;
      const passed = Array.from({ length: to.column - from.column - 1 }, (_, at) => slotOf(null, from.column + 1 + at));
      all.push(...passed);
      const way = [from, ...passed, to];
      way.forEach((slot, at) => join(slot, way[at + 1]));
      lines.push({ from: need, to: id, way });
    }
  }
  const rows = orderRows(all);
  const middle = (slot: Slot) => MARGIN + yOf(slot, rows) + STEP_HEIGHT / 2;
  const left = ({ column }: Slot) => MARGIN + column * (STEP_WIDTH + GAP_X);
  const most = Math.max(0, ...all.map(({ column }) => column));
  return {
    width: 2 * MARGIN + (most + 1) * STEP_WIDTH + most * GAP_X,
    height: 2 * MARGIN + heightOf(Math.max(1, ...rows.values())),
    steps: steps.flatMap((step) => {
      const slot = slots.get(step.id);
      return slot ? [{ step, column: slot.column, x: left(slot), y: middle(slot) }] : [];
    }),
    lines: lines.map(({ from, to, way }) => ({ from, to, path: pathOf(way, left, middle) })),
  };
}

/** The columns of steps. A need that is not there, or that leads back, is left out of the count. */
function columnsOf(steps: readonly GraphStep[]): Map<string, number> {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const columns = new Map<string, number>();
  const columnOf = (id: string, above: ReadonlySet<string>): number => {
    const known = columns.get(id);
    if (known !== undefined) return known;
    const next = new Set(above).add(id);
    const needs = (byId.get(id)?.needs ?? []).filter((need) => byId.has(need) && !next.has(need));
    const column = Math.max(-1, ...needs.map((need) => columnOf(need, next))) + 1;
    columns.set(id, column);
    return column;
  };
  for (const { id } of steps) columnOf(id, new Set());
  return columns;
}

function slotOf(id: string | null, column: number): Slot {
  return { id, column, row: 0, before: [], after: [] };
}

function join(slot: Slot, next: Slot | undefined): void {
  if (!next) return;
  slot.after.push(next);
  next.before.push(slot);
}

/**
 * Gives each slot its row: near the middle of what it is joined to, to and fro. Returns how many
 * rows each column has.
 */
function orderRows(slots: readonly Slot[]): Map<number, number> {
  const columns = [...Map.groupBy(slots, ({ column }) => column)].toSorted(([a], [b]) => a - b);
  for (const [, column] of columns) column.forEach((slot, row) => (slot.row = row));
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const isForth = sweep % 2 === 0;
    for (const [, column] of isForth ? columns : columns.toReversed()) {
      const middleOf = (slot: Slot) => middleRow(isForth ? slot.before : slot.after) ?? slot.row;
      const sorted = column.map((slot) => ({ slot, at: middleOf(slot) })).toSorted((a, b) => a.at - b.at);
      sorted.forEach(({ slot }, row) => (slot.row = row));
    }
  }
  return new Map(columns.map(([column, { length }]) => [column, length]));
}

function middleRow(joined: readonly Slot[]): number | null {
  return joined.length === 0 ? null : joined.reduce((sum, { row }) => sum + row, 0) / joined.length;
}

function heightOf(rows: number): number {
  return rows * STEP_HEIGHT + (rows - 1) * GAP_Y;
}

/** Shorter columns stand in the middle of the highest one. */
function yOf({ column, row }: Slot, rows: ReadonlyMap<number, number>): number {
  const most = heightOf(Math.max(...rows.values()));
  return (most - heightOf(rows.get(column) ?? 1)) / 2 + row * (STEP_HEIGHT + GAP_Y);
}

function pathOf(way: readonly Slot[], left: (slot: Slot) => number, middle: (slot: Slot) => number): string {
  const [first, ...rest] = way;
  if (!first) return "";
  const pieces = [`M${left(first) + STEP_WIDTH} ${middle(first)}`];
  let y = middle(first);
  for (const slot of rest) {
    const x = left(slot);
    const to = middle(slot);
    pieces.push(`C${x - GAP_X / 2} ${y} ${x - GAP_X / 2} ${to} ${x} ${to}`);
    if (slot.id === null) pieces.push(`H${x + STEP_WIDTH}`);
    y = to;
  }
  return pieces.join("");
}
